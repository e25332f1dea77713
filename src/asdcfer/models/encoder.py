"""The encoder contract: image -> feature maps -> feature.

Any module that follows it can be a teacher or a student, from Python.

To bring a network of your own, either wrap it,

    encoder = wrap(
        your_module,
        map_channels=[128, 256],
        preprocessing=Preprocessing(size=48),
        pooling="stages",
    )

where `your_module(x)` returns one map (B,C,H,W), a list or tuple of maps, or a mapping whose values
are maps, shallow to deep; or write a subclass of `Encoder` that sets `map_channels` and defines
`forward_maps`, and give it `spec` and `pooling`:

    class Mine(Encoder):
        def __init__(self):
            super().__init__()
            self.map_channels = [32]
            self.convolution = nn.Conv2d(1, 32, 3, 2, 1)
            self.follow(EncoderSpec(name=CUSTOM))

        def forward_maps(self, x):
            return [self.convolution(x)]

Both are trained, distilled, probed and saved as the encoders of this package are, but from Python
only: recipes and the command line know encoders by name, and neither they nor a file of weights can
say how to build a network that this package does not know. So its weights are loaded with
`load_encoder(path, into=encoder)`, and the encoder itself is given to `build_method`, whose method
`training.pretrain.train.train` trains:

    >>> from asdcfer.models.registry import build_encoder
    >>> from asdcfer.methods.registry import build_method
    >>> module = nn.Sequential(nn.Conv2d(1, 8, 3, 4, 1), nn.ReLU(), nn.Conv2d(8, 16, 3, 2, 1))
    >>> teacher = wrap(module)
    >>> student = build_encoder(EncoderSpec(name="mobile", arguments={"width": 0.25}))
    >>> options = {"queue_size": 64, "student_maps": [-1], "teacher_maps": [-1]}
    >>> method = build_method("asdc", student, options, teacher)
    >>> method.teacher.encoder is teacher
    True
"""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import torch
from pydantic import BaseModel, ConfigDict
from torch import Tensor, nn

from asdcfer.models.pooling import build_pooling
from asdcfer.models.preprocessing import Preprocessing

CUSTOM = "custom"
"""Name in the spec of an encoder that this package cannot build by itself."""


class EncoderSpec(BaseModel):
    """All that is needed to build an encoder again; stored in its card.

    Attributes:
        name: constructor, one of `models.registry.ENCODERS`.
        arguments: keyword arguments of that constructor.
        pooling: name of the pooling that makes the feature, one of `models.pooling.POOLINGS`.
        pooling_arguments: keyword arguments of that pooling.
        preprocessing: what the encoder wants to be given.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    arguments: dict[str, Any] = {}
    pooling: str = "global"
    pooling_arguments: dict[str, Any] = {}
    preprocessing: Preprocessing = Preprocessing()


class Encoder(nn.Module):
    """Base of the encoders: maps, then a pooling.

    A subclass sets `map_channels` (channels of each map, shallow to deep) and defines
    `forward_maps`. `spec` and `pooling` are set by `models.registry.build_encoder`, or by hand for
    an encoder of your own; `load_report` by `models.weights.load_encoder`.
    """

    map_channels: list[int]
    spec: EncoderSpec
    pooling: nn.Module
    load_report: Any

    @property
    def preprocessing(self) -> Preprocessing:
        """What the encoder wants to be given."""
        return self.spec.preprocessing

    @property
    def feature_dim(self) -> int:
        """Width of the feature that `forward` returns."""
        return cast(int, self.pooling.feature_dim)

    def follow(self, spec: EncoderSpec) -> "Encoder":
        """Take a spec and make the pooling it names; returns itself.

        Args:
            spec: what the encoder is.

        Raises:
            RecipeError: an unknown pooling, or one that does not suit the maps.
        """
        self.spec = spec
        self.pooling = build_pooling(spec.pooling, self.map_channels, spec.pooling_arguments)
        return self

    def forward_maps(self, x: Tensor) -> list[Tensor]:
        """Return feature maps, shallow to deep: (B,C,S,S) -> list of (B,C_i,H_i,W_i).

        Args:
            x: normalized images.
        """
        raise NotImplementedError

    def blocks(self) -> list[list[nn.Parameter]]:
        """Return the parameters by block, in the order of computation.

        Fine-tuning lets a block learn the slower the deeper it lies (layer-wise decay of learning
        rates). Here a block is a direct part of the encoder, or one item of a part that is a list;
        an encoder whose parts are not in the order of computation returns its own.

        Returns:
            Every parameter once; blocks without parameters are left out.

        Example:
            >>> class Two(Encoder):
            ...     def __init__(self):
            ...         super().__init__()
            ...         self.stem = nn.Conv2d(1, 8, 3)
            ...         parts = [nn.Conv2d(8, 8, 3), nn.ReLU(), nn.Conv2d(8, 8, 3)]
            ...         self.stages = nn.ModuleList(parts)
            >>> [sum(p.numel() for p in block) for block in Two().blocks()]
            [80, 584, 584]
        """
        own = [[parameter] for parameter in self.parameters(recurse=False)]
        parts = [
            list(part.parameters())
            for child in self.children()
            for part in (child if isinstance(child, nn.ModuleList) else [child])
        ]
        return [block for block in [*own, *parts] if block]

    def forward(self, x: Tensor) -> Tensor:
        """Return the feature (B, feature_dim) of normalized images (B,C,S,S)."""
        feature: Tensor = self.pooling(self.forward_maps(x))
        return feature


class Wrapped(Encoder):
    """A module of the user's that has become an encoder; made by `wrap`."""

    def __init__(self, module: nn.Module, map_channels: Sequence[int]) -> None:
        super().__init__()
        self.module = module
        self.map_channels = list(map_channels)

    def forward_maps(self, x: Tensor) -> list[Tensor]:
        """Return what the module returns, as a list of maps (B,C_i,H_i,W_i)."""
        return _as_list(self.module(x))


