"""The scripts of benchmarks/: what they hand to the command line is understood by it, and their
tables say what the files say.
"""

import doctest
import importlib
import json
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import MagicMock

import numpy as np
import pytest
import torch

from asdcfer.augmentation.views import ViewOptions
from asdcfer.cli.main import app
from asdcfer.data.pack import load_pack
from asdcfer.evaluation.result import LabelsUsed
from asdcfer.expressions import EXPRESSIONS
from asdcfer.methods.teacher import Teacher
from asdcfer.methods.teacher_bank import TeacherBank
from asdcfer.models.cards import read_card
from asdcfer.models.find_weights import find_model
from asdcfer.predict.people.find_people import JOINED_UNDER
from asdcfer.recognition.sharpness import BLURRED
from asdcfer.reporting.comparison_summary import column_of, summarized
from asdcfer.reporting.figures import draw_figure
from asdcfer.training.pretrain.recipe_files import load_recipe
from tests.evaluation.standin import toy_pack, toy_result
from tests.methods.test_teacher_bank import ImageAsMap
from tests.reporting.comparison_rows import row as comparison_row

FOLDER = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture(autouse=True)
def _beside_each_other(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    yield
    for path in FOLDER.glob("*.py"):
        sys.modules.pop(path.stem, None)


@pytest.mark.parametrize(
    "name", sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "views")
)
def test_every_script_explains_itself_and_its_examples_are_true(name):
    script = importlib.import_module(name)
    assert script.__doc__
    assert f"benchmarks/{name}.py" in script.__doc__
    assert doctest.testmod(script).failed == 0


def test_contrast_alone_is_the_recipes_own_contrast_and_nothing_else():
    alone = load_recipe(
        "fer2013_small", importlib.import_module("equal_time").by_contrast_alone("fer2013_small")
    )
    full = load_recipe("fer2013_small", [])
    assert alone.student.method == "moco"
    assert alone.student.encoder == full.student.encoder
    assert alone.student.views == full.student.views
    assert alone.student.options == {
        key: full.student.options[key] for key in alone.student.options
    }
    assert "w_joint" not in alone.student.options
    assert alone.student.options["queue_size"] == full.student.options["queue_size"] == 4096


def test_every_removal_of_the_ablation_switches_one_term_off():
    removed = []
    for overrides in importlib.import_module("ablation").REMOVALS.values():
        options = load_recipe("fer2013_small", overrides).student.options
        removed += [
            key for key in ("w_contrastive", "w_joint", "w_query", "w_key") if options[key] == 0
        ]
    assert sorted(removed) == ["w_contrastive", "w_joint", "w_key", "w_query"]


def test_the_ablation_trains_each_row_once_through_the_api(tmp_path, monkeypatch):
    ablation = importlib.import_module("ablation")
    done = []

    def trained(recipe, data, out, **rest):
        done.append((out.name, recipe.seed, str(rest.get("teacher"))))
        assert rest["resume"]

    for name in ("run", "pretrain", "distill"):
        monkeypatch.setattr(ablation.api, name, trained, raising=False)
    probed = []
    monkeypatch.setattr(
        ablation.api, "probe", lambda run, *rest, **more: probed.append(str(run)), raising=False
    )
    monkeypatch.setattr(ablation, "epochs_of_equal_time", lambda recipe, folder: 3)
    out = tmp_path / "seed0"
    teacher = ablation.run_seed("sample", "sample", out, 0, None, "all", "light_encoder")
    assert teacher == out / "full" / "teacher" / "encoder.safetensors"
    names = [name for name, _, _ in done]
    assert names[:3] == [
        "full",
        "student_by_contrast_alone",
        "full_ASDC_student_under_light_encoder",
    ]
    assert names[3:] == [*(name.replace(" ", "_") for name in ablation.REMOVALS), "patches"]
    assert {seed for _, seed, _ in done} == {0}
    assert [taught for _, _, taught in done][1:4] == ["None", "light_encoder", str(teacher)]
    assert probed[-1] == str(out / "patches" / "teacher")
    assert len(probed) == len(done) - 1, "run probes what it trains itself"
    done.clear()
    ablation.run_seed("sample", "sample", tmp_path / "seed1", 1, teacher, "main", None)
    assert [name for name, _, _ in done] == ["full", "student_by_contrast_alone"]


