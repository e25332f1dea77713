"""Feature distillation: predict a frozen teacher's feature of a face from any view of it."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar, Literal, cast

import torch
import torch.nn.functional as F
from pydantic import BaseModel, ConfigDict, Field
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from asdcfer.augmentation.views import Views
from asdcfer.errors import TrainingError
from asdcfer.files import atomic_write
from asdcfer.losses.feature_regression import feature_regression
from asdcfer.methods.explained_variance import BATCH as HELD_OUT_BATCH
from asdcfer.methods.explained_variance import held_out_explained
from asdcfer.methods.head_fitting import fit_linear, untouched_faces
from asdcfer.methods.method import Method, StepResult
from asdcfer.methods.teacher import Teacher
from asdcfer.models.encoder import Encoder
from asdcfer.models.feature_extraction import eval_mode
from asdcfer.models.heads import Projector

BATCH = 250


class FeatureDistillationOptions(BaseModel):
    """Settings of feature distillation.

    Attributes:
        form: "squared" error per dimension, or "cosine" of the whole vectors.
        standardize: "each" makes all dimensions of the teacher's feature equally wide; "none" only
            centers it and brings its mean square to 1, so that wide directions weigh more.
        hidden: width of a hidden layer between the student's feature and the prediction; 0 predicts
            linearly, so that what the teacher knows must be linearly readable in the feature.
        target: the teacher's "feature", or the "query" vectors that its projector makes of it.
        teacher_mirror: the target is the mean over a face and its mirror image.
        heads_start: "fitted" solves for a linear head before the first step, by what student and
            teacher say of untouched faces: for a student that already knows something.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    form: Literal["squared", "cosine"] = "squared"
    standardize: Literal["each", "none"] = "none"
    hidden: int = Field(0, ge=0)
    target: Literal["feature", "query"] = "feature"
    teacher_mirror: bool = False
    heads_start: Literal["random", "fitted"] = "random"


