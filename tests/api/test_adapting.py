"""`api.adapt`: labels or none, own classes, resumed stages, the shipped model where it is best."""

import json

import numpy as np
import pytest

from asdcfer import api
from asdcfer.data.pack import load_pack
from asdcfer.data.pack_writing import PackItem, write_pack
from asdcfer.errors import DataError, RecipeError
from asdcfer.models.cards import read_card
from asdcfer.models.weights import load_encoder, load_model, save_model
from tests.evaluation.standin import toy_encoder, toy_model, toy_pack


@pytest.fixture
def pack(tmp_path):
    """Ninety faces of ten videos; their labels are known to the test alone."""
    toy = toy_pack(tmp_path / "toy", {"train": 90})
    items = [
        PackItem(np.asarray(toy.images[i]), f"film{i // 9}.mp4#0@{i % 9}", "train")
        for i in range(90)
    ]
    path = write_pack(tmp_path / "pack", items, expressions=(), source={"name": "films"})
    return load_pack(path)


def labels(pack, tmp_path, names=("angry", "happy", "sad"), count=90):
    """The list of somebody who knows."""
    rows = [f"{pack.ids[i]},{names[i % 3]}" for i in range(count)]
    (tmp_path / "few.csv").write_text("\n".join(["id,label", *rows]))
    return tmp_path / "few.csv"


def settings(**more) -> api.AdaptSettings:
    quick = {"model": toy_model(), "epochs": 0, "finetune": False, "folds": 3, "device": "cpu"}
    return api.AdaptSettings(**quick | more)


@pytest.mark.slow
def test_a_model_is_chosen_by_folds_of_whole_videos(pack, tmp_path, heard):
    out = tmp_path / "mine"
    done = api.adapt(pack, out, labels(pack, tmp_path), settings(), progress=heard)
    assert done.kept in ("shipped_linear", "refreshed_linear")
    assert done.better.accuracy > 0.2
    assert done.better.interval[0] <= done.better.accuracy <= done.better.interval[1]
    assert done.results[0].encoder == "shipped"
    assert "no video in two of them" in done.results[-1].protocol.reported_on
    model = load_model(out)
    answers = model.probabilities(np.asarray(pack.images)).argmax(1).numpy()
    assert (answers == np.arange(90) % 3).mean() > 0.9
    assert model.card["recipe"] == "adapt"
    assert len(list((out / "results").iterdir())) == len(done.results)
    assert json.loads((out / "adapt.json").read_text())["kept"] == done.kept


@pytest.mark.slow
def test_the_shipped_model_is_kept_where_nothing_is_better(pack, tmp_path):
    first = api.adapt(pack, tmp_path / "a", labels(pack, tmp_path), settings())
    good = load_model(first.weights)
    again = api.adapt(pack, tmp_path / "b", labels(pack, tmp_path), settings(model=good))
    if again.results[0].accuracy == max(result.accuracy for result in again.results):
        assert (again.kept, again.better) == ("shipped", None)
        assert "nothing proved better on these labels than the shipped" in again.note
        images = np.asarray(pack.images)
        kept = load_model(again.weights).probabilities(images).argmax(1)
        assert (kept == good.probabilities(images).argmax(1)).all()
    else:
        pytest.fail("a model that learnt these very labels is beaten on them")


@pytest.mark.slow
def test_a_class_of_one_label_and_classes_of_none_are_told_and_left_out(pack, tmp_path, heard):
    rows = [f"{pack.ids[i]},{('happy', 'sad')[i % 2]}" for i in range(40)]
    few = tmp_path / "few.csv"
    few.write_text("\n".join(["id,label", *rows, f"{pack.ids[50]},angry"]))
    done = api.adapt(pack, tmp_path / "mine", few, settings(), progress=heard)
    assert load_model(done.weights).expressions == ("happy", "sad")
    told = "angry has 1 label: left out, and the model will not know it; label 2 faces or more"
    assert any(line.startswith(told) for line in heard.lines)
    assert done.note.endswith("it knows happy, sad, and no other classes")
    few.write_text("\n".join(["id,label", *rows]))
    again = api.adapt(pack, tmp_path / "two", few, settings(), progress=heard)
    told = "no label says angry: the model will not know it, even where the shipped classifier is"
    assert any(line.startswith(told) for line in heard.lines)
    assert again.note == done.note


