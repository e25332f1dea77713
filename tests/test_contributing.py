"""Walks the five checklists of CONTRIBUTING.md: one of each is added from outside the package, by
one class or function and one line in a registry, and run to the end through the command line.
"""

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
import yaml
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn
from typer.testing import CliRunner

from asdcfer.augmentation import Views
from asdcfer.cli.main import app
from asdcfer.data import PackItem, load_pack
from asdcfer.data.datasets import SOURCES, Explanation, Layout, Options, Reading, Source
from asdcfer.errors import RecipeError
from asdcfer.evaluation import Result
from asdcfer.evaluation.probes import PROBES, FittedClassifier, ProbeContext
from asdcfer.evaluation.probes.evaluate_splits import evaluate_splits
from asdcfer.expressions import EXPRESSIONS
from asdcfer.losses import in_float32
from asdcfer.methods import (
    METHODS,
    Asdc,
    AsdcOptions,
    Comparison,
    Method,
    StepResult,
    Term,
    build_method,
)
from asdcfer.models import ENCODERS, Encoder, EncoderSpec, build_encoder, load_encoder

ROOT = Path(__file__).parents[1]
CHECKLISTS = {
    "Add a method": "methods/registry.py",
    "Add a term to ASDC": "methods/asdc.py",
    "Add a data set": "data/datasets/registry.py",
    "Add a probe": "evaluation/probes/registry.py",
    "Add an encoder": "models/registry.py",
}
MOBILE = {"name": "mobile", "arguments": {"width": 0.25}, "preprocessing": {"size": 32}}


def command(*words: object) -> str:
    """Run `asdcfer WORDS` in this process and return what it prints."""
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert done.exit_code == 0, done.output
    return done.output


def trained(folder: Path, verb: str, stage: dict[str, Any], *words: object) -> Path:
    """Train a stage of four tiny steps by its recipe and return its folder."""
    section = "teacher" if verb == "pretrain" else "student"
    settings = {
        "epochs": 1,
        "batch_size": 16,
        "precision": "32",
        "views": {"size": 32},
        "optimizer": {"learning_rate": 0.01, "warmup_epochs": 0.0},
        "log_every": 1,
        "health": {"images": 32, "knn_images": 0},
        **stage,
    }
    recipe = {
        "data": {"pack": "sample", "images": 64},
        "teacher": None,
        "student": None,
        section: settings,
    }
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump(recipe), encoding="utf-8")
    command(verb, "--recipe", path, "--out", folder / "run", "--device", "cpu", *words)
    return folder / "run" / section