def test_the_commands_of_the_headline_are_understood():
    import typer

    group = typer.main.get_command(app)
    headline = importlib.import_module("headline")
    for row in [*headline.PROBED, *headline.MODELS]:
        verb, *words = row.command
        context = group.commands[verb].make_context(verb, words)
        assert context.params["without_twins"], row.title


def test_the_page_of_the_headline_says_what_the_cards_and_the_run_say():
    headline = importlib.import_module("headline")
    made = headline.page(*headline.runs())
    assert (headline.RESULTS / "headline.md").read_text(encoding="utf-8") == made
    for row in headline.MODELS:
        assert f"| {row.title} | {headline.NAMES[row.labels]} | " in made
        assert headline.cell(headline.results_of(row), headline.own_list(row)) in made
    assert "| 64.14 | 59.83 |" in made
    assert "62.04" in made


def test_a_number_that_was_not_measured_is_left_empty():
    headline = importlib.import_module("headline")
    found = [toy_result(0.5), toy_result(0.25, twins_removed=3)]
    assert headline.cell(found, "private") == "50.00"
    assert headline.cell(found, "private", twins=False) == "25.00"
    assert headline.cell(found, "union") == ""
    assert headline.cell(found, "private", tta="probabilities") == ""


def test_the_ablation_compares_the_full_student_with_contrast_alone_in_the_students_own_pooling():
    ablation = importlib.import_module("ablation")

    def entries(row, pooling, accuracies):
        return [
            {
                "row": row,
                "kind": "linear",
                "pooling": pooling,
                "evaluated_on": "private",
                "accuracy": value,
            }
            for value in accuracies
        ]

    alone, full = (
        entries("student by contrast alone", "stages", [0.35, 0.37]),
        entries("full ASDC student", "stages", [0.38, 0.39]),
    )
    other = entries("full ASDC student", "global", [0.9, 0.9])
    assert ablation.verdicts(alone + full + other, ["private"]) == [
        "* full ASDC student, linear probe: +2.5 over contrast alone for equal time, beyond the "
        "seeds' deviations (0.7 and 1.4)."
    ]
    assert (
        "not beyond"
        in ablation.verdicts(
            alone + entries("full ASDC student", "stages", [0.36, 0.38]), ["private"]
        )[0]
    )
    assert ablation.verdicts(alone + full[:1], ["private"]) == []