@pytest.mark.slow
def test_classes_of_ones_own(pack, tmp_path):
    said = labels(pack, tmp_path, ("boredom", "pain", "relaxed face"))
    done = api.adapt(pack, tmp_path / "mine", said, settings())
    assert load_model(done.weights).expressions == ("boredom", "pain", "relaxed face")
    assert "shipped" not in {result.encoder for result in done.results}


@pytest.mark.slow
def test_without_labels_the_encoder_and_then_a_model_on_it(pack, tmp_path, heard):
    out = tmp_path / "mine"
    done = api.adapt(pack, out, settings=settings(), progress=heard)
    assert (done.weights.name, done.kept) == ("encoder.safetensors", "")
    assert "asdcfer pick" in done.note
    assert load_encoder(out).feature_dim == toy_encoder().feature_dim
    before = (out / "stages" / "refreshed.safetensors").stat().st_mtime_ns
    with pytest.raises(RecipeError, match="use `resume=True`"):
        api.adapt(pack, out, labels(pack, tmp_path), settings())
    model = api.adapt(pack, out, labels(pack, tmp_path), settings(), resume=True)
    assert model.weights.name == "model.safetensors"
    assert not (out / "encoder.safetensors").exists()
    assert (out / "stages" / "refreshed.safetensors").stat().st_mtime_ns == before
    with pytest.raises(RecipeError, match="begun with other settings: seed differ"):
        api.adapt(pack, out, labels(pack, tmp_path), settings(seed=1), resume=True)
    other = api.adapt(pack, out, labels(pack, tmp_path), settings(seed=1), force=True)
    assert read_card(other.weights)["seed"] == 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("id,label\nnobody,happy\n", "1 of 1 labels name no face"),
        ("id,label\nfilm0.mp4#0@0,sad\nfilm1.mp4#0@0,sad\n", "all 2 labels say sad"),
        (
            "id,label\nfilm0.mp4#0@0,sad\nfilm0.mp4#0@0,happy\nfilm1.mp4#0@0,sad\n",
            "is labeled sad .* and happy",
        ),
        ("id,label\nfilm0.mp4#0@0,sad\nfilm1.mp4#0@0,happy\n", "each class needs 2"),
        ("id,label\n", "holds only the header id, label"),
    ],
)
def test_bad_labels_are_told_before_anything_is_written(pack, tmp_path, text, told):
    (tmp_path / "few.csv").write_text(text)
    with pytest.raises(DataError, match=told):
        api.adapt(pack, tmp_path / "mine", tmp_path / "few.csv", settings())
    assert not (tmp_path / "mine").exists()


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"budget": "soon"}, "'soon' is no duration"),
        ({"folds": 1}, "folds 1"),
        ({"images": -1}, "images -1"),
    ],
)
def test_settings_that_cannot_be(pack, tmp_path, more, told):
    with pytest.raises((RecipeError, DataError), match=told):
        api.adapt(pack, tmp_path / "mine", settings=settings(**more))


@pytest.mark.slow
def test_the_encoder_is_trained_and_models_fine_tuned_and_nothing_is_done_twice(
    tmp_path, monkeypatch
):
    toy = toy_pack(tmp_path / "toy", {"train": 600})
    few = "\n".join(f"{toy.ids[i]},{toy.expressions[i % 3]}" for i in range(45))
    (tmp_path / "few.csv").write_text("id,label\n" + few)
    start = save_model(tmp_path / "start", toy_model())
    asked = settings(model=start, epochs=1, finetune=True, folds=2)
    out = tmp_path / "mine"

    def stopped(*args, **options):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("asdcfer.adaptation.tuned_candidates.cross_validated_finetuning", stopped)
        with pytest.raises(KeyboardInterrupt):
            api.adapt(toy, out, tmp_path / "few.csv", asked)
    made = {p: p.stat().st_mtime_ns for p in (out / "stages").rglob("*.safetensors")}
    assert any("student" in p.parts for p in made)
    done = api.adapt(toy, out, tmp_path / "few.csv", asked, resume=True)
    names = [result.encoder for result in done.results]
    assert names[-2:] == ["finetuned", "semi_supervised"]
    assert {"shipped", "refreshed", "adapted", "adapted_linear"} <= set(names)
    assert all(p.stat().st_mtime_ns == when for p, when in made.items())
    assert load_model(out).expressions == ("angry", "happy", "sad")
