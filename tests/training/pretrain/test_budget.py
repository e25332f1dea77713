"""Budget: durations, the time of an epoch along its sizes, and how stages share the time."""

import pytest
import torch
import yaml
from hypothesis import given
from hypothesis import strategies as st

from asdcfer import api
from asdcfer.errors import RecipeError
from asdcfer.methods.moco import Moco
from asdcfer.methods.moco_options import MocoOptions
from asdcfer.models.registry import build_encoder
from asdcfer.training.pretrain import budget
from asdcfer.training.pretrain.budget import (
    MARGIN,
    StepTimes,
    fitted_epochs,
    measure_steps,
    seconds_of,
    stored_epochs,
)
from asdcfer.training.pretrain.recipe import Recipe
from asdcfer.training.pretrain.recipe_files import checked, load_recipe
from tests.training.standin import CPU, SMALL, SPEC, Told, faces, stage


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("150m", 9000), ("2h", 7200), ("1h30m10s", 5410), ("0.5h", 1800), (" 90S ", 90)],
)
def test_durations(text, seconds):
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "150", "0m", "1:30", "m", "5m2h", "-3m", "1.2.3s", "nan"])
def test_what_is_no_duration_is_refused_with_examples(text):
    with pytest.raises(ValueError, match="write 150m, 2h30m or 90s"):
        seconds_of(text)
    with pytest.raises(RecipeError, match="150m"):
        load_recipe("sample", [f"budget='{text}'"])


@given(
    st.lists(st.tuples(st.floats(0, 1), st.sampled_from([16, 32, 48])), max_size=4).map(sorted),
    st.integers(1, 50),
)
def test_an_epoch_is_the_mean_over_the_steps_of_a_run(resolution, steps):
    from asdcfer.augmentation.resolution import resolution_at

    times = StepTimes({16: 1.0, 32: 2.0, 48: 4.0})
    points = [times.steps[resolution_at((i + 0.5) / 4000, resolution, 48)] for i in range(4000)]
    slow = steps * sum(points) / len(points)
    assert times.epoch(resolution, 48, steps) == pytest.approx(slow, rel=0.01)


@given(
    st.floats(100, 1e5),
    st.lists(
        st.tuples(st.floats(0.1, 5), st.floats(0, 2), st.one_of(st.none(), st.integers(1, 30))),
        min_size=1,
        max_size=3,
    ),
)
def test_stages_end_in_time_and_use_most_of_it(seconds, stages):
    named = {str(i): each for i, each in enumerate(stages)}
    try:
        epochs = fitted_epochs(seconds, named)
    except RecipeError:
        return
    planned = sum(before + epochs[n] * epoch for n, (epoch, before, _) in named.items())
    slack = sum(epoch for epoch, _, _ in stages)
    assert MARGIN * seconds - slack - 1e-6 <= planned <= MARGIN * seconds + 1e-6


def test_written_epochs_keep_their_proportion():
    epochs = fitted_epochs(3000, {"teacher": (1.0, 0.0, 10), "student": (1.0, 0.0, 20)})
    assert epochs == {"teacher": 920, "student": 1840}


def test_a_budget_too_small_for_one_epoch_says_so():
    with pytest.raises(RecipeError, match=r"one epoch of the student takes about 2\.0 minutes"):
        fitted_epochs(60, {"student": (120.0, 0.0, None)})


@pytest.mark.slow
def test_measuring_gives_a_time_for_each_size():
    settings = stage(resolution=[[0.0, 16], [0.5, 24]], batch_size=8, accumulate=2)
    method = Moco(build_encoder(SPEC), MocoOptions(**SMALL))
    times = measure_steps(method, faces(16), 64, settings, CPU)
    assert set(times.steps) == {settings.views.size, 16, 24}
    assert all(seconds > 0 for seconds in times.steps.values())


