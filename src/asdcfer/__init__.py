"""Facial expression recognition learnt without labels.

Attention-guided self-supervised distilled contrastive learning. Public names are loaded when they
are first used: importing asdcfer imports neither torch nor OpenCV. Everything that the command line
does is in `asdcfer.api`.
"""

from typing import TYPE_CHECKING

from asdcfer.lazy_names import lazy_names

if TYPE_CHECKING:
    from asdcfer import api as api
    from asdcfer.data.pack import Pack as Pack
    from asdcfer.data.pack import load_pack as load_pack
    from asdcfer.errors import AsdcferError as AsdcferError
    from asdcfer.evaluation.probes.features import embed as embed
    from asdcfer.expressions import EXPRESSIONS as EXPRESSIONS
    from asdcfer.models.weights import load_encoder as load_encoder
    from asdcfer.models.weights import load_model as load_model
    from asdcfer.predict.recognizer import Recognizer as Recognizer
    from asdcfer.recognition.face import Face as Face

__version__ = "0.1.0"

_MODULES = {
    "AsdcferError": "asdcfer.errors",
    "EXPRESSIONS": "asdcfer.expressions",
    "Face": "asdcfer.recognition.face",
    "Pack": "asdcfer.data.pack",
    "Recognizer": "asdcfer.predict.recognizer",
    "api": "asdcfer.api",
    "embed": "asdcfer.evaluation.probes.features",
    "load_encoder": "asdcfer.models.weights",
    "load_model": "asdcfer.models.weights",
    "load_pack": "asdcfer.data.pack",
}

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(__name__, _MODULES)
