"""Typed groups of settings that the functions of `asdcfer.api` take."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from asdcfer.engines.engine import Engine


@dataclass(frozen=True)
class PrepareSettings:
    """How a data set becomes a pack.

    Attributes:
        kind: what the source is, a name of `data.datasets.registry.SOURCES`, or "auto".
        size: side of the images, 8 to 1024 pixels.
        color: keep color; otherwise everything becomes gray.
        detect: find and align the faces first, for raw photos and videos.
        detector_model: another YuNet file for `detect`.
        score_threshold: `detect`: weakest detection to keep, 0..1; None is 0.8.
        min_face: `detect`: smaller faces are left out, pixels; None is 24.
        max_yaw: `detect`: faces turned further to a side are left out, degrees; None is 45 where
            there are videos, and any otherwise.
        min_sharpness: `detect`: faces with less sharpness are left out; None is 0.2 where there are
            videos, and any otherwise.
        fps: videos: frames a second that are looked at; None is 2.
        min_change: videos: faces of a track that differ less from the last one kept are left out,
            0..2; None is 0.05, 0 keeps all.
        split_by: videos: what is never divided between splits: "people", "video", "folder", or
            "none" for one split; None is "people".
        expressions: 7, or 8 with contempt, where the source has both.
        targets: of FER+.
        votes: file of FER+ votes, unless it lies beside the source.
        own_classes: classes keep their names as labels.
        labels_order: what numbered labels mean: "fer", "affectnet", "alphabetical", "ferplus",
            "rafdb", "ckplus", or the names divided by commas.
        columns: of a list of images: "path", "label", "split", ... -> the name of its column.
        max_pixels: larger images are skipped, unread.
        shard: make a pack of shards of so many faces, for sets of millions; None makes one.
        engine: where image files are decoded: in this process, or by workers; see `Engine`.
    """

    kind: str = "auto"
    size: int = 48
    color: bool = False
    detect: bool = False
    detector_model: str | os.PathLike[str] | None = None
    score_threshold: float | None = None
    min_face: float | None = None
    max_yaw: float | None = None
    min_sharpness: float | None = None
    fps: float | None = None
    min_change: float | None = None
    split_by: str | None = None
    expressions: int | None = None
    targets: str = "majority"
    votes: str | os.PathLike[str] | None = None
    own_classes: bool = False
    labels_order: str | None = None
    columns: Mapping[str, str] | None = None
    max_pixels: int = 50_000_000
    shard: int | None = None
    engine: Engine = field(default_factory=Engine)


@dataclass(frozen=True)
class ProbeSettings:
    """How a frozen encoder is measured.

    Attributes:
        kinds: names of `evaluation.probes.registry.PROBES`.
        pooling: a name of `models.pooling.POOLINGS` or "flattened"; None is the encoder's own.
        pooling_arguments: of that pooling.
        tta: how mirror images are used.
        scaling: of features before the linear probe; "both" is chosen on the validation split.
        shares: parts of the labels for "few_labels", 0..1.
        labels_per_class: numbers of labels of each expression for "few_labels".
        draws: random draws of each part.
        prior: "estimated" lets linear probes answer for the mix of expressions among the training
            faces whose labels they do not know, in place of the mix of the labels.
        votes: file of FER+ votes, to report FER+ as well, unless it lies beside the data.
        without_twins: report every number again without images that have a twin in training.
        seed: of bootstrap intervals.
    """

    kinds: Sequence[str] = ("knn", "linear")
    pooling: str | None = None
    pooling_arguments: Mapping[str, Any] | None = None
    tta: Literal["none", "features", "logits"] = "none"
    scaling: Literal["each", "whole", "both"] = "each"
    shares: Sequence[float] = (0.01, 0.05, 0.1, 0.25)
    labels_per_class: Sequence[int] = ()
    draws: int = 1
    prior: Literal["labeled", "estimated"] = "labeled"
    votes: str | os.PathLike[str] | None = None
    without_twins: bool = False
    seed: int = 0


@dataclass(frozen=True)
class EmbedSettings:
    """How features of faces are made.

    Attributes:
        model: an `Encoder`, its file, the folder of a run, or a name of `asdcfer models` or of a
            hub.
        detect: find and align the faces in raw photos first.
        detector_model: another YuNet file for `detect`.
        splits: of a pack, these only; none means all.
        batch_size: faces computed at once; it changes speed and memory only.
        device: "auto", "cpu" or "cuda".
        max_pixels: larger pictures are skipped, unread.
        resume: go on with an interrupted run of the same file.
        force: replace features that are there.
        shard: write a folder of Parquet files of so many faces each; None writes one file.
        engine: where they are made: in this process, or by workers; see `Engine`.
    """

    model: Any = "light_encoder"
    detect: bool = False
    detector_model: str | os.PathLike[str] | None = None
    splits: Sequence[str] = ()
    batch_size: int = 256
    device: str = "auto"
    max_pixels: int = 50_000_000
    resume: bool = False
    force: bool = False
    shard: int | None = None
    engine: Engine = field(default_factory=Engine)


@dataclass(frozen=True)
class PickSettings:
    """How the faces to label first are selected.

    Attributes:
        count: how many.
        method: a name of `selection.select_faces.SELECTIONS`; "auto" is "stratified".
        model: with a classifier, as of `predict`; its answers are suggestions for those who label.
            None suggests nothing, and "stratified" then goes by the shipped "default".
        encoder: compares the faces; None is that of the model, else "light_encoder".
        splits: of the pack, these only; none means all.
        among: "unlabeled" faces, or "all".
        after: folders that `pick` made of this pack before; their faces are not picked again.
        seed: of whatever is drawn.
        device: "auto", "cpu" or "cuda".
        force: replace a folder that `pick` made before.
    """

    count: int = 50
    method: str = "auto"
    model: Any = None
    encoder: Any = None
    splits: Sequence[str] = ()
    among: str = "unlabeled"
    after: Sequence[str | os.PathLike[str]] = ()
    seed: int = 0
    device: str = "auto"
    force: bool = False


@dataclass(frozen=True)
class AdaptSettings:
    """How a model is adapted to faces of one's own.

    Attributes:
        model: what is adapted: a name of `asdcfer models`, a file, the folder of a run, an
            `ExpressionModel`, or an `Encoder`.
        budget: time for all stages together, as "30m" or "2h"; less is taken where no more helps.
        epochs: passes over the unlabeled faces, of the encoder's training and of each
            semi-supervised fine-tuning; None makes as many as end in the budget, 0 trains no
            encoder.
        images: unlabeled faces to learn from, evenly spaced; None is as many as the budget allows.
        splits: of the pack, whose faces are learnt from; none means all but test and validation.
        folds: of the cross-validation that chooses the model.
        finetune: also try fine-tuned models, with and without unlabeled faces.
        seed: of everything random.
        device: "auto", "cpu" or "cuda".
    """

    model: Any = "default"
    budget: str = "30m"
    epochs: int | None = None
    images: int | None = None
    splits: Sequence[str] = ()
    folds: int = 5
    finetune: bool = True
    seed: int = 0
    device: str = "auto"


@dataclass(frozen=True)
class EvaluateSettings:
    """How a model with a classifier is measured.

    Attributes:
        split: measure this split only; None is private or test, and the union.
        tta: average face and mirror image; None is as the card says.
        votes: file of FER+ votes, to report FER+ as well, unless it lies beside the data.
        without_twins: report every number again without images that have a twin in training.
        axes: also measure along these, names of `evaluation.axes.AXES`.
        axis_images: so many images for each axis, evenly spaced; None is all.
        seed: of bootstrap intervals and random corruption.
        device: "auto" is the CPU, where the card's numbers were made; a GPU rounds in another way.
    """

    split: str | None = None
    tta: bool | None = None
    votes: str | os.PathLike[str] | None = None
    without_twins: bool = False
    axes: Sequence[str] = ()
    axis_images: int | None = None
    seed: int = 0
    device: str = "auto"


@dataclass(frozen=True)
class ExportSettings:
    """How an exported model is checked.

    Attributes:
        int8: also write an int8 variant and measure what it costs.
        split: of the pack, to check and measure on.
        calibrate_on: split whose faces set the ranges of int8.
        force: replace files that are there.
    """

    int8: bool = False
    split: str = "public"
    calibrate_on: str = "train"
    force: bool = False
