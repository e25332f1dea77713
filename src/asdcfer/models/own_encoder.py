"""Encoders that are not of this package, made known by name: an import path, or timm's."""

from asdcfer.import_path import is_import_path, load_class
from asdcfer.models.encoder import Encoder
from asdcfer.models.registry import ENCODERS
from asdcfer.models.timm_encoder import PREFIX, timm_class


def register_encoder(name: str) -> str:
    """Make an encoder known to recipes and weights of this process, and return its name.

    A name of this package is returned as it is. Cards never cause an import: weights of an encoder
    of your own are loaded after its name was registered.

    Args:
        name: of `models.registry.ENCODERS`; "timm/NAME"; or "mymodule:MyEncoder", a subclass of
            `Encoder` that is constructed with `channels` and arguments of its own.

    Raises:
        RecipeError: there is no such module or class.

    Example:
        >>> register_encoder("mobile")
        'mobile'
        >>> register_encoder("asdcfer.models.mobilenet:Mobile")
        'asdcfer.models.mobilenet:Mobile'
        >>> ENCODERS.pop("asdcfer.models.mobilenet:Mobile").__name__
        'Mobile'
    """
    if name in ENCODERS:
        return name
    if name.startswith(PREFIX):
        ENCODERS[name] = timm_class(name)
    elif is_import_path(name):
        ENCODERS[name] = load_class(name, Encoder)
    return name
