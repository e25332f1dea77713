"""`run`, `pretrain`, `distill` and `recipes` as a user types them."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from asdcfer.cli.main import main
from asdcfer.data.pack import PackItem, load_pack, write_pack
from asdcfer.data.sample import sample_pack
from asdcfer.files import read_rows
from asdcfer.models.weights import load_teacher

TINY = (
    "{method: %s, "
    "encoder: {name: resnet18, arguments: {width: 4, stem: stride2}, pooling: stages}, "
    "epochs: 2, batch_size: 64, views: {size: 32}, log_every: 5, "
    "options: {queue_size: 100, projector_hidden: 16, projector_dim: 8}, "
    "health: {every_epochs: 1, images: 64, knn_images: 400}}"
)
TEACHER, STUDENT = f"teacher={TINY % 'moco'}", f"student={TINY % 'asdc'}"
QUICK = [TEACHER, STUDENT, "data.images=300"]


@pytest.fixture
def asdcfer(monkeypatch, capsys):
    """Give a function that runs the command in this process and returns (exit status, standard
    output, standard error).
    """

    def command(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["asdcfer", *map(str, words)])
        status = 0
        try:
            main()
        except SystemExit as stop:
            status = stop.code or 0
        out, err = capsys.readouterr()
        return status, out, err

    return command


@pytest.fixture(autouse=True)
def own_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_pretrain_then_distill_in_one_folder(asdcfer, tmp_path):
    out = tmp_path / "run"
    status, told, progress = asdcfer("pretrain", "--out", out, *QUICK, "--resume")
    assert status == 0, progress
    assert "nothing to resume" in progress, progress
    assert str(out / "teacher" / "encoder.safetensors") in told
    assert "effective learning rate" in progress
    assert "kNN" in progress
    _, projector = load_teacher(out / "teacher" / "encoder")
    assert projector is not None
    status, _, progress = asdcfer("distill", "--out", out, *QUICK)
    assert status == 0, progress
    assert "loaded" in progress
    assert "encoder tensors" in progress
    card = json.loads((out / "student" / "encoder.json").read_text())
    assert (
        card["teacher"]["weights"]
        == json.loads((out / "teacher" / "encoder.json").read_text())["hashes"]["weights"]
    )
    assert card["recipe"] == "sample"
    assert card["seed"] == 0
    assert card["effective"]["total_steps"] == 8
    columns = read_rows(out / "student" / "metrics.csv")[-1]
    assert {"contrastive", "joint", "query", "key", "knn_online", "effective_rank"} <= {
        name for name, value in columns.items() if value
    }
    record = json.loads((out / "run.json").read_text())
    assert record["status"] == "finished"
    assert set(record["stages"]) == {"teacher", "student"}
    assert record["stages"]["student"]["health"]["verdict"]
    assert yaml.safe_load((out / "recipe.yaml").read_text())["student"]["options"]["w_key"] == 1.0


def test_what_is_there_is_not_overwritten(asdcfer, tmp_path):
    out = tmp_path / "run"
    assert asdcfer("pretrain", "--out", out, *QUICK)[0] == 0
    weights = (out / "teacher" / "encoder.safetensors").read_bytes()
    status, _, error = asdcfer("pretrain", "--out", out, *QUICK)
    assert status == 2
    assert "--resume" in error
    assert "--force" in error
    status, _, error = asdcfer("pretrain", "--out", out, *QUICK, "--resume")
    assert status == 0
    assert "finished before" in error
    assert "nothing to resume" not in error
    status, _, error = asdcfer("pretrain", "--out", out, *QUICK, "seed=1", "--resume")
    assert status == 2
    assert "seed differ" in error
    assert (out / "teacher" / "encoder.safetensors").read_bytes() == weights
    assert asdcfer("pretrain", "--out", out, *QUICK, "seed=1", "--force")[0] == 0
    assert (out / "teacher" / "encoder.safetensors").read_bytes() != weights


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
    done = subprocess.run(
        [sys.executable, "-m", "asdcfer", *_distill(folder, "one", folder / "student")],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return folder


def _pretrained(out: Path, data: Path, change: str) -> None:
    words = ["pretrain", "--data", data, "--out", out, TEACHER, STUDENT, "teacher.epochs=1", change]
    done = subprocess.run(
        [sys.executable, "-m", "asdcfer", *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
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
    change(values)
    path.write_text(json.dumps(values))


@pytest.mark.slow
@pytest.mark.parametrize("state", ["finished", "interrupted"])
def test_a_student_goes_on_under_its_own_teacher_only(asdcfer, under_a_teacher, tmp_path, state):
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
def test_a_stage_goes_on_with_its_own_faces_only(asdcfer, under_a_teacher, tmp_path, state):
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
def test_runs_from_before_these_hashes_were_kept_go_on(asdcfer, under_a_teacher, tmp_path, state):
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


def test_a_fitted_teacher_teaches(asdcfer, tmp_path):
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


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "--recipe", "smaple"], "there is no recipe 'smaple'; did you mean sample?"),
        (["run", "teacher.epoch=3"], "unknown key teacher.epoch; did you mean teacher.epochs?"),
        (["pretrain", "--data", "/nowhere/faces"], "there is nothing at '/nowhere/faces'"),
        (["pretrain", "--recipe", "fer2013_small"], "wants data: give --data"),
        (["distill"], "there is no teacher at"),
        (["distill", "--teacher", "no_such_weights"], "no_such_weights"),
        (["pretrain", "--device", "tpu", *QUICK], "unknown device 'tpu'"),
        (["pretrain", *QUICK, "teacher.batch_size=400"], "300 images do not fill one step of 400"),
        (["pretrain", *QUICK, "data.splits=[nope]"], "no split 'nope'"),
        (["pretrain", *QUICK, "data.splits=[]"], "data.splits: list should have at least 1 item"),
        (["pretrain", *QUICK, "--strategy", "dpp"], "unknown strategy dpp; did you mean ddp?"),
        (
            ["pretrain", *QUICK, "teacher.accumulate=200"],
            "lower accumulate or the number of processes",
        ),
        (["run", "teacher=null", "student=null"], "neither teacher nor student"),
    ],
)
def test_faults_are_one_line_and_status_2(asdcfer, tmp_path, words, message):
    status, told, error = asdcfer(*words, "--out", tmp_path / "run")
    assert status == 2
    assert told == ""
    last = error.strip().splitlines()[-1]
    assert last.startswith("asdcfer: ")
    assert message in last
    assert "Traceback" not in error


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["distill", "--teacher", "nowhere"], "no weights 'nowhere'"),
        (
            ["distill", "student.options.teacher_maps=[9]", "student.options.student_maps=[-1]"],
            "cannot be aligned",
        ),
        (
            ["run", "student.options.teacher_maps=[9]", "student.options.student_maps=[-1]"],
            "cannot be aligned",
        ),
        (["pretrain", "teacher.views.views=1"], "at least two views"),
    ],
)
def test_what_cannot_be_trained_removes_nothing(asdcfer, tmp_path, words, message):
    out = tmp_path / "run"
    assert asdcfer("pretrain", "--out", out, *QUICK, "teacher.epochs=1")[0] == 0
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    status, told, error = asdcfer(
        words[0], "--out", out, "--force", *QUICK, "teacher.epochs=1", *words[1:]
    )
    assert status == 2
    assert message in error.splitlines()[-1]
    assert not told
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_full_disk_under_the_output_is_one_line():
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "asdcfer", "recipes", "sample"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr == "asdcfer: cannot write any more: No space left on device\n"


def test_recipes_are_listed_printed_and_usable(asdcfer, tmp_path):
    status, told, _ = asdcfer("recipes")
    assert status == 0
    assert {"fer2013_gpu", "fer2013_small", "sample"} <= {
        line.split()[0] for line in told.splitlines()
    }
    _, told, _ = asdcfer("recipes", "sample", "teacher.epochs=3")
    (tmp_path / "mine.yaml").write_text(told)
    _, again, _ = asdcfer("recipes", tmp_path / "mine.yaml", "--json")
    assert json.loads(again)["teacher"]["epochs"] == 3


@pytest.mark.slow
def test_run_ends_in_a_table_and_a_report_and_resumes_for_nothing(asdcfer, tmp_path):
    out = tmp_path / "run"
    status, told, error = asdcfer("run", "--out", out, *QUICK)
    assert status == 0, error
    assert f"report: {out / 'report.html'}" in told.replace("\n", "")
    assert "teacher" in told
    stages = json.loads((out / "run.json").read_text())["stages"]
    assert all(stages[name]["health"]["verdict"] in told for name in ("teacher", "student"))
    assert "<dd>finished</dd>" in (out / "report.html").read_text(encoding="utf-8")
    probes = {path.name: path.read_bytes() for path in (out / "probes").glob("*.json")}
    assert {name.split("-")[0] for name in probes} == {"random", "teacher", "student"}
    assert {name.split("-")[1] for name in probes} == {"knn", "linear"}
    weights = (out / "student" / "encoder.safetensors").read_bytes()
    status, _, error = asdcfer("run", "--out", out, *QUICK, "--resume")
    assert status == 0, error
    assert {path.name: path.read_bytes() for path in (out / "probes").glob("*.json")} == probes, (
        "nothing is measured twice"
    )
    assert (out / "student" / "encoder.safetensors").read_bytes() == weights


@pytest.mark.slow
def test_run_on_unlabeled_faces_says_that_there_are_no_probes(asdcfer, tmp_path):
    pack = sample_pack()
    faces = [PackItem(np_image, f"face {i}") for i, np_image in enumerate(pack.images[:200])]
    path = write_pack(tmp_path / "faces", faces, expressions=[], source={"kind": "unlabeled"})
    assert not load_pack(path).labeled
    status, told, error = asdcfer(
        "run",
        "--data",
        path,
        "--out",
        tmp_path / "run",
        TEACHER,
        STUDENT,
        "teacher.epochs=1",
        "student.epochs=1",
    )
    assert status == 0, error
    assert "no probes:" in told
    assert not (tmp_path / "run" / "probes").exists()
    assert Path(tmp_path / "run" / "student" / "encoder.safetensors").is_file()