def voted_sample(votes_file):
    """Write FER+ votes of the sample's faces as their table has them; return the sample."""
    import csv

    from asdcfer.data.datasets import ferplus
    from asdcfer.data.datasets.fer2013 import row_id
    from asdcfer.data.sample import sample_pack

    pack = sample_pack()
    votes = np.load(Path(pack.path).parent / "ferplus_votes.npy")
    counts = dict(zip(pack.ids, votes.tolist(), strict=True))
    last = max(int(name.removeprefix("fer")) for name in pack.ids)
    header = ["Usage", "Image name", *ferplus.FERPLUS_COLUMNS, "unknown", "NF"]
    with open(votes_file, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for number in range(last + 1):
            name = row_id(number)
            writer.writerow(["Training", f"{name}.png", *counts.get(name, [0] * 10)])
    return pack


@pytest.mark.slow
def test_the_headline_on_one_gpu_is_rehearsed_on_the_sample(tmp_path, monkeypatch):
    """Every stage in seconds, on a CPU; the numbers mean nothing."""
    pack = voted_sample(tmp_path / "votes.csv")
    np.save(tmp_path / "twins.npy", np.zeros(0, np.int64))
    script = importlib.import_module("headline_gpu")
    distillation = importlib.import_module("gpu_distillation")
    # One form will do: others differ by numbers, and have tests of their own.
    monkeypatch.setattr(distillation, "FORMS", {"balanced": distillation.FORMS["balanced"]})
    # Fisher vectors take longer than everything else, and have tests of their own.
    monkeypatch.setattr(script, "fisher_targets", pixels_as_targets)
    monkeypatch.setattr(script, "SHIPPED", ("nano",))
    monkeypatch.setattr(importlib.import_module("gpu_few_labels"), "FEW", 20)
    script.main(
        pack.path,
        tmp_path / "votes.csv",
        tmp_path / "out",
        minutes=0.1,
        width=8,
        teacher_width=8,
        batch=50,
        components=2,
        dims=24,
        descriptors=2000,
        seeds=1,
        twin_rows=tmp_path / "twins.npy",
        only="",
        device="cpu",
        capture=False,
        revision="rehearsal",
    )
    found = json.loads((tmp_path / "out" / "results.json").read_text())
    failed = {name: value for name, value in found.items() if name.endswith("_failed")}
    assert not failed
    stages = set(script.SHARES) - {"forms", "arms", "removals", "few_labels"}
    stages |= {
        f"arm_without_{name}" for name in importlib.import_module("gpu_distillation").REMOVALS
    }
    stages |= {"form", "asdc"}
    assert stages | {"arm_asdc_0", "arm_imitation_0", "few_labels_0", "finished"} <= set(found)
    assert (tmp_path / "out" / "asdc.safetensors").is_file()
    table = importlib.import_module("headline_gpu_table")
    page = "".join(
        [
            table.encoders(found),
            table.details(found["asdc"]),
            table.arms(found),
            table.singles(found, "form_", {}),
            table.singles(found, "arm_without_", {"query": "without query"}),
            table.verdict(found),
        ]
    )
    assert "without query" in page
    assert "None" not in page + table.few(found)


def test_both_arms_on_one_gpu_are_charged_for_what_comes_before_their_training(monkeypatch):
    """An arm whose preparation takes 3 of 10 s trains for the other 7, whichever it is."""
    script = importlib.import_module("gpu_distillation")
    clock, trained, kept = iter([100.0, 103.0] * 2), [], {}

    def learn(run, name, method, seconds, views, *, rate, seed):
        trained.append(seconds)
        return SimpleNamespace(facts=dict), "encoder"

    monkeypatch.setattr(script.time, "perf_counter", lambda: next(clock))
    monkeypatch.setattr(script, "learn", learn)
    monkeypatch.setattr(script, "probe", lambda *_, **__: {"public": 1.0})
    for arm in ("Asdc", "imitation_of", "Teacher", "answers"):
        monkeypatch.setattr(script, arm, lambda *_, **__: MagicMock())
    run, start = (
        SimpleNamespace(keep=kept.__setitem__, device="cpu", faces=MagicMock()),
        MagicMock(),
    )
    script.asdc(run, "asdc", start, (start, start), 10.0)
    script.imitation(run, "imitation", start, (start, start), 10.0, seed=0)
    assert trained == [7.0, 7.0]
    assert {name: facts["prepared"] for name, facts in kept.items()} == {
        "asdc": 3.0,
        "imitation": 3.0,
    }


@pytest.mark.slow
def test_a_taught_model_goes_on_where_it_was_stopped(tmp_path, monkeypatch):
    """The whole training in seconds; stopped and continued, it ends with the same weights."""
    from safetensors.numpy import load_file

    pack = voted_sample(tmp_path / "votes.csv")
    np.save(tmp_path / "twins.npy", np.zeros(0, np.int64))
    script = importlib.import_module("taught_model")
    monkeypatch.setattr(script, "BATCH", 100)
    monkeypatch.setattr(script, "LOOK_EVERY", 1)

    def train(out):
        script.main(
            "nano",
            pack.path,
            tmp_path / "votes.csv",
            tmp_path / out,
            epochs=2,
            views=2,
            bank=tmp_path / "bank",
            twin_rows=tmp_path / "twins.npy",
            teacher=["light", "nano"],
            mirror=True,
        )
        return load_file(tmp_path / out / "nano.safetensors")

    whole = train("whole")
    told = json.loads((tmp_path / "whole" / "results.json").read_text(encoding="utf-8"))["nano"]
    assert told["finetune"]["epochs"] == 2
    assert [look["epoch"] for look in told["curve"]] == [1, 2]
    assert told["parameters"] <= 300_000
    assert "what light and nano say of the very view and of its mirror image" in told["how"]
    learn = script.Learner.learn

    def stop(learner):
        if learner.epoch == 1:
            raise KeyboardInterrupt
        return learn(learner)

    with monkeypatch.context() as patched:
        patched.setattr(script.Learner, "learn", stop)
        with pytest.raises(KeyboardInterrupt):
            train("stopped")
    continued = train("stopped")
    assert whole.keys() == continued.keys()
    assert all(np.array_equal(whole[name], continued[name]) for name in whole)
    with pytest.raises(SystemExit, match="holds the answers of"):
        script.Teachers(["nano"], mirror=True).sign(tmp_path / "bank")


@pytest.mark.slow
def test_answers_are_the_mean_over_models_and_over_the_mirror_image():
    script = importlib.import_module("taught_model")
    views = np.random.default_rng(0).integers(0, 256, (3, 48, 48), np.uint8)
    both = script.Teachers(["light", "nano"], mirror=True).say(views)
    one_by_one = [
        script.Teachers([name], mirror=False).say(seen)
        for name in ("light", "nano")
        for seen in (views, np.ascontiguousarray(views[:, :, ::-1]))
    ]
    assert np.allclose(both, sum(one_by_one) / 4, atol=1e-6)
    assert np.allclose(both[:, :8].sum(1), 1, atol=1e-3)


@pytest.mark.slow
def test_the_larger_model_goes_on_from_its_own_end():
    import torch

    from asdcfer.models.weights import load_model

    script = importlib.import_module("taught_model")
    model = script.new_model("finetuned").eval()
    x = torch.randn(
        2, *model.encoder.preprocessing.batch(np.zeros((1, 48, 48), np.uint8)).shape[1:]
    )
    with torch.no_grad():
        for labels, logits in zip(script.CLASSES, model(x), strict=True):
            shipped = load_model(f"{script.TEACHER}:{labels}")
            expected = shipped.classifier(shipped.encoder(x)) / shipped.temperature
            assert torch.allclose(logits, expected, atol=1e-4)


def pixels_as_targets(run, components, dims, descriptors):
    import torch

    found = torch.from_numpy(run.faces.images("train").copy()).float()[:, ::8, ::8].flatten(1)
    found = found[:, :dims] - found[:, :dims].mean(0)
    return found / found.square().mean().sqrt()


def test_the_page_of_quality_and_the_card_say_what_was_measured():
    quality = importlib.import_module("quality_bins")
    told = json.loads((quality.RESULTS / "quality.json").read_text(encoding="utf-8"))
    assert (quality.RESULTS / "quality.md").read_text(encoding="utf-8") == quality.page(told)
    assert quality.bounds(told["splits"]["public"]) == told["bounds"]
    card = read_card(find_model(told["model"]))
    assert card["hashes"]["weights"] == told["weights"]
    assert card["quality"]["bins"] == told["splits"]["private"]["bins"]
    assert told["bounds"]["min_sharpness"] == BLURRED, "the default is what was measured"
    assert told["bounds"]["max_yaw"] is None


def test_the_shares_of_a_bin_have_the_right_faces():
    quality = importlib.import_module("quality_bins")
    values, right = np.array([1.0, 9.9, 10.0, 25.0]), np.array([True, False, True, True])
    first, second, third = quality.binned(values, [0, 10, 20, 30], right, np.full(4, 0.5))
    assert (first["faces"], first["accuracy"], first["confidence"]) == (2, 0.5, 0.5)
    assert (second["faces"], third["faces"]) == (1, 1)
    assert first["interval"][0] < 0.5 < first["interval"][1]
    few = [{"from": 0, "to": 1, "faces": 3, "interval": [0.1, 0.2]}]
    assert quality.bound_of(few, 0.9, True) is None, "too few faces say nothing"


@pytest.mark.slow
def test_the_speed_of_video_is_measured_on_equal_rows(tmp_path):
    script = importlib.import_module("video_speed")
    rows = script.speed(tmp_path, seconds=0.5, rounds=1)
    assert [row["faces"] for row in rows] == [1] * 6 + [5] * 6
    assert all(row["same_faces"] == 1 for row in rows if "same_faces" in row)
    assert all(row["iou_median"] > 0.8 for row in rows if "iou_median" in row)
    about = {"machine": "m", "cores": 2, "load_before": 0.1, "busy": False, "rounds": 1}
    page = script.as_markdown({"speed": {"about": about, "found": rows}})
    assert "| 5 | every 10th frame |" in page
    assert "m, 2 cores, load before 0.1)" in page


@pytest.mark.slow
def test_the_memory_of_a_long_film_and_a_folder_are_measured(tmp_path):
    script = importlib.import_module("video_speed")
    found = script.memory_of(script.write_film(tmp_path / "a.mp4", script.moving(1, 30), 5))
    assert found["rows"] == 30
    # The system counts its pages for each processor apart: the two differ by some of them.
    assert 0 < found["early_mb"] < found["end_mb"] + 1 < 10_000
    folder = script.photos(tmp_path, 3)
    assert folder["photos"] == 3
    assert folder["time_over_decoding"] > 1


def test_the_field_gives_the_best_five_and_three_more_further_seeds():
    field = importlib.import_module("field")
    names = ["a", "b", "c", "d", "e", "f", "asdc", "g", "moco"]
    rows = [comparison_row(name, 0.6 - place / 100) for place, name in enumerate(names)]
    reference = comparison_row("resnet18", 0.9, kind="as it is", training=None)
    found = field.finalists(summarized([*rows, reference]))
    assert found == ["a", "b", "c", "d", "e", "asdc", "moco"]


def test_the_page_of_the_field_shows_what_an_update_costs_and_that_the_machine_was_busy(tmp_path):
    field = importlib.import_module("field")
    assert field.pace_words(tmp_path / field.PACE) == ""
    told = {
        "command": "python benchmarks/field_pace.py --data sample",
        "hardware": {"cpu": "a processor", "cores": 2},
        "seconds_an_update": {"asdc": {"32": 0.5, "48": 1.0}, "moco": {"32": 0.25}},
    }
    (tmp_path / field.PACE).write_text(json.dumps(told), encoding="utf-8")
    folder = tmp_path / "rows"
    folder.mkdir()
    (folder / field.JSON).write_text("{}", encoding="utf-8")
    summaries = summarized([comparison_row("asdc", 0.6)])
    found = SimpleNamespace(
        folder=folder, summaries=summaries, shared={"batch": "128 faces"}, title="Comparison"
    )
    peer = tmp_path / "peers" / "lightly_moco"
    peer.mkdir(parents=True)
    (peer / "encoder.json").write_text('{"recipe": "lightly moco", "steps": 1500}')
    field.write_results(
        found, tmp_path / "field", "python benchmarks/field.py", busy=True, peers=peer.parent
    )
    page = (tmp_path / "field.md").read_text(encoding="utf-8")
    assert "* peers/lightly_moco: lightly moco, 1,500 updates\n" in page
    assert page.startswith("# Comparison\n\nMade by `python benchmarks/field.py`. The machine did")
    assert "| parameters | steps |\n" in page
    assert "minutes |" not in page
    field.write_results(found, tmp_path / "idle", "python benchmarks/field.py")
    idle = (tmp_path / "idle.md").read_text(encoding="utf-8")
    assert "| parameters | steps | images/s | minutes |\n" in idle
    assert "other work" not in idle
    assert page.endswith(
        "| method | 32 pixels | 48 pixels |\n| --- | --- | --- |\n"
        "| moco | 0.25 |  |\n| asdc | 0.50 | 1.00 |\n"
    )


@pytest.mark.slow
def test_sampled_maps_are_compared_with_what_the_teacher_says_of_a_view(monkeypatch, capsys):
    script = importlib.import_module("sampled_maps")
    words = ["sampled_maps.py", "--faces", "3", "--maps", "1", "3", "--draws", "1"]
    monkeypatch.setattr(sys, "argv", words)
    script.main()
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" | ")[0] for line in lines[2:]] == ["| 1", "| 3"]
    assert all(0 < float(line.split(" | ")[1].rstrip(" |")) < 3 for line in lines[2:])


