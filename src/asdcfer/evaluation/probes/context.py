"""What every probe needs: an encoder, a labeled pack, and how the one is measured on the other."""

import os
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, InstanceOf, SkipValidation, model_validator

from asdcfer.data.pack import Pack
from asdcfer.data.splits import Task, task_of
from asdcfer.evaluation.probes.features import extract, repooled
from asdcfer.evaluation.result import Feature
from asdcfer.models.encoder import Encoder
from asdcfer.models.feature_extraction import BATCH_SIZE
from asdcfer.models.weights import weights_hash
from asdcfer.progress import SILENT, Progress, counter

ProbeTta = Literal["none", "features", "logits"]


class PoolingChoice(BaseModel):
    """A pooling by name; a bare name in a recipe means one without arguments.

    Attributes:
        pooling: a name of `models.pooling.POOLINGS`, or "flattened".
        arguments: of that pooling.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    pooling: str
    arguments: dict[str, Any] = {}

    @model_validator(mode="before")
    @classmethod
    def _bare_name(cls, value: Any) -> Any:
        return {"pooling": value} if isinstance(value, str) else value


class ProbeContext(BaseModel):
    """An encoder, a pack, and how probes measure the one on the other.

    Attributes:
        encoder: frozen.
        pack: labeled.
        task: rows and labels; None reads them from the pack's splits.
        pooling: another pooling than the encoder's own.
        tta: "features" averages the features of image and mirror image; "logits" trains on both and
            averages logits. A probe whose `reads_tta` is False ignores it.
        twins: rows with a near duplicate in training; every list is reported again without them.
        recipe: written into the results.
        seed: of the bootstrap.
        cache: folder of cached features, "default" for the user's, None to keep nothing.
        batch_size: images computed at once; it changes speed and memory only.
        progress: told of the images that were looked at.
        stage: what `progress` calls the work.

    Example:
        >>> from asdcfer.data.sample import sample_pack
        >>> from asdcfer.models.encoder import EncoderSpec
        >>> from asdcfer.models.registry import build_encoder
        >>> encoder = build_encoder(EncoderSpec(name="mobile", arguments={"width": 0.25}))
        >>> pack = sample_pack()
        >>> context = ProbeContext(encoder=encoder, pack=pack, pooling="global", cache=None)
        >>> context.features(np.arange(2)).shape == (2, context.feature.dim)
        True
    """

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    encoder: InstanceOf[Encoder]
    pack: InstanceOf[Pack]
    task: InstanceOf[Task] | None = None
    pooling: PoolingChoice | None = None
    tta: ProbeTta = "none"
    twins: InstanceOf[np.ndarray] | None = None
    recipe: str | None = None
    seed: int = 0
    cache: str | os.PathLike[str] | None = "default"
    batch_size: int = Field(BATCH_SIZE, ge=1)
    progress: SkipValidation[Progress] = SILENT
    stage: str = "features"

    @cached_property
    def roles(self) -> Task:
        """The task: rows that train, validate and are reported on, and their labels.

        Raises:
            DataError: the pack is unlabeled, or lacks a split.
        """
        return self.task or task_of(self.pack)

    @cached_property
    def pooled_encoder(self) -> Encoder:
        """The encoder with the pooling that was chosen."""
        if self.pooling is None:
            return repooled(self.encoder, None, None)
        return repooled(self.encoder, self.pooling.pooling, self.pooling.arguments)

    @cached_property
    def feature(self) -> Feature:
        """What a result says about the feature."""
        encoder = self.pooled_encoder
        return Feature(
            pooling=self.pooling.pooling if self.pooling else encoder.spec.pooling,
            arguments=dict(encoder.spec.pooling_arguments),
            dim=encoder.feature_dim,
        )

    @cached_property
    def weights_hash(self) -> str:
        """Hash of the encoder with its pooling."""
        return weights_hash(self.pooled_encoder)

    def features(self, rows: np.ndarray, *, hflip: bool = False) -> np.ndarray:
        """Return the features of rows of the pack, float32 (len(rows), dim), cached.

        Args:
            rows: int (N,), indices into the pack.
            hflip: features of the mirrored faces.
        """
        return extract(
            self.pooled_encoder,
            self.pack,
            rows,
            hflip=hflip,
            batch_size=self.batch_size,
            cache=self.cache,
            progress=counter(self.progress, self.stage),
        )

    def updated(self, **changes: Any) -> "ProbeContext":
        """Return the context with some fields changed."""
        return ProbeContext(**{**self._given(), **changes})

    def note(self, text: str) -> None:
        """Tell `progress` something about this moment."""
        self.progress(self.stage, 0, 0, text)

    def _given(self) -> Mapping[str, Any]:
        return {name: getattr(self, name) for name in type(self).model_fields}
