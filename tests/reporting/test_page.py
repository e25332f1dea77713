import json
import re
from html.parser import HTMLParser

import pytest

from asdcfer.errors import DataError
from asdcfer.evaluation.probes.run import run_probes
from asdcfer.evaluation.robustness import robustness
from asdcfer.files import write_json
from asdcfer.models.weights import save_encoder
from asdcfer.reporting.feature_views import attention_over, flat, shown_rows
from asdcfer.reporting.page import fractions, write_report
from asdcfer.reporting.runs import read_run
from tests.evaluation.standin import toy_encoder, toy_pack
from tests.evaluation.test_evaluate_model import toy_model

VOID = {"meta", "img", "br", "link", "input", "hr"}


class Checker(HTMLParser):
    """Every tag closed in order, no source but data."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.images = 0
        self.text = ""

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name in ("src", "href", "srcset", "action"):
                assert value.startswith("data:"), (tag, value[:60])
        if tag == "img":
            self.images += 1
            assert dict(attrs)["alt"]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.text += data


def checked(path) -> Checker:
    page = path.read_text(encoding="utf-8")
    assert "<script" not in page and "@import" not in page and not re.search(r"url\(", page)
    found = Checker()
    found.feed(page)
    assert found.open == []
    return found


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A whole run: teacher, student, probes, curves, robustness."""
    folder = tmp_path_factory.mktemp("runs") / "first"
    pack = toy_pack(folder / "pack")
    for seed, section in enumerate(("teacher", "student")):
        encoder = toy_encoder(seed)
        save_encoder(folder / section / "encoder", encoder, {"section": section})
        rows = [
            "step,epoch,seconds,images_per_second,learning_rate,loss,feature_spread,effective_rank,target_entropy,knn_online",
            "5,1,2,30,0.1,3.2,,,,",
        ]
        (folder / section / "metrics.csv").write_text(
            "\n".join([*rows, "10,2,4,30,0.1,2.9,0.4,12,,0.5", "15,3,"])
        )
        run_probes(
            encoder,
            pack,
            kinds=("knn", "linear", "fractions"),
            shares=(0.2, 0.5),
            out=folder / "probes",
            name=section,
            cache=None,
        )
    health = {"verdict": "healthy", "reasons": ["spread <wide>"]}
    write_json(
        folder / "run.json",
        {
            "recipe": "toy & co",
            "seed": 3,
            "status": "finished",
            "stages": {"teacher": {"health": health}},
        },
    )
    write_json(
        folder / "probes" / "robustness.json",
        robustness(toy_model(), pack, names=("blur", "noise")),
    )
    return folder


def test_page_of_a_whole_run_is_complete_in_itself(run, tmp_path) -> None:
    page = checked(write_report([run], tmp_path / "r.html"))
    # Curves, confusion, bars, few labels, robustness, attention, two maps.
    assert page.images == 8
    for text in (
        "toy & co",
        "spread <wide>",
        "PrivateTest",
        "penalty chosen on public",
        "k and temperature chosen on public",
        "student: linear",
        "half of this list",
    ):
        assert text in page.text, text


def test_several_runs_are_compared_and_the_best_stands_out(run, tmp_path) -> None:
    other = tmp_path / "second"
    (other / "probes").mkdir(parents=True)
    for file in (run / "probes").glob("student-linear*private.json"):
        value = json.loads(file.read_text())
        write_json(other / "probes" / file.name, {**value, "accuracy": 0.111})
    path = write_report([run, other], tmp_path / "r.html")
    page = checked(path)
    assert "2 runs compared" in page.text and "11.10" in page.text
    text = path.read_text()
    assert '<td class="n">11.10' in text and '<td class="n best">' in text


def test_whatever_is_missing_is_said_in_its_place(run, tmp_path) -> None:
    bare = tmp_path / "bare"
    (bare / "teacher").mkdir(parents=True)
    (bare / "teacher" / "metrics.csv").write_text("step,epoch,loss\n1,1,5\n")
    text = checked(write_report([bare], tmp_path / "a.html")).text
    assert (
        "No probes have been made" in text and "no encoder weights" in text and "no student" in text
    )

    lost = tmp_path / "lost"
    save_encoder(lost / "student" / "encoder", toy_encoder())
    write_json(lost / "run.json", {"data": {"pack": str(tmp_path / "gone"), "images": 3}})
    text = checked(write_report([lost], tmp_path / "b.html")).text
    assert "they are not there" in text and "No training curve" in text

    unlabeled = tmp_path / "unlabeled"
    toy_pack(unlabeled / "pack", {"train": 30}, labeled=False)
    save_encoder(unlabeled / "student" / "encoder", toy_encoder())
    page = checked(write_report([unlabeled], tmp_path / "c.html"))
    assert "faces have no labels" in page.text and "student only" in page.text
    assert page.images == 2


def test_damaged_files_are_named_and_do_not_stop_the_page(run, tmp_path) -> None:
    bad = tmp_path / "bad"
    (bad / "probes").mkdir(parents=True)
    (bad / "probes" / "x.json").write_text("{")
    (bad / "probes" / "y.json").write_text("{}")
    save_encoder(bad / "student" / "encoder", toy_encoder())
    (bad / "student" / "encoder.safetensors").write_bytes(b"no")
    text = checked(write_report([bad], tmp_path / "r.html")).text
    assert (
        "x.json cannot be read" in text and "y.json is not a result" in text and "SHA-256" in text
    )


def test_folders_that_are_no_runs_are_refused(tmp_path) -> None:
    with pytest.raises(DataError, match="no run at"):
        read_run(tmp_path / "none")
    with pytest.raises(DataError, match="is not a run"):
        write_report([tmp_path], tmp_path / "r.html")


def test_cut_line_of_metrics_is_dropped(run) -> None:
    assert read_run(run).curves["teacher"]["epoch"].tolist() == [1, 2]


def test_fractions_are_means_over_draws() -> None:
    results = [
        {
            "kind": "fraction",
            "evaluated_on": "private",
            "encoder": "s",
            "accuracy": a,
            "labels_used": {"share": 0.1, "draw": d, "images": 50},
        }
        for d, a in enumerate((0.4, 0.6))
    ]
    ((images, mean, deviation),) = fractions(results)["s"]
    assert (images, mean, round(deviation, 3)) == (50, 0.5, 0.141)


def test_faces_shown_take_expressions_in_turn(run) -> None:
    pack = read_run(run).pack()
    rows = shown_rows(pack, 7)
    assert pack.labels[rows].tolist() == [0, 1, 2, 0, 1, 2, 0]
    assert set(pack.split[rows]) == {"private"}


def test_attention_lies_where_the_response_is() -> None:
    import numpy as np
    import torch

    encoder = toy_encoder()
    strong = torch.zeros(1, 4, 8, 8)
    strong[0, :, 1, 6] = 5
    encoder.forward_maps = lambda x: [strong]
    found = attention_over(encoder, np.zeros((1, 32, 32), np.uint8))
    row, column = np.unravel_index(found[0].argmax(), (32, 32))
    assert 3 <= row <= 8 and 23 <= column <= 28
    assert found.min() == 0 and found.max() == 1
    encoder.forward_maps = lambda x: [torch.ones(1, 4, 1, 1)]
    assert attention_over(encoder, np.zeros((1, 32, 32), np.uint8)) is None


def test_map_of_few_faces_needs_no_neighbors(run) -> None:
    points, labels, method = flat(toy_encoder(), read_run(run).pack())
    assert points.shape == (24, 2) and len(labels) == 24
    assert "principal components" in method
