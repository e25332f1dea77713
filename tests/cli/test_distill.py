"""`asdcfer distill` as a user types it: its teacher, its faces, and what it goes on with."""

import json
import shutil
from pathlib import Path

import pytest

from asdcfer.data.pack import load_pack
from asdcfer.data.pack_writing import PackItem, write_pack
from asdcfer.data.sample import sample_pack
from tests.cli.command import asdcfer
from tests.cli.standin import STUDENT, TEACHER


@pytest.fixture(scope="module")
def under_a_teacher(tmp_path_factory):
    """A pack, two teachers of the same shape, a wider one, and a student under the first."""
    folder = tmp_path_factory.mktemp("taught")
    faces = [PackItem(image, f"face {i}") for i, image in enumerate(sample_pack().images[:200])]
    write_pack(folder / "faces", faces, expressions=[], source={"kind": "unlabeled"})
    for name, change in (
        ("one", "seed=0"),
        ("two", "seed=1"),
        ("wide", "teacher.encoder.arguments.width=6"),
    ):
        _pretrained(folder / name, folder / "faces", change)
    done = asdcfer(*_distill(folder, "one", folder / "student"))
    assert done.returncode == 0, done.stderr
    return folder


def _pretrained(out: Path, data: Path, change: str) -> None:
    words = ["pretrain", "--data", data, "--out", out, TEACHER, STUDENT, "teacher.epochs=1", change]
    done = asdcfer(*words)
    assert done.returncode == 0, done.stderr


def _distill(folder: Path, teacher: str, out: Path) -> list[str]:
    return [
        *map(
            str,
            [
                "distill",
                "--teacher",
                folder / teacher / "teacher" / "encoder",
                "--data",
                folder / "faces",
                "--out",
                out,
            ],
        ),
        TEACHER,
        STUDENT,
        "student.epochs=1",
    ]


def _files(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _edited(path: Path, change) -> None:
    values = json.loads(path.read_text())
    for written_since in ("checksum", "sha256"):
        values.pop(written_since, None)
    change(values)
    path.write_text(json.dumps(values))


@pytest.mark.slow
@pytest.mark.parametrize("state", ["finished", "interrupted"])
def test_a_student_goes_on_under_its_own_teacher_only(under_a_teacher, tmp_path, state):
    out = tmp_path / "student"
    shutil.copytree(under_a_teacher / "student", out)
    recorded = json.loads((out / "run.json").read_text())["stages"]["student"]["made_from"]
    of_teacher = json.loads((under_a_teacher / "one" / "teacher" / "encoder.json").read_text())[
        "hashes"
    ]["weights"]
    of_pack = load_pack(under_a_teacher / "faces").info["hashes"]
    assert recorded["teacher"] == of_teacher
    assert recorded["images.u8"] == of_pack["images.u8"]
    assert set(recorded) == {"teacher", "projector", "images.u8", "split.npy"}
    weights = (out / "student" / "encoder.safetensors").read_bytes()
    if state == "interrupted":
        for suffix in ("json", "safetensors"):
            (out / "student" / f"encoder.{suffix}").unlink()
    before = _files(out)
    for teacher in ("two", "wide"):
        status, told, error = asdcfer(*_distill(under_a_teacher, teacher, out), "--resume")
        last = error.strip().splitlines()[-1]
        assert status == 2
        assert not told
        assert "Traceback" not in error
        assert last.startswith(
            f"asdcfer: {out / 'student'} was trained with another teacher ({of_teacher[:8]} then, "
        )
        assert "use the same ones, another --out, or start over with --force" in last
        assert _files(out) == before, "nothing is written before it is refused"
    status, _, error = asdcfer(*_distill(under_a_teacher, "one", out), "--resume")
    assert status == 0, error
    assert ("finished before" in error) == (state == "finished"), error
    assert (out / "student" / "encoder.safetensors").read_bytes() == weights


@pytest.mark.slow
@pytest.mark.parametrize("state", ["finished", "interrupted"])
def test_a_stage_goes_on_with_its_own_faces_only(under_a_teacher, tmp_path, state):
    out, data = tmp_path / "student", tmp_path / "faces"
    shutil.copytree(under_a_teacher / "student", out)
    words = _distill(under_a_teacher, "one", out)
    words[words.index("--data") + 1] = str(data)
    (out / "recipe.yaml").write_text(
        (out / "recipe.yaml").read_text().replace(str(under_a_teacher / "faces"), str(data))
    )
    if state == "interrupted":
        (out / "student" / "encoder.json").unlink()
    # As many faces, of the same size, under the same name.
    write_pack(
        data,
        [PackItem(image, f"face {i}") for i, image in enumerate(sample_pack().images[200:400])],
        expressions=[],
        source={"kind": "unlabeled"},
    )
    status, told, error = asdcfer(*words, "--resume")
    assert status == 2
    assert not told
    assert f"{out / 'student'} was trained with other faces (" in error.strip().splitlines()[-1]
    assert "another teacher" not in error
    # Labels may change: they are not trained on.
    write_pack(
        data,
        [
            PackItem(image, f"face {i}", label=0)
            for i, image in enumerate(sample_pack().images[:200])
        ],
        expressions=["happy"],
        source={"kind": "tree"},
    )
    status, _, error = asdcfer(*words, "--resume")
    assert status == 0, error


@pytest.mark.slow
@pytest.mark.parametrize("state", ["finished", "interrupted"])
def test_runs_from_before_these_hashes_were_kept_go_on(under_a_teacher, tmp_path, state):
    out = tmp_path / "student"
    shutil.copytree(under_a_teacher / "student", out)
    if state == "finished":
        _edited(
            out / "student" / "encoder.json",
            lambda card: [card.pop("teacher"), card["data"].pop("hashes")],
        )
    else:
        (out / "student" / "encoder.json").unlink()
        for path in (out / "student" / "checkpoint").glob("*/state.json"):
            _edited(path, lambda state: _without(state["tree"], "made_from"))
    _edited(out / "run.json", lambda record: record["stages"]["student"].pop("made_from"))
    status, _, error = asdcfer(*_distill(under_a_teacher, "one", out), "--resume")
    assert status == 0, error


def _without(tree: dict, name: str) -> None:
    """Take an entry out of the tree of a checkpoint."""
    entries = dict(tree["dict"])["asdcfer"]["dict"]
    found = [entry for entry in entries if entry[0] == name]
    assert found, entries
    entries.remove(found[0])


@pytest.mark.slow
def test_a_fitted_teacher_teaches(tmp_path):
    fitted = (
        "teacher={method: fit, "
        "encoder: {name: patches, arguments: {centroids: 12, grid: 3}}, "
        "options: {patches: 2000, rounds: 3}}"
    )
    out = tmp_path / "run"
    status, _, error = asdcfer("pretrain", "--out", out, fitted, "data.images=100")
    assert status == 0, error
    status, _, error = asdcfer(
        "distill",
        "--out",
        out,
        fitted,
        STUDENT,
        "student.options.student_maps=[-1]",
        "student.options.teacher_maps=[-1]",
        "data.images=100",
    )
    assert status == 0, error
