"""Comparable pooling: the grid by which encoders of any shape are probed alike."""

from asdcfer.evaluation.probes.context import PoolingChoice
from asdcfer.evaluation.probes.evaluate_splits import HEADLINE_DIMS
from asdcfer.evaluation.probes.features import map_shapes
from asdcfer.models.encoder import Encoder
from asdcfer.models.pooling import GridPooling

CELLS = ((4, 3), (3, 2), (2, 1), (1, 1))
"""Cells along a side of the last map but one and of the last one, finest first."""

FLATTENED_DIMS = 16384
"""Width of an un-pooled map up to which it is probed."""


def grid_pooling(encoder: Encoder) -> PoolingChoice | None:
    """Return the finest grid over the last two maps whose feature has at most 8,192 dimensions.

    Args:
        encoder: with one map or more.

    Returns:
        None for an encoder whose feature is not made of its maps, or whose last map is one position
        (a Fisher vector, say): its own feature stands for it.

    Example:
        >>> from asdcfer.models.encoder import EncoderSpec
        >>> from asdcfer.models.registry import build_encoder
        >>> grid_pooling(build_encoder(EncoderSpec(name="resnet18"))).arguments
        {'maps': [2, 3], 'cells': [3, 2]}
    """
    if type(encoder).forward is not Encoder.forward or map_shapes(encoder)[-1][1:] == (1, 1):
        return None
    channels = encoder.map_channels
    maps = list(range(len(channels)))[-2:]
    choices = [list(cells)[-len(maps) :] for cells in CELLS]
    cells = next(
        (
            cells
            for cells in choices
            if GridPooling(channels, maps=maps, cells=cells).feature_dim <= HEADLINE_DIMS
        ),
        choices[-1],
    )
    return PoolingChoice(pooling="grid", arguments={"maps": maps, "cells": cells})


def has_small_map(encoder: Encoder) -> bool:
    """Return whether the un-pooled last map is square, and narrow enough to be probed.

    Example:
        >>> from asdcfer.models.encoder import EncoderSpec
        >>> from asdcfer.models.registry import build_encoder
        >>> has_small_map(build_encoder(EncoderSpec(name="mobile")))
        True
    """
    if type(encoder).forward is not Encoder.forward:
        return False
    channels, height, width = map_shapes(encoder)[-1]
    return 1 < height == width and channels * height * width <= FLATTENED_DIMS