def test_a_map_that_is_the_image_is_sampled_without_error():
    script = importlib.import_module("sampled_maps")
    bank = TeacherBank(Teacher(ImageAsMap(), mirror_mean=True), (0,), half=False)
    images = torch.randint(0, 256, (6, 48, 48), dtype=torch.uint8)
    bank.fill(images)
    shown = script.ASDC_VIEWS.model_dump() | script.GEOMETRY_ALONE
    assert script.compared(bank, images, ViewOptions.model_validate(shown), 0)[0] < 1e-6


def test_the_page_of_people_says_what_was_measured_and_the_threshold_is_used():
    joining = importlib.import_module("people_joining")
    told = json.loads((joining.RESULTS / "people.json").read_text(encoding="utf-8"))
    assert (joining.RESULTS / "people.md").read_text(encoding="utf-8") == joining.page(told)
    assert joining.chosen(told["joining"]["tune"]) == told["threshold"] == JOINED_UNDER


def test_pairs_and_areas_are_counted_as_by_hand():
    joining = importlib.import_module("people_joining")
    names = ["a", "a", "b", "b", "c"]
    assert joining.counts(names, np.array([0, 0, 0, 1, 2])) == (1, 3, 2)
    vectors = np.array([[1, 0], [0.6, 0.8], [0, 1], [0.28, 0.96], [-1, 0]])
    found = joining.separation(names, vectors)
    distance = 1 - vectors @ vectors.T
    pairs = [(i, j) for i in range(5) for j in range(i)]
    same = [distance[i, j] for i, j in pairs if names[i] == names[j]]
    other = [distance[i, j] for i, j in pairs if names[i] != names[j]]
    area = np.mean([[s < o for o in other] for s in same])
    assert found["auc"] == pytest.approx(area, abs=1e-4)