@pytest.mark.parametrize(("total", "fitted"), [(80, 80), (4000, 4000), (28_709, 3589)])
def test_fitting_heads_is_paid_for_the_faces_it_looks_at(monkeypatch, total, fitted):
    """On a clock that only work moves: a second a face asked about, two a face fitted to."""
    clock = [0.0]
    monkeypatch.setattr(budget.time, "perf_counter", lambda: clock[0])

    class Timed(Moco):
        def prepare(self, images, report=None, store=None):
            clock[0] += 1.0 * len(images)

        def fit_heads(self, images):
            clock[0] += 2.0 * len(images)

        def after_step(self, progress):
            clock[0] += 1.0

    method = Timed(build_encoder(SPEC), MocoOptions(**SMALL))
    times = measure_steps(method, faces(16), total, stage(), CPU)
    assert times.prepare == pytest.approx(1.0 * total + 2.0 * fitted)


def test_what_only_a_first_call_takes_does_not_grow_with_the_faces(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(budget.time, "perf_counter", lambda: clock[0])

    class Cold(Moco):
        calls = 0

        def prepare(self, images, report=None, store=None):
            self.calls += 1
            clock[0] += len(images) + (100.0 if self.calls == 1 else 0.0)

        def after_step(self, progress):
            clock[0] += 1.0

    method = Cold(build_encoder(SPEC), MocoOptions(**SMALL))
    assert measure_steps(method, faces(16), 1000, stage(), CPU).prepare == pytest.approx(1000.0)


def recipe(**changes) -> Recipe:
    tree = {
        "name": "toy",
        "budget": "20s",
        "data": {"pack": "sample", "images": 32},
        "teacher": stage(epochs="auto").model_dump(mode="json"),
        "student": None,
    }
    return checked({**tree, **changes}, "toy")


@pytest.mark.slow
def test_epochs_follow_are_stored_and_are_kept_on_resume(tmp_path, monkeypatch):
    from asdcfer.api import training_run

    monkeypatch.setattr(
        training_run, "measure_steps", lambda *_: StepTimes({16: 1.5, 48: 1.5}, 0.1)
    )
    told = Told()
    trained = api.pretrain(recipe(), None, tmp_path / "run", hardware=CPU, progress=told)
    stored = yaml.safe_load((tmp_path / "run/recipe.yaml").read_text())
    assert stored["teacher"]["epochs"] == 3
    assert any("3 epochs in about 18 seconds" in line for line in told.messages)
    record = (tmp_path / "run/run.json").read_text()
    assert '"planned_seconds": 18.1' in record
    # A faster machine would measure other epochs; the run that is there keeps its own.
    monkeypatch.setattr(training_run, "measure_steps", lambda *_: StepTimes({16: 0.1, 48: 0.1}))
    again = api.pretrain(recipe(), None, tmp_path / "run", resume=True, hardware=CPU)
    assert again.weights == trained.weights
    with pytest.raises(RecipeError, match=r"teacher\.epochs differ"):
        api.pretrain(recipe(budget="40s"), None, tmp_path / "run", resume=True, hardware=CPU)


def test_another_budget_knows_no_epochs(tmp_path):
    file = tmp_path / "recipe.yaml"
    assert stored_epochs(file, "20s") == {}
    recipe().save(file)
    assert stored_epochs(file, "20s") == {}, "auto is no number"
    file.write_text("budget: 20s\nteacher: {epochs: 4}\n")
    assert stored_epochs(file, "20s") == {"teacher": 4}
    assert stored_epochs(file, "21s") == {}


def test_auto_without_a_budget_is_refused():
    with pytest.raises(RecipeError, match=r"teacher\.epochs=auto wants a time"):
        recipe(budget=None)


@pytest.mark.slow
def test_a_student_of_a_teacher_that_is_yet_to_be_fitted_is_timed_under_a_stand_in(tmp_path):
    small = "{components: 2, directions: 6, scales: [6], stride: 6, dims: 20}"
    words = [
        f"teacher.encoder.arguments={small}",
        "teacher.options={descriptors: 2000, faces: 200}",
        "student.encoder.arguments.width=4",
        "student.batch_size=100",
        "student.health={images: 16, knn_images: 32}",
        "budget=20s",
    ]
    found = api.run(load_recipe("fer2013_quick", words), "sample", tmp_path / "run", hardware=CPU)
    assert [stage.section for stage in found.stages] == ["teacher", "student"]
    kept = load_recipe(str(tmp_path / "run" / "recipe.yaml"), [])
    assert kept.student.epochs != "auto"
    assert torch.is_grad_enabled()
