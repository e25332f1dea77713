"""Encoders of timm, by `timm/NAME`, where timm is installed; this package does without it."""

import importlib
from typing import Any, ClassVar

from torch import Tensor

from asdcfer.errors import MissingPackageError, RecipeError
from asdcfer.models.encoder import Encoder, EncoderSpec
from asdcfer.models.preprocessing import Preprocessing

PREFIX = "timm/"


class TimmEncoder(Encoder):
    """An architecture of timm that gives feature maps.

    Subclasses name the architecture, see `timm_class`.

    Args:
        channels: 1 for gray, 3 for RGB.
        **arguments: of `timm.create_model`, as `img_size` for transformers.

    Raises:
        MissingPackageError: timm is not installed.
        RecipeError: timm knows no such architecture, or it gives no maps.
    """

    architecture: ClassVar[str] = ""

    def __init__(self, channels: int = 1, **arguments: Any) -> None:
        super().__init__()
        self.network = _created(self.architecture, in_chans=channels, **arguments)
        self.map_channels = list(self.network.feature_info.channels())

    def forward_maps(self, x: Tensor) -> list[Tensor]:
        """Return the maps of its stages, shallow to deep: (B,C_i,H_i,W_i) each."""
        maps = zip(self.network(x), self.map_channels, strict=True)
        # Some of timm's transformers keep channels last.
        return [
            found if found.shape[1] == channels else found.permute(0, 3, 1, 2)
            for found, channels in maps
        ]


def timm_class(name: str) -> type[TimmEncoder]:
    """Return the encoder class of an architecture.

    Args:
        name: "timm/NAME", NAME as timm writes it.

    Example:
        >>> timm_class("timm/resnet18").architecture
        'resnet18'
    """
    architecture = name.removeprefix(PREFIX)
    return type("TimmEncoder", (TimmEncoder,), {"architecture": architecture})


def pretrained_encoder(name: str) -> Encoder:
    """Return an architecture with the weights that timm has for it, which timm may download.

    Its preprocessing is that of the weights: RGB of their side, the mean over channels of their
    mean and deviation.

    Args:
        name: "timm/NAME", with or without a tag of the weights: "timm/resnet18.a1_in1k".

    Raises:
        MissingPackageError: timm is not installed.
        RecipeError: timm knows no such architecture, or cannot get its weights.
    """
    architecture = name.removeprefix(PREFIX)
    found = timm_class(name)
    # The class's own constructor would make random weights, and loading them again would download.
    encoder = found.__new__(found)
    Encoder.__init__(encoder)
    encoder.network = _created(architecture, in_chans=3, pretrained=True)
    encoder.map_channels = list(encoder.network.feature_info.channels())
    wanted = dict(getattr(encoder.network, "pretrained_cfg", None) or {})
    side = int(wanted.get("input_size", (3, 224, 224))[-1])
    mean, std = (
        sum(wanted.get(key, usual)) / 3
        for key, usual in (("mean", (0.485, 0.456, 0.406)), ("std", (0.229, 0.224, 0.225)))
    )
    preprocessing = Preprocessing(size=side, channels=3, normalize="dataset", mean=mean, std=std)
    return encoder.follow(EncoderSpec(name=name, preprocessing=preprocessing)).eval()


def _created(architecture: str, **arguments: Any) -> Any:
    try:
        timm = importlib.import_module("timm")
    except Exception as error:
        if isinstance(error, ModuleNotFoundError) and error.name == "timm":
            told = f"{PREFIX}{architecture} needs timm, which is not installed: pip install timm"
            raise MissingPackageError(told) from error
        # As where its torchvision was built for another torch.
        raise RecipeError(f"timm cannot be imported: {_line(error)}") from error
    try:
        return timm.create_model(architecture, features_only=True, **arguments)
    except Exception as error:
        # timm raises whatever comes up for a name or an argument that it does not know.
        raise RecipeError(f"timm cannot make {architecture}: {_line(error)}") from error


def _line(error: Exception) -> str:
    return [*str(error).splitlines(), type(error).__name__][0]