def test_a_peer_trains_until_its_time_is_over_on_views_of_training_faces(tmp_path):
    peers = importlib.import_module("peers")
    pack = toy_pack(tmp_path / "p")
    faces = peers.Faces(pack, lambda face: [torch.full((1,), float(face.size[0]))] * 2)
    assert len(faces) == len(pack.rows("train"))
    assert faces[0][1].tolist() == [24.0]

    class Line(torch.nn.Linear):
        def __init__(self):
            super().__init__(1, 1)
            self.followed = []

        def forward(self, views):
            return super().forward(views[0]).square().mean()

        def follow(self, progress):
            self.followed.append(progress)

    model = Line()
    before = model.weight.item()
    steps = peers.train(model, lambda: [[torch.ones(4, 1)]] * 3, 0.05)
    assert steps == len(model.followed) > 0
    assert max(model.followed) < 1
    assert model.weight.item() != before
    counted = Line()
    assert peers.train(counted, lambda: [[torch.ones(4, 1)]] * 3, 1e-9, total=4) == 4
    assert counted.followed == [0, 0.25, 0.5, 0.75]


TWINS = "without_twins"
"""Key of a comparison's measure that the page shows."""


def test_the_page_of_time_to_accuracy_says_what_its_points_say(tmp_path):
    script = importlib.import_module("time_to_accuracy")

    def point(name, minutes, accuracy):
        measure = {"accuracy": accuracy, "interval": (accuracy - 0.01, accuracy + 0.01)}
        measures = dict.fromkeys(("linear", "knn", TWINS), measure)
        return {"name": name, "minutes": minutes, "steps": 9000, **measures}

    points = [
        point(script.OWN, 3.0, 0.30),
        point(script.OWN, 5.0, 0.36),
        point(script.OWN, 20.0, 0.48),
        point("lightly moco", 20.0, 0.35),
        point("lightly simclr", 20.0, 0.33),
    ]
    assert column_of(TWINS).title == "no twins"
    told = script.sentences(points)
    assert told == [
        f"{title}: after 20 minutes +13.0 points over lightly moco; passed after 5 minutes."
        for title in ("linear probe", "kNN")
    ]
    never = script.sentences([point(script.OWN, 20.0, 0.2), point("lightly moco", 20.0, 0.35)])
    assert never[0].endswith("-15.0 points over lightly moco; not passed.")
    assert script.sentences(points[:3]) == [], "nobody to compare with"
    about = {"command": "c", "commit": "f", "cores": 1, "all_cores": 2, "machine": "m"}
    text = script.page({**about, "points": points}, "time")
    assert text.count("\n| ") == 2 + len(points) - 1 + 1
    cell = "35.00 (34.0 to 36.0)"
    assert f"| 20 | lightly moco | 9,000 | {cell} | {cell} | {cell} |" in text
    script.draw(points, "knn", tmp_path / "knn.svg")
    assert (tmp_path / "knn.svg").read_text(encoding="utf-8").count("<svg") == 1


