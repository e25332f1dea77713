"""Folders of any images: formats, depths and modes mixed, and everything that can be wrong with a
file.
"""

import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from asdcfer.data.datasets.source import Options
from asdcfer.data.image_io import ImageError, fit, read_image
from asdcfer.data.prepare_pack import prepare, recognize
from asdcfer.errors import DataError
from tests.data.trees import contents, face, save


def reasons(folder: Path, out: Path, **options) -> dict[str, str]:
    return {
        s["source_id"]: s["reason"]
        for s in prepare(folder, out, Options(**options)).info["skipped"]
    }


def huge_png(side: int) -> bytes:
    """A valid PNG header of side x side pixels, and nothing behind it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0))
        + chunk(b"IDAT", b"")
        + chunk(b"IEND", b"")
    )


def test_every_format_size_and_depth_in_one_folder(tmp_path: Path) -> None:
    source = tmp_path / "in"
    for i, (suffix, shape) in enumerate(
        [
            (".jpg", (50, 40, 3)),
            (".JPEG", (48, 48)),
            (".png", (300, 200, 3)),
            (".webp", (33, 47, 3)),
            (".bmp", (8, 9)),
        ]
    ):
        save(source / ("a/b" if i % 2 else "b") / f"{i}{suffix}", i, shape)
    assert recognize(source)[0].kind == "unlabeled"
    pack = prepare(source, tmp_path / "out")
    assert pack.images.shape == (5, 48, 48)
    assert (pack.labels == -1).all()
    assert pack.splits == ["train"]
    assert not pack.labeled
    assert pack.ids == ["a/b/1.JPEG", "a/b/3.webp", "b/0.jpg", "b/2.png", "b/4.bmp"]
    assert prepare(source, tmp_path / "out", Options(color=True, size=20)).images.shape == (
        5,
        20,
        20,
        3,
    )


def test_unusable_files_are_skipped_counted_and_listed_with_the_reason(tmp_path: Path) -> None:
    source = tmp_path / "in"
    good = save(source / "good.jpg", 0, (200, 200, 3))
    save(source / "good.png", 1)
    (source / "truncated.jpg").write_bytes(good.read_bytes()[:-2000])
    (source / "truncated.png").write_bytes((source / "good.png").read_bytes()[:-300])
    (source / "empty.jpg").write_bytes(b"")
    (source / "text.jpg").write_text("I am not a picture")
    (source / "notes.txt").write_text("neither am I")
    (source / "noise.webp").write_bytes(b"RIFF" + bytes(range(200)))
    (source / "bomb.png").write_bytes(huge_png(60_000))
    (source / "hollow.png").write_bytes(huge_png(100))
    (source / "cut.bmp").write_bytes(save(tmp_path / "x.bmp", 3).read_bytes()[:500])
    save(source / "large.png", 2, (120, 120))
    os.symlink(tmp_path / "nowhere.jpg", source / "dangling.jpg")
    os.mkfifo(source / "pipe.jpg")
    found = reasons(source, tmp_path / "out", max_pixels=200 * 200)
    expected = {
        "truncated.jpg": "truncated",
        "truncated.png": "truncated",
        "empty.jpg": "empty file",
        "text.jpg": "not an image",
        "notes.txt": "not an image file: suffix .txt",
        "noise.webp": "not an image",
        "bomb.png": "too large: the limit is 40000 pixels",
        "hollow.png": "truncated",
        "cut.bmp": "truncated",
        "dangling.jpg": "unreadable: not a regular file",
        "pipe.jpg": "unreadable: not a regular file",
    }
    assert found == expected
    assert sorted(prepare(source, tmp_path / "out", Options(max_pixels=200 * 200)).ids) == [
        "good.jpg",
        "good.png",
        "large.png",
    ]
    found = reasons(source, tmp_path / "out", max_pixels=100 * 100)
    assert found["large.png"] == "too large: 120 x 120 pixels, the limit is 10000"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_skipped(tmp_path: Path) -> None:
    save(tmp_path / "in" / "a.png", 0)
    save(tmp_path / "in" / "b.png", 1).chmod(0)
    assert reasons(tmp_path / "in", tmp_path / "out") == {"b.png": "unreadable: Permission denied"}


def test_damaged_bytes_never_raise_anything_else(tmp_path: Path) -> None:
    """Flip and cut bytes of each format: every file either decodes or is an ImageError."""
    rng = np.random.default_rng(0)
    outcomes = set()
    for suffix in (".jpg", ".png", ".webp", ".bmp", ".tiff", ".gif"):
        original = save(tmp_path / f"x{suffix}", 0, (40, 40)).read_bytes()
        for _ in range(60):
            data = bytearray(original)
            for at in rng.integers(0, len(data), 8):
                data[at] = rng.integers(256)
            path = tmp_path / f"damaged{suffix}"
            path.write_bytes(bytes(data[: rng.integers(len(data) // 2, len(data) + 1)]))
            try:
                image = read_image(path, 10**6, color=True)
                outcomes.add("decoded")
                assert image.dtype == np.uint8
                assert image.ndim == 3
            except ImageError:
                outcomes.add("unusable")
    assert outcomes == {"decoded", "unusable"}


def test_exif_rotation_is_respected(tmp_path: Path) -> None:
    upright = face(0, (64, 64))
    turned = Image.fromarray(np.rot90(upright))
    exif = Image.Exif()
    exif[0x0112] = 6  # show it turned by 90 degrees clockwise
    path = tmp_path / "in" / "turned.png"
    path.parent.mkdir()
    turned.save(path, exif=exif)
    assert np.array_equal(
        prepare(path.parent, tmp_path / "out", Options(size=64)).images[0], upright
    )
    turned.save(path.with_suffix(".jpg"), exif=exif, quality=95)
    assert (
        np.abs(
            read_image(path.with_suffix(".jpg"), 10**6, color=False).astype(int) - upright
        ).mean()
        < 3
    )
    reduced = read_image(path.with_suffix(".jpg"), 10**6, color=False, at_least=16)
    assert reduced.shape == (32, 32)
    assert np.abs(reduced.astype(int) - fit(upright, 32, color=False)).mean() < 5


@pytest.mark.parametrize(
    "mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16", "I", "F", "CMYK", "YCbCr"]
)
def test_every_mode_becomes_eight_bits(tmp_path: Path, mode: str) -> None:
    gray = face(3)
    if mode == "I;16":
        image = Image.fromarray(gray.astype(np.uint16) * 257)
    elif mode == "I":
        image = Image.fromarray(gray.astype(np.int32))
    elif mode == "F":
        image = Image.fromarray(gray.astype(np.float32))
    else:
        image = Image.fromarray(np.repeat(gray[..., None], 3, 2)).convert(mode)
    path = tmp_path / ("x.jpg" if mode in ("CMYK", "YCbCr") else "x.tiff")
    image.save(path)
    out = read_image(path, 10**6, color=False)
    assert out.shape == (48, 48)
    assert out.dtype == np.uint8
    assert np.abs(out.astype(int) - gray).mean() < {"1": 120, "P": 20, "CMYK": 4, "YCbCr": 4}.get(
        mode, 2
    )


def test_transparent_pixels_are_white_and_animations_give_their_first_frame(tmp_path: Path) -> None:
    clear = np.zeros((10, 10, 4), np.uint8)
    Image.fromarray(clear).save(tmp_path / "clear.png")
    assert (read_image(tmp_path / "clear.png", 10**6, color=False) == 255).all()
    frames = [Image.fromarray(np.full((10, 10), level, np.uint8)) for level in (50, 200)]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:])
    assert (read_image(tmp_path / "moving.gif", 10**6, color=False) == 50).all()


def test_nearly_square_images_keep_everything_and_wide_ones_their_middle() -> None:
    ramp = np.repeat(np.linspace(0, 255, 105).astype(np.uint8)[None], 100, 0)
    whole = fit(ramp, 50, color=False)
    assert whole.min() < 5
    assert whole.max() > 250
    wide = np.zeros((100, 300), np.uint8)
    wide[:, 100:200] = 255
    assert fit(wide, 50, color=False).min() > 200
    assert fit(wide.T, 50, color=False).min() > 200
    assert np.array_equal(fit(face(0), 48, color=False), face(0)), "the right size is left alone"


def test_hidden_files_and_packs_are_passed_over(tmp_path: Path) -> None:
    source = tmp_path / "in"
    save(source / "a.png", 0)
    save(source / ".hidden.png", 1)
    save(source / ".cache" / "b.png", 2)
    save(source / "__MACOSX" / "c.png", 3)
    first = contents(prepare(source, source / "pack").path)
    assert first == contents(prepare(source, source / "pack").path), (
        "a pack inside its own source does not read itself"
    )
    assert prepare(source, source / "pack").info["skipped"] == []
    assert prepare(source, source / "pack").ids == ["a.png"]


def test_links_to_folders_are_followed_once(tmp_path: Path) -> None:
    save(tmp_path / "elsewhere" / "a.png", 0)
    (tmp_path / "in").mkdir()
    os.symlink(tmp_path / "elsewhere", tmp_path / "in" / "linked")
    os.symlink(tmp_path / "in", tmp_path / "in" / "round")
    assert prepare(tmp_path / "in", tmp_path / "out").ids == ["linked/a.png"]


def test_names_that_are_no_utf8_can_be_listed(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    name = os.fsdecode(b"caf\xe9.png")
    try:
        Image.fromarray(face(0)).save(os.path.join(tmp_path, "in", name))
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    assert prepare(tmp_path / "in", tmp_path / "out").ids == ["caf\\xe9.png"]


def test_the_order_does_not_depend_on_how_files_were_made(tmp_path: Path) -> None:
    for name, order in (("a", range(30)), ("b", reversed(range(30)))):
        for i in order:
            save(tmp_path / name / f"d{i % 3}" / f"{i}.png", i, (30 + i, 40, 3))
        prepare(tmp_path / name, tmp_path / f"out_{name}")
    assert contents(tmp_path / "out_a") == contents(tmp_path / "out_b")


def test_a_folder_without_any_usable_image(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    with pytest.raises(DataError, match=r"holds no images"):
        prepare(tmp_path / "in", tmp_path / "out")
    (tmp_path / "in" / "a.txt").write_text("x")
    with pytest.raises(DataError, match=r"holds no images .*1 other files"):
        prepare(tmp_path / "in", tmp_path / "out", kind="unlabeled")
    (tmp_path / "in" / "a.jpg").write_text("x")
    with pytest.raises(
        DataError, match=r"no usable image was found; 2 were skipped, the first: a.txt"
    ):
        prepare(tmp_path / "in", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_crops_come_from_the_upright_color_image(tmp_path: Path) -> None:
    save(tmp_path / "in" / "a.png", 0, (60, 90, 3))
    save(tmp_path / "in" / "b.png", 1)
    seen = []

    def crop(image: np.ndarray) -> list[np.ndarray]:
        seen.append(image.shape)
        return [image[:40, :40], image[10:50, 10:50]] if image.shape[0] == 60 else []

    pack = prepare(tmp_path / "in", tmp_path / "out", Options(crop=crop, size=40, color=True))
    assert seen == [(60, 90, 3), (48, 48, 3)]
    assert pack.ids == ["a.png", "a.png#2"]
    assert np.array_equal(pack.images[1], face(0, (60, 90, 3))[10:50, 10:50])
    assert pack.info["skipped"] == [{"source_id": "b.png", "reason": "no face found"}]
