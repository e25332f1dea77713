"""Names from elsewhere lead to no other file: in lists, recipes, packs, uploads and of copies."""

import ast
import io
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from asdcfer.api.prepare_audit import prepare
from asdcfer.data.pack import load_pack
from asdcfer.errors import RecipeError
from asdcfer.evaluation.result import write_result
from asdcfer.predict.inputs import collect
from asdcfer.predict.output_paths import copy_names, timeline_path
from asdcfer.training.pretrain.recipe_files import load_recipe
from tests.evaluation.standin import toy_result

ROOT = Path(__file__).parents[1]
UNPACKERS = {"zipfile", "tarfile", "lzma", "bz2", "rarfile", "py7zr", "zipimport"}


def test_no_archive_is_ever_unpacked() -> None:
    for file in sorted((ROOT / "src").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import | ast.ImportFrom):
                above = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                names = above or [alias.name for alias in node.names]
                assert not UNPACKERS & {name.partition(".")[0] for name in names}, file
            if isinstance(node, ast.Attribute):
                assert node.attr not in ("unpack_archive", "extractall"), file


def picture(path: Path, value: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(value).integers(0, 256, (48, 48), np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def test_a_list_that_came_with_a_set_brings_in_no_picture_from_elsewhere(tmp_path: Path) -> None:
    secret = picture(tmp_path / "private" / "secret.png", 7)
    for number in range(4):
        picture(tmp_path / "set" / "images" / f"{number}.png", number)
    named = ["../private/secret.png", str(secret), "images/../../private/secret.png"]
    lines = ["path,label", *(f"images/{n}.png,happy" for n in range(4))]
    (tmp_path / "set" / "labels.csv").write_text(
        "\n".join([*lines, *(f"{name},sad" for name in named)])
    )
    prepare(tmp_path / "set", tmp_path / "pack")
    pack = load_pack(tmp_path / "pack")
    assert len(pack) == 4
    with Image.open(secret) as image:
        hidden = np.asarray(image)
    assert not any(np.array_equal(face, hidden) for face in pack.images)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="pipes and devices have no names there")
def test_pipes_and_devices_in_a_folder_are_not_waited_for(tmp_path: Path) -> None:
    source = tmp_path / "set"
    for number in range(4):
        picture(source / "happy" / f"{number}.png", number)
    for name in (
        "labels.csv",
        "classes.txt",
        "data.yaml",
        "list.json",
        "a.parquet",
        "b.png",
        "c.mp4",
    ):
        os.mkfifo(source / "happy" / name)
        (source / name).symlink_to("/dev/zero")
    for words in (["prepare", "set", "pack"], ["predict", "set", "--out", "scores.csv"]):
        done = subprocess.run(
            [sys.executable, "-m", "asdcfer", *words],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert "Traceback" not in done.stderr
        assert done.returncode in (0, 1), done.stderr
    assert len(load_pack(tmp_path / "pack")) == 4


@pytest.mark.parametrize("name", ["../out", "/tmp/out", "a/b", "..", ".", "", "a\\b"])
def test_a_recipe_names_no_folder_outside_of_runs(tmp_path: Path, name: str) -> None:
    recipe = tmp_path / "r.yaml"
    shutil.copy(ROOT / "src" / "asdcfer" / "recipes" / "sample.yaml", recipe)
    lines = [line for line in recipe.read_text().splitlines() if not line.startswith("name:")]
    recipe.write_text("\n".join([f"name: '{name}'", *lines]))
    with pytest.raises(RecipeError, match="name"):
        load_recipe(recipe)


def test_the_split_of_a_pack_names_no_folder(tmp_path: Path) -> None:
    for split in ("../../up", "/abs", "a\\b", "..", "a\0b"):
        result = toy_result(0.5).model_copy(update={"test_set": split})
        file = tmp_path / "probes" / f"{result.file_name}.json"
        write_result(file, result)
        assert file.resolve().parent == (tmp_path / "probes").resolve()
        assert file.is_file()


def test_copies_of_inputs_stay_in_their_folder(tmp_path: Path, monkeypatch) -> None:
    picture(tmp_path / "a" / "x.png", 1)
    picture(tmp_path / "b" / "x.png", 2)
    (tmp_path / "c").mkdir()
    monkeypatch.chdir(tmp_path / "c")
    for sources in (["../a/x.png"], ["../a/x.png", "../b/x.png"], ["../a", "../b"], [".."]):
        for item in collect(sources):
            for name in copy_names(item.name):
                assert not name.is_absolute()
                assert ".." not in name.parts
    assert timeline_path(Path("out/t.png"), Path("../../x/a.mp4"), 1).parent == Path("out")


def test_an_upload_chooses_no_place(tmp_path: Path) -> None:
    pytest.importorskip("fastapi", reason="the extra [app] is not installed")
    from asdcfer.app.uploads import kept_on_disk

    for name in ("../../x.mp4", "/etc/cron.d/x.mp4", "..", "a/../../b.mov", "x.mp4\0.sh", None):
        with kept_on_disk(io.BytesIO(b"x"), name, tmp_path) as path:
            assert path.resolve().parent.parent == tmp_path.resolve()
            assert path.stem == "video"
    assert list(tmp_path.iterdir()) == []