@pytest.mark.slow
def test_the_legend_of_time_to_accuracy_lies_over_no_interval(tmp_path, monkeypatch):
    """In the pictures that are published, drawn anew from their numbers; nothing is trained."""
    script = importlib.import_module("time_to_accuracy")
    drawn = []

    @contextmanager
    def kept(*size):
        with draw_figure(*size) as (figure, axes):
            drawn.append(figure)
            yield figure, axes

    monkeypatch.setattr(script, "draw_figure", kept)
    monkeypatch.setattr(script, "points_at", None)
    results = FOLDER.parent / "docs" / "results"
    shutil.copy(results / "time_to_accuracy.json", tmp_path / "time_to_accuracy.json")
    out = str(tmp_path / "time_to_accuracy")
    monkeypatch.setattr(sys, "argv", ["time_to_accuracy.py", "--redraw", "--out", out])
    script.main()
    assert len(drawn) == len(list(tmp_path.glob("*.svg"))) == len(script.MEASURES)
    for figure in drawn:
        (axis,), (legend,) = figure.axes, figure.legends
        assert axis.get_legend() is None
        place = legend.get_window_extent()
        assert place.y1 <= axis.get_tightbbox().y0
        assert 0 <= place.x0 < place.x1 <= figure.bbox.x1
    monkeypatch.setattr(sys, "argv", ["time_to_accuracy.py"])
    with pytest.raises(SystemExit) as error:
        script.main()
    assert error.value.code == 2


