"""Recipe: the exact settings of a run, typed; unknown keys are refused."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from asdcfer.augmentation.resolution import Resolution
from asdcfer.augmentation.views import ViewOptions
from asdcfer.evaluation.probes.context import PoolingChoice
from asdcfer.evaluation.probes.registry import DEFAULT_KINDS, PROBES
from asdcfer.files import atomic_write
from asdcfer.models.encoder import EncoderSpec
from asdcfer.nearest_name import did_you_mean
from asdcfer.training.engine.optimizer import OptimizerOptions
from asdcfer.training.engine.plan import Precision
from asdcfer.training.pretrain.budget import Duration

SECTIONS = {"teacher": 1, "student": 2, "baseline": 3}
"""Sections of a recipe that train, in order, each with the number that its seed is mixed with."""


def _folder_name(name: str) -> str:
    """Return a name that is that of a folder inside of another one, wherever that lies."""
    if name in ("", ".", "..") or set(name) & set("/\\\0"):
        raise ValueError("a name without / and \\ is due: the run's folder is called so")
    return name


class _Typed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DataOptions(_Typed):
    """Which faces are trained on; their labels are read by methods that need them alone.

    Attributes:
        pack: "sample" (bundled), or a path or bare name of a pack or of anything `asdcfer prepare`
            understands; null where `--data` must be given.
        splits: splits of the pack to train on; those it lacks are refused. ["*"] takes every split
            but those that validate or test, see `data.splits`.
        images: take this many, evenly spaced, for quick trials; null for all.
    """

    pack: str | None = "sample"
    splits: list[str] = Field(["train"], min_length=1)
    images: int | None = Field(None, ge=2)


class HealthOptions(_Typed):
    """How often and on how much a run's health is measured.

    Attributes:
        every_epochs: distance of two measurements, epochs; the end of the run is always measured.
        images: faces whose features are measured.
        knn_images: labeled training faces of the online kNN (0 switches it off); a quarter as many
            faces of the validation split are asked, or of a tenth of the training faces.
    """

    every_epochs: int = Field(5, ge=1)
    images: int = Field(512, ge=8)
    knn_images: int = Field(4000, ge=0)


class StageOptions(_Typed):
    """One training: an encoder, a method and how long. Each section of a recipe has one.

    Attributes:
        method: one of `methods.registry.METHODS`, or "fit" for an encoder that learns without
            gradients (`patches`), or "keep" for the weights of `start` as they are.
        start: weights that training starts from: a name of `asdcfer models`, or a file of an
            encoder, whose spec takes the place of `encoder`; null starts from random weights.
        encoder: what is trained.
        options: the options of the method.
        views: augmentation of the batches.
        optimizer: optimizer and schedule.
        epochs: passes over the data; "auto" makes as many as end in the recipe's budget.
        batch_size: images of one batch of one process.
        accumulate: batches that make up one step.
        drop_last: leave out the images that do not fill a step at the end of an epoch.
        precision: "auto", "bf16" or "32".
        resolution: pairs [from which share of the run, side in pixels]; empty for views.size
            throughout.
        weight_average: EMA of the exported weights per step, in 0..1; 0 exports the weights
            themselves.
        sync_batch_norm: share batch statistics between processes.
        log_every: distance of two rows of metrics.csv, steps.
        checkpoint_every: distance of two checkpoints, steps; the end of an epoch (see next) saves
            one in any case.
        checkpoint_epochs: distance of two checkpoints at the end of epochs, epochs.
        half: write the exported weights as float16.
        health: how health is measured.
    """

    method: str = "moco"
    start: str | None = None
    encoder: EncoderSpec = EncoderSpec(name="resnet18", arguments={"width": 32})
    options: dict[str, Any] = {}
    views: ViewOptions = ViewOptions()
    optimizer: OptimizerOptions = OptimizerOptions()
    epochs: Annotated[int, Field(ge=1)] | Literal["auto"] = 20
    batch_size: int = Field(128, ge=2)
    accumulate: int = Field(1, ge=1)
    drop_last: bool = True
    precision: Precision = "auto"
    resolution: Resolution = []
    weight_average: float = Field(0.0, ge=0, lt=1)
    sync_batch_norm: bool = False
    log_every: int = Field(10, ge=1)
    checkpoint_every: int = Field(500, ge=1)
    checkpoint_epochs: int = Field(1, ge=1)
    half: bool = False
    health: HealthOptions = HealthOptions()


def _known_probe(kind: str) -> str:
    if kind not in PROBES:
        raise ValueError(f"there is no probe {kind!r}{did_you_mean(kind, PROBES)}")
    return kind


class ProbeOptions(_Typed):
    """What is measured at the end of a run, on frozen encoders.

    Attributes:
        encoders: any of "random" (the student's encoder, untrained), "teacher", "student" and
            "baseline"; those that the recipe does not train are left out.
        kinds: names of `evaluation.probes.registry.PROBES`.
        poolings: measured beside the encoder's own.
        tta: "none", "features" or "logits": how mirror images are used.
        shares: parts of the labels for "few_labels", in 0..1.
        labels_per_class: numbers of labels of each expression for "few_labels".
        draws: random draws of each part.
        without_twins: report every number again without test images that have a twin in training.
    """

    encoders: list[Literal["random", "teacher", "student", "baseline"]] = [
        "random",
        "teacher",
        "student",
        "baseline",
    ]
    kinds: list[Annotated[str, AfterValidator(_known_probe)]] = list(DEFAULT_KINDS)
    poolings: list[PoolingChoice] = [PoolingChoice(pooling="global")]
    tta: Literal["none", "features", "logits"] = "none"
    shares: list[Annotated[float, Field(gt=0, le=1)]] = [0.01, 0.05, 0.1, 0.25]
    labels_per_class: list[Annotated[int, Field(ge=1)]] = []
    draws: int = Field(1, ge=1)
    without_twins: bool = False


class Recipe(_Typed):
    """The settings of a whole run: data, teacher, student, probes, seed.

    Attributes:
        name: what the run is called.
        about: one line for the list of recipes.
        seed: of everything random.
        budget: time for training, as "150m" or "2h30m": the epochs of all stages become what ends
            in it, see `training.pretrain.budget`; null trains the epochs as written.
        teacher: how the teacher is trained; null where the student needs none.
        student: how the student is trained; null to stop after the teacher.
        baseline: what the student is compared with, trained after it on the same faces, as by
            contrast alone for the same time; null for no comparison.
    """

    name: Annotated[str, AfterValidator(_folder_name)]
    about: str = ""
    seed: int = Field(0, ge=0)
    budget: Duration | None = None
    data: DataOptions = DataOptions()
    teacher: StageOptions | None = StageOptions(method="moco")
    student: StageOptions | None = StageOptions(method="asdc")
    baseline: StageOptions | None = None
    probes: ProbeOptions = ProbeOptions()

    def as_lines(self, sections: Sequence[str] = tuple(SECTIONS)) -> str:
        """Return the effective values for the screen: one line for each key of a section.

        Args:
            sections: those that train; what only concerns others is left out.
        """
        tree = self.model_dump(mode="json")
        left_out = {name for name in SECTIONS if name not in sections or tree[name] is None}
        if len(sections) == 1:
            left_out.add("probes")
        lines = []
        for section, value in tree.items():
            if section in left_out:
                continue
            for key, each in value.items() if isinstance(value, dict) else [("", value)]:
                text = yaml.safe_dump(
                    each, default_flow_style=True, width=10**6, sort_keys=False
                ).splitlines()[0]
                lines.append(f"{section}{'.' if key else ''}{key} = {text}")
        return "\n".join(lines)

    def as_yaml(self) -> str:
        """Return the effective values as YAML, defaults included."""
        return yaml.safe_dump(
            self.model_dump(mode="json"),
            sort_keys=False,
            allow_unicode=True,
            default_flow_style=None,
            width=120,
        )

    def save(self, path: Path) -> None:
        """Write the effective values, whole or not at all."""
        with atomic_write(path) as temporary:
            temporary.write_text(self.as_yaml(), encoding="utf-8")
