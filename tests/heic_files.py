"""HEIC files as phones write them, for tests: tiles of HEVC that a derived item puts together.

Source: ISO/IEC 23008-12 (the items "grid" and "hvc1"), ISO/IEC 14496-12 (the boxes).
"""

import struct
from pathlib import Path

import numpy as np


def _box(name: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I", 8 + len(body)) + name + body


def _full(name: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    return _box(name, struct.pack(">I", version << 24 | flags), *parts)


def _encoded(tiles: list[np.ndarray], clip: Path) -> tuple[bytes, list[bytes]]:
    """Return the decoder's settings, and each tile as a key frame."""
    import av

    side = tiles[0].shape[0]
    with av.open(str(clip), "w") as out:
        options = {"x265-params": "keyint=1:log-level=none:pools=none", "preset": "ultrafast"}
        stream = out.add_stream("libx265", rate=25, options=options)
        stream.codec_context.codec_tag = "hvc1"
        stream.width = stream.height = side
        stream.pix_fmt = "yuv420p"
        for tile in tiles:
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(tile), format="rgb24")
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    raw = clip.read_bytes()
    at = raw.find(b"hvcC")
    settings = raw[at + 4 : at - 4 + int.from_bytes(raw[at - 4 : at], "big")]
    with av.open(str(clip)) as made:
        return settings, [bytes(packet) for packet in made.demux(video=0) if packet.size]


def write_heic(path: Path, picture: np.ndarray, side: int = 64, brand: bytes = b"heic") -> Path:
    """Write a picture, whose sides are multiples of `side`, as square tiles of `side` pixels."""
    rows, columns = picture.shape[0] // side, picture.shape[1] // side
    tiles = [
        picture[r * side : (r + 1) * side, c * side : (c + 1) * side]
        for r in range(rows)
        for c in range(columns)
    ]
    settings, data = _encoded(tiles, path.with_name("tiles.mp4"))
    path.with_name("tiles.mp4").unlink()
    count, whole = len(tiles), len(tiles) + 1
    grid = struct.pack(">BBBBHH", 0, 0, rows - 1, columns - 1, columns * side, rows * side)
    names = [struct.pack(">HH", i + 1, 0) + b"hvc1\0" for i in range(count)]
    items = [_full(b"infe", 2, 1, name) for name in names]
    items.append(_full(b"infe", 2, 0, struct.pack(">HH", whole, 0) + b"grid\0"))
    parts = struct.pack(f">HH{count}H", whole, count, *range(1, count + 1))
    sizes = [(side, side), (columns * side, rows * side)]
    uses = [struct.pack(">HBBB", i + 1, 2, 0x81, 2) for i in range(count)]
    tables = (
        _full(b"hdlr", 0, 0, struct.pack(">I4s12x", 0, b"pict"), b"\0"),
        _full(b"pitm", 0, 0, struct.pack(">H", whole)),
        _full(b"iinf", 0, 0, struct.pack(">H", count + 1), *items),
        _full(b"iref", 0, 0, _box(b"dimg", parts)),
        _box(
            b"iprp",
            _box(
                b"ipco",
                _box(b"hvcC", settings),
                *(_full(b"ispe", 0, 0, struct.pack(">II", *size)) for size in sizes),
            ),
            _full(b"ipma", 0, 0, struct.pack(">I", whole), *uses, struct.pack(">HBB", whole, 1, 3)),
        ),
        _box(b"idat", grid),
    )

    def meta(start: int) -> bytes:
        entries, at = [], start
        for number, tile in enumerate(data, 1):
            entries.append(struct.pack(">HHHHII", number, 0, 0, 1, at, len(tile)))
            at += len(tile)
        entries.append(struct.pack(">HHHHII", whole, 1, 0, 1, 0, len(grid)))
        head = struct.pack(">BBH", 0x44, 0, whole)
        return _full(b"meta", 0, 0, *tables, _full(b"iloc", 1, 0, head, *entries))

    kind = _box(b"ftyp", brand, struct.pack(">I", 0), b"mif1" + brand)
    start = len(kind) + len(meta(0)) + 8
    path.write_bytes(kind + meta(start) + _box(b"mdat", *data))
    return path
