import re
from html.parser import HTMLParser

import pytest

from asdcfer.evaluation.result import LabelsUsed, read_result, write_result
from asdcfer.files import write_json
from asdcfer.models.weights import save_encoder
from asdcfer.reporting.page import few_label_points, write_report
from tests.evaluation.standin import toy_encoder, toy_pack, toy_result

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
    assert "<script" not in page
    assert "@import" not in page
    assert not re.search(r"url\(", page)
    found = Checker()
    found.feed(page)
    assert found.open == []
    return found


@pytest.mark.slow
def test_page_of_a_whole_run_is_complete_in_itself(run, tmp_path) -> None:
    page = checked(write_report([run], tmp_path / "r.html"))
    # Four curves, confusion, bars, few labels, two of robustness, attention, two maps.
    assert page.images == 12
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


@pytest.mark.slow
def test_several_runs_are_compared_and_the_best_stands_out(run, tmp_path) -> None:
    other = tmp_path / "second"
    (other / "probes").mkdir(parents=True)
    for file in (run / "probes").glob("student-linear*private.json"):
        value = read_result(file).model_copy(update={"accuracy": 0.111})
        write_result(other / "probes" / file.name, value)
    path = write_report([run, other], tmp_path / "r.html")
    page = checked(path)
    assert "2 runs compared" in page.text
    assert "11.10" in page.text
    text = path.read_text()
    assert '<td class="n">11.10' in text
    assert '<td class="n best">' in text


@pytest.mark.slow
def test_whatever_is_missing_is_said_in_its_place(run, tmp_path) -> None:
    bare = tmp_path / "bare"
    (bare / "teacher").mkdir(parents=True)
    (bare / "teacher" / "metrics.csv").write_text("step,epoch,loss\n1,1,5\n")
    text = checked(write_report([bare], tmp_path / "a.html")).text
    assert "No probes have been made" in text
    assert "no encoder weights" in text
    assert "no student" in text

    lost = tmp_path / "lost"
    save_encoder(lost / "student" / "encoder", toy_encoder())
    write_json(lost / "run.json", {"data": {"pack": str(tmp_path / "gone"), "images": 3}})
    text = checked(write_report([lost], tmp_path / "b.html")).text
    assert "they are not there" in text
    assert "No training curve" in text

    unlabeled = tmp_path / "unlabeled"
    toy_pack(unlabeled / "pack", {"train": 30}, labeled=False)
    save_encoder(unlabeled / "student" / "encoder", toy_encoder())
    page = checked(write_report([unlabeled], tmp_path / "c.html"))
    assert "faces have no labels" in page.text
    assert "student only" in page.text
    assert page.images == 2


def test_damaged_files_are_named_and_do_not_stop_the_page(run, tmp_path) -> None:
    bad = tmp_path / "bad"
    (bad / "probes").mkdir(parents=True)
    (bad / "probes" / "x.json").write_text("{")
    (bad / "probes" / "y.json").write_text("{}")
    (bad / "probes" / "z.json").write_text('{"kind": "knn", "accuracy": 0.5}')
    save_encoder(bad / "student" / "encoder", toy_encoder())
    (bad / "student" / "encoder.safetensors").write_bytes(b"no")
    text = checked(write_report([bad], tmp_path / "r.html")).text
    assert "x.json cannot be read" in text
    assert "y.json is not a result" in text
    assert "SHA-256" in text


def test_few_label_points_are_means_over_draws() -> None:
    results = [
        toy_result(accuracy, encoder="s", labels_used=LabelsUsed(share=0.1, draw=draw, images=50))
        for draw, accuracy in enumerate((0.4, 0.6))
    ]
    ((images, mean, deviation),) = few_label_points(results)["s"]
    assert (images, mean, round(deviation, 3)) == (50, 0.5, 0.141)
