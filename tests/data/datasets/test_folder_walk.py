"""The walk through folders: what is passed over, the order, names that are no UTF-8."""

import os
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image

from asdcfer.data.datasets.source import Options
from asdcfer.data.prepare_pack import prepare
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
