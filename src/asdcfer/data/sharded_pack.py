"""Write packs of shards: a folder of packs with one index, for sets of millions of faces."""

import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any

from asdcfer.checksum import with_checksum
from asdcfer.data.pack import FILES
from asdcfer.data.pack_leftovers import sweep
from asdcfer.data.pack_shards import SHARDED_FORMAT
from asdcfer.data.pack_writing import PackItem, Skipped, check_place, write_pack
from asdcfer.errors import DataError
from asdcfer.files import atomic_folder, sha256, write_json
from asdcfer.output_lock import OutputLock


def write_sharded_pack(
    path: str | os.PathLike[str],
    faces: Iterable[PackItem],
    per_shard: int,
    *,
    expressions: Sequence[str],
    source: dict[str, Any],
    skipped: list[Skipped] | None = None,
) -> Path:
    """Write faces to a pack of shards, each a whole pack; memory does not grow with the faces.

    Args:
        path: folder to make; a pack there is replaced once the new one is complete.
        faces: as of `write_pack`.
        per_shard: how many faces a shard holds; the last one may hold fewer.
        expressions: names of the labels.
        source: what the faces are.
        skipped: what did not become a face and why.

    Raises:
        DataError: as `write_pack`, or `per_shard` is less than 1.

    Example:
        >>> import tempfile
        >>> import numpy as np
        >>> from asdcfer.data.pack import load_pack
        >>> black, out = np.zeros((48, 48), np.uint8), tempfile.mkdtemp() + "/mine"
        >>> faces = [PackItem(black, f"row {i}") for i in range(5)]
        >>> source = {"name": "mine"}
        >>> pack = load_pack(write_sharded_pack(out, faces, 2, expressions=[], source=source))
        >>> pack.images.shape, pack.ids[4], pack.info["shards"][2]
        ((5, 48, 48), 'row 4', {'name': 'shard-00002', 'images': 1})
    """
    if per_shard < 1:
        raise DataError(f"a shard holds 1 face or more, not {per_shard}")
    target = Path(path)
    with OutputLock(target, beside=True):
        check_place(target)
        sweep(target)
        stream = iter(faces)
        shards: list[dict[str, Any]] = []
        with atomic_folder(target) as folder:
            while (first := next(stream, None)) is not None or not shards:
                some = chain([first], islice(stream, per_shard - 1)) if first is not None else []
                # Of a source without faces the writer of packs says why there are none.
                reasons = None if shards else skipped
                shard = folder / f"shard-{len(shards):05d}"
                write_pack(shard, some, expressions=expressions, source=source, skipped=reasons)
                info = json.loads((shard / "pack.json").read_text(encoding="utf-8"))
                shards.append(info | {"name": shard.name})
                if info["shape"][1:] != shards[0]["shape"][1:]:
                    raise DataError(
                        f"{shard.name} holds images of {info['shape'][1:]}, and the first shard "
                        f"{shards[0]['shape'][1:]}"
                    )
            write_json(folder / "pack.json", with_checksum(_index(folder, shards, skipped or [])))
    return target


def _index(
    folder: Path, shards: list[dict[str, Any]], skipped: Sequence[Skipped]
) -> dict[str, Any]:
    """Return pack.json of the whole: counts added up, and hashes that decide all bytes below."""
    counts: dict[str, dict[str, int]] = {}
    for shard in shards:
        for split, row in shard["counts"].items():
            whole = counts.setdefault(split, dict.fromkeys(row, 0))
            for name, count in row.items():
                whole[name] += count
    # One hash for each kind of file, by which results and checkpoints name the data.
    kinds = {
        name: hashlib.sha256("".join(shard["hashes"][name] for shard in shards).encode())
        for name in FILES
    }
    return {
        "format": SHARDED_FORMAT,
        "shape": [sum(shard["shape"][0] for shard in shards), *shards[0]["shape"][1:]],
        "expressions": shards[0]["expressions"],
        "splits": list(counts),
        "source": shards[0]["source"],
        "counts": counts,
        "shards": [{"name": shard["name"], "images": shard["shape"][0]} for shard in shards],
        "hashes": {name: digest.hexdigest() for name, digest in kinds.items()}
        | {
            f"{shard['name']}/pack.json": sha256(folder / shard["name"] / "pack.json")
            for shard in shards
        },
        "skipped": [{"source_id": s.source_id, "reason": s.reason} for s in skipped],
    }