def test_a_point_holds_what_everybody_reaches_and_a_peer_is_trained_once(tmp_path, monkeypatch):
    """The other library's training stands in as an encoder of random weights."""
    from asdcfer.models.encoder import EncoderSpec
    from asdcfer.models.registry import build_encoder
    from asdcfer.models.weights import save_encoder

    script = importlib.import_module("time_to_accuracy")
    trained, asked = [], []

    def stand_in(place, minutes, setting):
        trained.append(place.name)
        spec = EncoderSpec(name="resnet18", arguments={"width": 8})
        save_encoder(place / "encoder", build_encoder(spec).eval(), {"steps": 7})

    def compare(words, data, settings, folder, *, progress):
        asked.append((words, settings.budget))
        measures = {"linear": SimpleNamespace(mean=0.4, interval=None)}
        found = [
            SimpleNamespace(name=w, rows=[w], notes=[], measures=measures, fact=lambda name: None)
            for w in words
        ]
        found[0].fact = lambda name: 11.0
        return SimpleNamespace(summaries=found)

    monkeypatch.setattr(script, "train_peer", stand_in)
    monkeypatch.setattr(script.api, "compare", compare)
    setting = script.Setting("sample", tmp_path, "python")
    assert [p["name"] for p in script.points_at(3.0, setting)] == [script.OWN]
    points = script.points_at(5.0, setting)
    assert [(p["name"], p["steps"]) for p in points] == [
        (script.OWN, 11.0),
        ("lightly moco", 7),
        ("lightly simclr", 7),
    ]
    script.points_at(5.0, setting)
    assert trained == ["moco", "simclr"]
    assert [budget for _, budget in asked] == ["3m", "5m", "5m"]


ALWAYS_HAPPY = """
import numpy as np
def answer(faces):
    return np.eye(7, dtype=np.float32)[[3] * len(faces)]
"""


@pytest.mark.slow
def test_tools_are_measured_in_processes_of_their_own(tmp_path):
    script = importlib.import_module("beside_tools")
    faces = importlib.import_module("gpu_run").load_faces(
        voted_sample(tmp_path / "votes.csv").path, tmp_path / "votes.csv", None
    )
    seven = {labels: tuple(EXPRESSIONS) for labels in script.LABELS}
    words = (sys.executable, "-c", script.program(ALWAYS_HAPPY))
    both = dict.fromkeys(script.LABELS, words)
    tools = [script.Tool(name, both, FOLDER, seven, "") for name in ("fer", "other")]
    found = script.accuracies(tools[0], faces, tmp_path)
    happy = faces.labels("private") == EXPRESSIONS.index("happy")
    assert found["fer2013"] == round(100 * happy.mean(), 2)
    assert found["fer2013_without_twins"] == round(100 * happy[~faces.twin].mean(), 2)
    first, second = script.speeds(tools, rounds=2, seconds=0.01)
    assert first["times_fer"] == 1
    assert second["range"][0] <= second["times_fer"] <= second["range"][1]
    assert first["memory_mb"] > 5
    rows = [{"name": "fer", "about": "x", "megabytes": 1.0, **found, **first}]
    told = {"cores": 1, "load_before": 0.0, "rounds": 2, "tools": rows}
    assert f"| fer | {found['fer2013']:.2f} |" in script.as_markdown(told)


def test_a_tool_that_ends_is_told(capfd):
    script = importlib.import_module("beside_tools")
    words = (sys.executable, "-c", "raise SystemExit('no weights here')")
    with script.Process(words) as process, pytest.raises(SystemExit, match="without an answer"):
        process.ask(do="burst", seconds=0.1)
    assert "no weights here" in capfd.readouterr().err


