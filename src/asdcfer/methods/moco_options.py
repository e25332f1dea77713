"""Settings of momentum contrast."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from asdcfer.methods.queue import cut_queues


class MocoOptions(BaseModel):
    """Settings of momentum contrast.

    Attributes:
        temperature: of the contrast.
        queue_size: keys of earlier images that serve as negatives; well below the number of
            training images. 0 contrasts inside the batch only.
        momentum_start, momentum_end: of the momentum network, along half a cosine.
        projector_hidden, projector_dim, projector_layers: shape of the projector.
        predictor: put a predictor on the query side (MoCo-v3).
        pairing: "pairs" contrasts every query with each other view's key; "mean" with the mean of
            the other views' keys (FastSiam). The same for two views.
        warp_weight: how many ordinary negatives one local-warp negative counts for; how many warps
            there are is an option of the views.
        nearest_positive: share of the loss whose positive is the key's nearest neighbor in the
            queue (NNCLR); 0 never looks for one.
        false_negative_threshold: negatives whose cosine with the key is above this are left out;
            None keeps all.
        w_dense: weight of the dense contrast of parts; 0 builds no dense head.
        dense_kind, dense_map, dense_side, dense_dim: facial "parts" or "grid" cells, of which map,
            cells along a side, width.
        dense_match: pair cells by likeness ("nearest", which follows flips) or by index ("same").
        dense_other_cells: the other cells of the same face are negatives too.
        dense_queue_size: images whose cells are kept as negatives.
        export: whether the trained network or its momentum average is what gets exported.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    temperature: float = Field(0.2, gt=0)
    queue_size: int = Field(4096, ge=0)
    momentum_start: float = Field(0.99, ge=0, le=1)
    momentum_end: float = Field(0.999, ge=0, le=1)
    projector_hidden: int = Field(2048, ge=1)
    projector_dim: int = Field(128, ge=1)
    projector_layers: int = Field(2, ge=1)
    predictor: bool = False
    pairing: Literal["pairs", "mean"] = "pairs"
    warp_weight: float = Field(1.0, ge=0)
    nearest_positive: float = Field(0.0, ge=0, le=1)
    false_negative_threshold: float | None = None
    w_dense: float = Field(0.0, ge=0)
    dense_kind: Literal["parts", "grid"] = "parts"
    dense_map: int = -2
    dense_side: int = Field(3, ge=1)
    dense_dim: int = Field(64, ge=1)
    dense_match: Literal["nearest", "same"] = "nearest"
    dense_other_cells: bool = False
    dense_queue_size: int = Field(1024, ge=0)
    export: Literal["query", "momentum"] = "query"

    @model_validator(mode="after")
    def _neighbors_in_a_queue(self) -> Self:
        if self.nearest_positive > 0 and not self.queue_size:
            raise ValueError(
                "nearest_positive looks among the keys of the queue, and queue_size=0 has none; "
                "set one of them"
            )
        return self

    def fitted_to(self, num_images: int) -> Self:
        """Return the options with each queue cut to half the images.

        Args:
            num_images: how many images are trained on.

        Example:
            >>> MocoOptions(queue_size=4096).fitted_to(1000).queue_size
            500
        """
        dense = ["dense_queue_size"] if self.w_dense > 0 else []
        return cut_queues(self, num_images, "queue_size", *dense)
