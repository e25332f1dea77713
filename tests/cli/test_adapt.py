"""`asdcfer adapt`, end to end, and that its model works wherever models do."""

import json

import pytest
from PIL import Image

from asdcfer.data.pack import load_pack
from asdcfer.models.weights import save_model
from tests.evaluation.standin import toy_model, toy_pack


@pytest.fixture
def place(tmp_path):
    """A pack without labels, a list of them by file name, and a model to start from."""
    pack = toy_pack(tmp_path / "pack", {"train": 60}, labeled=False)
    known = load_pack(toy_pack(tmp_path / "known", {"train": 60}).path)
    names = ("pain", "relief", "boredom")
    rows = [f"{known.ids[i]}.png,{names[known.labels[i]]}" for i in range(45)]
    (tmp_path / "few.csv").write_text("\n".join(["file,label", *rows]))
    save_model(tmp_path / "start", toy_model())
    assert not (pack.labels >= 0).any()
    return tmp_path


def words(place, *more):
    quick = ["--model", place / "start", "--epochs", 0, "--no-finetune", "--folds", 3]
    return ["adapt", place / "pack", "--out", place / "mine", *quick, *more]


@pytest.mark.slow
def test_a_model_of_ones_own_classes_from_the_command_line(asdcfer, place):
    done = asdcfer(*words(place, "--labels", place / "few.csv"))
    assert done.returncode == 0, done
    assert "(kept)" in done.stdout
    assert "kept: the" in done.stdout or "it is kept" in done.stdout
    again = asdcfer(*words(place, "--labels", place / "few.csv", "--resume", "--json"))
    told = json.loads(again.stdout)
    assert told["kept"] in {result["encoder"] for result in told["results"]}
    assert told["weights"].endswith("model.safetensors")


@pytest.mark.slow
def test_the_encoder_first_and_a_note_of_what_to_label(asdcfer, place):
    done = asdcfer(*words(place))
    assert done.returncode == 0, done
    assert "asdcfer pick" in done.stdout
    assert "--labels and --resume" in done.stdout
    told = ("--encoder", place / "mine", "--count", 3, "--out", place / "to_label")
    picked = asdcfer("pick", place / "pack", *told)
    assert picked.returncode == 0, picked


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["--labels", "gone.csv"], "there are no labels at gone.csv"),
        (["--labels", "pack"], "holds no labels of its own"),
        (["--budget", "soon"], "'soon' is no duration"),
        (["--splits", "nothing"], "no split 'nothing'"),
    ],
)
def test_bad_input_is_one_line(asdcfer, place, more, told):
    assert told in asdcfer(*words(place, *more)).fault
    assert not (place / "mine" / "model.safetensors").exists()


@pytest.mark.slow
def test_the_model_works_wherever_models_do(asdcfer, place):
    assert asdcfer(*words(place, "--labels", place / "few.csv")).returncode == 0
    model, known = (
        place / "mine",
        toy_pack(
            place / "labeled",
            {"train": 30, "public": 15, "private": 15},
            names=("pain", "relief", "boredom"),
        ),
    )
    for command in (
        ["evaluate", model, "--data", known.path],
        ["embed", known.path, "--model", model, "--out", place / "f.npy"],
        ["share", model, place / "shared"],
        ["finetune", model, "--data", known.path, "--like", model, "--out", place / "again"],
        ["predict", place / "face.png", "--model", model, "--no-detect", "--out", place / "t.csv"],
    ):
        if command[0] == "predict":
            Image.fromarray(known.images[0]).resize((96, 96)).save(place / "face.png")
        done = asdcfer(*command)
        assert done.returncode == 0, (command, done)
    assert "pain" in (place / "t.csv").read_text()
    assert "pain" in (place / "shared" / "README.md").read_text()