class FeatureDistillation(Method):
    """The student predicts the teacher's feature of the untouched face from each augmented view.

        L = mean_views || head(f_s(view)) - f_t(face) ||^2

    The teacher sees every face once, before the first step: a teacher that is slow (`fisher`,
    `patches`) costs nothing while training, and the student learns to look through crop, turn,
    light and occlusion. The head stays with it as its projector.

    Args:
        encoder: the student.
        teacher: any frozen encoder.
        options: see `FeatureDistillationOptions`.

    Source: FitNets (Romero et al., ICLR 2015) with clean targets as in noisy student training (Xie
        et al., CVPR 2020). NOTE: our reading: the step that turns a label-free teacher without
        gradients into a deep one, before the paper's distillation.

    Example:
        >>> from asdcfer.models.encoder import EncoderSpec
        >>> from asdcfer.models.registry import build_encoder
        >>> spec = EncoderSpec(name="mobile", arguments={"width": 0.25})
        >>> student, teacher = build_encoder(spec), build_encoder(spec)
        >>> method = FeatureDistillation(student, teacher, FeatureDistillationOptions())
        >>> faces = torch.randint(0, 256, (6, 48, 48), dtype=torch.uint8)
        >>> method.prepare(faces)
        >>> views = Views([torch.randn(4, 1, 48, 48)], index=torch.tensor([0, 5, 2, 1]))
        >>> sorted(method.training_step(views).parts)
        ['explained', 'feature_distillation']
    """

    Options: ClassVar[type[BaseModel]] = FeatureDistillationOptions
    needs_teacher: ClassVar[bool] = True
    targets: Tensor

    def __init__(
        self, encoder: Encoder, teacher: Teacher | Encoder, options: FeatureDistillationOptions
    ) -> None:
        super().__init__()
        self.options = options
        self.teacher = teacher if isinstance(teacher, Teacher) else Teacher(teacher)
        self.student = encoder
        self.teacher.mirror_mean = self.teacher.mirror_mean or options.teacher_mirror
        if options.heads_start == "fitted" and options.hidden:
            raise TrainingError("heads_start=fitted solves for a linear head; set hidden=0")
        dim, target = encoder.feature_dim, self.teacher.encoder.feature_dim
        if options.target == "query":
            target = self.teacher.query_dim()
        self.head = Projector(dim, options.hidden or 1, target, layers=2 if options.hidden else 1)
        # Made again from the teacher and the faces whenever training starts, so a checkpoint need
        # not hold it.
        self.register_buffer("targets", torch.zeros(0, target), persistent=False)

    @property
    def encoder(self) -> Encoder:
        """The student that gets exported."""
        return self.student

    @property
    def projector(self) -> Projector:
        """The head; its output is the query vector of the student, should it become a teacher."""
        return self.head

    @torch.no_grad()
    def prepare(
        self,
        images: Tensor,
        report: Callable[[int, int], None] | None = None,
        store: Path | None = None,
    ) -> None:
        """Ask the teacher about every face, once.

        Args:
            images: uint8 (N,H,W) or (N,H,W,3), the training faces, in the order that `Views.index`
                counts.
            report: called with (done, all).
            store: file that keeps the answers for the next run with the same teacher and faces;
                None keeps nothing.
        """
        targets = (
            self._asked(images, report)
            if store is None
            else self._asked_once(images, report, store)
        )
        targets = targets.to(self.targets.device)
        self._center = targets.mean(0)
        targets = targets - self._center
        scale = (
            targets.square().mean(0).sqrt()
            if self.options.standardize == "each"
            else targets.square().mean().sqrt()
        )
        self._scale = scale.clamp_min(1e-6)
        self.targets = targets / self._scale

    @torch.no_grad()
    def fit_heads(self, images: Tensor) -> None:
        """Fit the linear head, where it is to start so; see `Method.fit_heads`."""
        if self.options.heads_start != "fitted":
            return
        known = untouched_faces(self.student, lambda rows, _: self.targets[rows], images)
        with eval_mode(self.student):
            pairs = [(self.student(x), target) for x, target in known]
        fit_linear(cast(nn.Linear, self.head.network[0]), pairs)

    def held_out_explained(self, images: Tensor) -> float | None:
        """Return the explained variance of the teacher's answers; None before `prepare`."""
        if not len(self.targets):
            return None
        target = (self._asked(images, None) - self._center) / self._scale
        rows = iter(torch.split(target, HELD_OUT_BATCH))
        return held_out_explained(
            self, self.student, images, lambda x: (self.head(self.student(x)), next(rows))
        )

    def _asked_once(
        self, images: Tensor, report: Callable[[int, int], None] | None, store: Path
    ) -> Tensor:
        """Return what `_asked` does, from a file where this teacher was asked before."""
        asked = f"{self.teacher.fingerprint()} {self.teacher.mirror_mean} {self.options.target}"
        digest = hashlib.sha256(asked.encode())
        # By slices: of a sharded pack not all faces are in memory.
        for start in range(0, len(images), BATCH):
            digest.update(images[start : start + BATCH].cpu().contiguous().numpy().tobytes())
        key = digest.hexdigest()
        targets = _stored(store, key)
        if targets is None:
            targets = self._asked(images, report)
            known = {"key": key, "sha256": _hash(targets)}
            with atomic_write(store) as temporary:
                save_file({"features": targets.cpu()}, temporary, metadata=known)
        return targets

    def _asked(self, images: Tensor, report: Callable[[int, int], None] | None) -> Tensor:
        """Return the teacher's feature of every face, float32 (N,D_t)."""
        device = self.targets.device
        found = []
        for start in range(0, len(images), BATCH):
            faces = self.teacher.encoder.preprocessing.batch(images[start : start + BATCH]).to(
                device
            )
            taught = self.teacher(faces, with_maps=False)
            found.append(taught.feature if self.options.target == "feature" else taught.query)
            if report is not None:
                report(min(start + BATCH, len(images)), len(images))
        return torch.cat(found)

    def training_step(self, views: Views) -> StepResult:
        """Return the loss of one batch of views."""
        if not len(self.targets) or views.index is None:
            raise TrainingError(
                "feature distillation needs the teacher's view of every face first: call "
                "prepare(images), "
                "and make views with their index"
            )
        shown = [views.rows_of(number) for number in range(len(views.crops))]
        targets = [self.targets[rows.to(self.targets.device)] for rows in shown if rows is not None]
        predicted = [self.head(self.student(crop)) for crop in views.crops]
        loss = torch.stack(
            [
                feature_regression(one, target, self.options.form)
                for one, target in zip(predicted, targets, strict=True)
            ]
        ).mean()
        with torch.no_grad():
            first = targets[0]
            explained = 1 - F.mse_loss(predicted[0].float(), first) / first.square().mean()
        return StepResult(loss, {"feature_distillation": loss.detach(), "explained": explained})

    def check(self) -> None:
        """Raise `TrainingError` where the frozen teacher has changed."""
        self.teacher.check()


def _stored(store: Path, key: str) -> Tensor | None:
    """Return the features that are kept under this key, or None."""
    try:
        with safe_open(store, "pt") as file:
            known = file.metadata() or {}
            if known.get("key") != key:
                return None
            features: Tensor = file.get_tensor("features")
    except (OSError, SafetensorError):
        return None
    # What was damaged is asked for again.
    return features if known.get("sha256") == _hash(features) else None


def _hash(features: Tensor) -> str:
    return hashlib.sha256(features.cpu().contiguous().numpy().tobytes()).hexdigest()