def wrap(
    module: nn.Module,
    map_channels: Sequence[int] | None = None,
    preprocessing: Preprocessing | None = None,
    pooling: str = "global",
    **pooling_arguments: Any,
) -> Encoder:
    """Make an encoder of any module from normalized images to feature maps.

    Args:
        module: takes (B,C,S,S); returns a map, a list or tuple of maps, or a mapping of them,
            shallow to deep.
        map_channels: channels of each map; found with one blank image where not given.
        preprocessing: what the module wants to be given.
        pooling: name of the pooling that makes the feature.
        **pooling_arguments: of that pooling.

    Raises:
        ValueError: the module returns something else, or other channels than it was said to.
        RecipeError: an unknown pooling, or one that does not suit the maps.

    Example:
        >>> module = nn.Sequential(nn.Conv2d(1, 8, 3, 2, 1), nn.ReLU(), nn.Conv2d(8, 16, 3, 2, 1))
        >>> encoder = wrap(module, pooling="grid", cells=2)
        >>> feature = encoder(torch.zeros(3, 1, 48, 48))
        >>> encoder.map_channels, encoder.feature_dim, tuple(feature.shape)
        ([16], 64, (3, 64))
    """
    preprocessing = preprocessing or Preprocessing()
    found = _probe(module, preprocessing)
    if map_channels is not None and list(map_channels) != found:
        raise ValueError(f"the module's maps have {found} channels, not {list(map_channels)}")
    spec = EncoderSpec(
        name=CUSTOM,
        pooling=pooling,
        pooling_arguments=pooling_arguments,
        preprocessing=preprocessing,
    )
    return Wrapped(module, found).follow(spec)


def _probe(module: nn.Module, preprocessing: Preprocessing) -> list[int]:
    """Return the channels of the module's maps, found with a blank image.

    The module's statistics are not touched.
    """
    like = next(module.parameters(), torch.zeros(()))
    blank = torch.zeros(
        1,
        preprocessing.channels,
        preprocessing.size,
        preprocessing.size,
        device=like.device,
        dtype=like.dtype,
    )
    modes = {part: part.training for part in module.modules()}
    module.eval()
    try:
        with torch.no_grad():
            return [m.shape[1] for m in _as_list(module(blank))]
    finally:
        for part, training in modes.items():
            part.training = training


def _as_list(result: Any) -> list[Tensor]:
    maps = (
        list(result.values())
        if isinstance(result, Mapping)
        else list(result)
        if isinstance(result, list | tuple)
        else [result]
    )
    if not maps or any(not isinstance(m, Tensor) or m.ndim != 4 for m in maps):
        raise ValueError(
            "the module must return feature maps of shape (B,C,H,W): one, a list, or a mapping of "
            "them; take its classifier off"
        )
    return maps