def test_mutants_change_what_is_computed_and_nothing_that_is_only_said():
    script = importlib.import_module("mutants")
    source = (
        'def f(a: int = 1, b: "list[int]" = None) -> bool:\n'
        '    """Say 3 < 4."""\n'
        "    if not a < 2:\n"
        '        raise ValueError(f"{a + 1}")\n'
        "    return g(a, b) and a + 1 == 2\n"
    )
    made = dict(script.mutants(source, 100, seed=0))
    assert {change.partition(":")[0] for change in made} == {
        *("compare", "operator", "and-or", "without-sign", "constant", "swap", "drop"),
    }
    assert len(set(made.values())) == len(made)
    assert all('"""Say 3 < 4."""' in text and "{a + 1}" in text for text in made.values())
    assert all("list[int]" in text for text in made.values())
    assert list(made) == [change for change, _ in script.mutants(source, 100, seed=0)]
    assert len(script.mutants(source, 3, seed=1)) == 3


def test_the_page_of_mutants_counts_those_that_are_not_the_same():
    script = importlib.import_module("mutants")
    one = {
        "run": 12,
        "equivalent": {"compare: a": "b is never 0", "swap: c": "x"},
        "survived": ["d"],
    }
    page = script.page({"count": 12, "seed": 0, "modules": {"losses/a.py": one}})
    assert "1 survived" in page
    assert "10.0%" in page
    assert "`compare: a`: b is never 0" in page


def test_the_page_of_long_runs_compares_the_end_with_the_beginning():
    script = importlib.import_module("long_runs")
    looks = [
        {"step": 100 * i, "memory_mb": 200 + i, "open_files": 9, "processor_seconds": 0.5 * i}
        for i in range(1, 11)
    ]
    assert script.pace(looks) == pytest.approx((5.0, 5.0))
    page = script.page({"training": {"steps": 1000, "looks": looks}, "machine": "m"})
    assert "| memory, MB | 201 | 210 |" in page
    assert "| 5.0 | 5.0 |" in page


def test_packs_of_few_labels_hold_the_drawn_ones_alone_and_both_test_lists(tmp_path, monkeypatch):
    script = importlib.import_module("few_labels")
    pack = toy_pack(tmp_path / "pack", {"train": 60, "public": 12, "private": 9})
    labels = pack.labels.copy()
    labels[:4] = -1
    monkeypatch.setattr(script, "labels_for", lambda *_: labels)
    monkeypatch.setattr(script, "PER_CLASS", 5)
    (tmp_path / "votes.csv").write_text("")
    first, second = (
        load_pack(path)
        for path in script.write_packs(pack, tmp_path / "votes.csv", tmp_path / "few", 2)
    )
    for few in (first, second):
        train = few.labels[few.split == "train"]
        assert (len(train), (train >= 0).sum()) == (56, 15)
        assert (few.labels[few.split == "test"] == labels[60:]).all()
        assert np.array_equal(few.images[:], pack.images[4:])
    assert not np.array_equal(first.labels, second.labels)


def test_page_of_few_labels_says_what_was_measured():
    script = importlib.import_module("few_labels")
    told = {
        "encoder": "resnet18",
        "commit": "abc",
        "draws": 2,
        "labels": {"angry": 250, "disgust": 191},
        "published": {"probe, labeled": [(60.0, 50.0), (62.0, 52.0)], "fine-tuned": [(71.0, 1.0)]},
        "fer2013": {"probe, estimated": [(50.0, 40.0), (50.0, 40.0)]},
    }
    text = script.page(told)
    assert "| linear probe of the frozen feature | 61.00 +- 1.41 | 51.00 +- 1.41 |" in text
    assert "| fine-tuned, the other faces without labels | 71.00 +- 0.00 | 1.00 +- 0.00 |" in text
    assert "250 angry, 191 disgust" in text
    assert text.count("62.20") == 2, "whose labels it is of is not known"


def test_probes_of_few_labels_are_read_where_every_draw_is_there(tmp_path, monkeypatch):
    script = importlib.import_module("few_labels")
    asked = []

    def probe(encoder, data, settings, progress):
        asked.append(settings.draws)
        used = [LabelsUsed(per_class=5, draw=draw, images=15) for draw in range(settings.draws)]
        return [toy_result(labels_used=one) for one in used]

    monkeypatch.setattr(script.api, "probe", probe)
    found = [script.probed("nano", tmp_path, tmp_path, None, draws=draws) for draws in (2, 2, 3)]
    assert [len(results) for results in found] == [2, 2, 3]
    assert asked == [2, 3]