def columns(stage: Path) -> list[dict[str, str]]:
    """Return the rows of a stage's log."""
    with open(stage / "metrics.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("title", CHECKLISTS)
def test_a_checklist_names_its_line_and_only_files_that_are_there(title: str) -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (section,) = re.findall(rf"^## {title}\n(.*?)(?=^## |^<!--)", page, re.MULTILINE | re.DOTALL)
    assert f"`{CHECKLISTS[title]}`" in section
    for name in re.findall(r"`([\w/]+\.(?:py|md))`", section):
        if "NAME" not in name:
            assert (ROOT / name).is_file() or (ROOT / "src/asdcfer" / name).is_file(), name


class ToyOptions(BaseModel):
    """Settings of `Toy`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    scale: float = Field(1.0, gt=0)


class Toy(Method):
    """Views of one face get one feature: the smallest method there is."""

    Options: ClassVar[type[BaseModel]] = ToyOptions

    def __init__(self, encoder: Encoder, options: ToyOptions) -> None:
        super().__init__()
        self.options, self.student = options, encoder

    @property
    def encoder(self) -> Encoder:
        return self.student

    @property
    def projector(self) -> None:
        return None

    def training_step(self, views: Views) -> StepResult:
        one, other = (self.student(crop) for crop in views.crops[:2])
        loss = self.options.scale * (one - other).square().mean()
        return StepResult(loss, {"toy": loss.detach()})


class ToyEncoder(Encoder):
    """Two convolutions."""

    def __init__(self, channels: int = 1, width: int = 8) -> None:
        super().__init__()
        self.map_channels = [width, 2 * width]
        self.first = nn.Conv2d(channels, width, 3, 4, 1)
        self.second = nn.Conv2d(width, 2 * width, 3, 2, 1)

    def forward_maps(self, x: Tensor) -> list[Tensor]:
        first = self.first(x).relu()
        return [first, self.second(first).relu()]


@pytest.mark.slow
def test_a_method_is_a_class_and_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(METHODS, "toy", Toy)
    stage = trained(
        tmp_path, "pretrain", {"method": "toy", "encoder": MOBILE, "options": {"scale": 2.0}}
    )
    assert all(float(row["toy"]) == float(row["loss"]) for row in columns(stage))
    card = json.loads((stage / "encoder.json").read_text(encoding="utf-8"))
    assert (card["options"], card["health"]["chance"]) == ({"scale": 2.0}, None)
    assert load_encoder(stage).feature_dim == 96
    with pytest.raises(RecipeError, match=r"did you mean toy\.scale"):
        build_method("toy", build_encoder(EncoderSpec(**MOBILE)), {"scal": 2})


@pytest.mark.slow
def test_an_encoder_is_a_class_and_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ENCODERS, "toy", ToyEncoder)
    spec = {"name": "toy", "arguments": {"width": 4}, "preprocessing": {"size": 32}}
    options = {"queue_size": 16, "projector_hidden": 8, "projector_dim": 4}
    stage = trained(tmp_path, "pretrain", {"method": "moco", "encoder": spec, "options": options})
    encoder = load_encoder(stage)
    assert encoder.feature_dim == 8
    assert encoder.spec == EncoderSpec(**spec)
    # Layer-wise decay of fine-tuning reads the blocks.
    assert [len(block) for block in encoder.blocks()] == [2, 2]
    command(
        *(
            "finetune",
            stage / "encoder.safetensors",
            "--data",
            "sample",
            "--out",
            tmp_path / "fine",
        ),
        *("--device", "cpu", "epochs=1", "layer_decay=0.5"),
    )
    assert list((tmp_path / "fine").rglob("*.safetensors"))


@in_float32
def toy_loss(student: Tensor, teacher: Tensor) -> Tensor:
    """Return the squared difference of the features' mean lengths."""
    return (student.norm(dim=1) - teacher.norm(dim=1)).square().mean()


class ToyTermOptions(AsdcOptions):
    """Settings of ASDC with one more weight."""

    w_toy: float = Field(0.5, ge=0)


class ToyTermAsdc(Asdc):
    """ASDC with one more term."""

    Options: ClassVar[type[BaseModel]] = ToyTermOptions

    def terms(self) -> list[Term]:
        def compute(view: Comparison) -> Tensor:
            query, target = view.queries()
            map_error = view.mean_over_layers(lambda layer: toy_loss(layer.own, layer.own))
            return toy_loss(query, target) + map_error

        toy = Term("toy", self.options.w_toy, compute, needs=("maps", "queries"))
        return [*super().terms(), *([toy] if toy.weight > 0 else [])]


@pytest.mark.slow
def test_a_term_is_a_loss_and_a_term(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(METHODS, "toy_asdc", ToyTermAsdc)
    options = {
        **{"queue_size": 16, "projector_hidden": 8, "projector_dim": 4},
        # What the term needs is built for it alone.
        **{"w_joint": 0.0, "w_query": 0.0, "w_key": 0.0},
    }
    stage = trained(
        tmp_path,
        "distill",
        {"method": "toy_asdc", "encoder": MOBILE, "options": options},
        *("--teacher", "light_encoder"),
    )
    for row in columns(stage):
        total = float(row["contrastive"]) + 0.5 * float(row["toy"])
        assert float(row["loss"]) == pytest.approx(total, rel=1e-3)
    assert "joint" not in columns(stage)[0]


def toy_read(layout: Layout, options: Options) -> Reading:
    """Read one gray image a line of numbers."""
    rows = np.loadtxt(layout.path, dtype=np.int64, delimiter=",", ndmin=2)
    faces = [
        PackItem(
            np.full((options.size, options.size), value, np.uint8), f"line {i}", "train", label
        )
        for i, (label, value) in enumerate(rows.tolist())
    ]
    return Reading(faces, EXPRESSIONS, [], about={"name": "toy"})


def test_a_data_set_is_a_source_and_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def explain(layout: Layout, options: Options) -> Explanation | None:
        return Explanation("its suffix", faces=2) if layout.path.suffix == ".toy" else None

    monkeypatch.setitem(
        SOURCES, "toy", Source("toy", "lines of label and gray", explain, toy_read, photos=False)
    )
    file = tmp_path / "faces.toy"
    file.write_text("3,10\n0,200\n", encoding="utf-8")
    command("prepare", file, tmp_path / "pack")
    pack = load_pack(tmp_path / "pack")
    assert (pack.labels.tolist(), pack.images[:, 0, 0].tolist()) == ([3, 0], [10, 200])
    assert pack.info["source"]["name"] == "toy"


@pytest.mark.slow
def test_a_probe_is_a_class_and_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class NearestMean:
        """The expression whose mean feature is nearest."""

        kind = "toy"

        def run(self, context: ProbeContext) -> Iterator[Result]:
            task = context.roles
            known = torch.tensor(context.features(task.train))
            labels = torch.from_numpy(np.asarray(task.labels[task.train]))
            means = torch.stack([known[labels == c].mean(0) for c in labels.unique()])

            def answers(rows):
                distance = torch.cdist(torch.tensor(context.features(rows)), means)
                return (-distance).softmax(1).numpy()

            fitted = FittedClassifier(
                kind=self.kind,
                validation=answers(task.validation),
                test=answers(task.test),
                trained_on="means of the training split",
                chosen="nothing",
                hyperparameters={},
                training_images=len(task.train),
                seconds=0.0,
            )
            yield from evaluate_splits(context, fitted)

    monkeypatch.setitem(PROBES, "toy", NearestMean)
    command(
        *("probe", "light_encoder", "--data", "sample", "--kinds", "toy"),
        *("--out", tmp_path),
    )
    results = [json.loads(file.read_text(encoding="utf-8")) for file in tmp_path.rglob("*.json")]
    assert {result["kind"] for result in results} == {"toy"}
    assert all(0.15 < result["accuracy"] <= 1 for result in results)
