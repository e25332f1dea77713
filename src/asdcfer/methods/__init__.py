"""Ways of learning an encoder without labels, and what they are made of; loaded when used."""

from typing import TYPE_CHECKING

from asdcfer.lazy_names import lazy_names

if TYPE_CHECKING:
    from asdcfer.methods.asdc import Asdc
    from asdcfer.methods.asdc_options import AsdcOptions
    from asdcfer.methods.distillation_terms import Comparison, Term
    from asdcfer.methods.embedding_network import EmbeddingNetwork, EmbeddingOutput
    from asdcfer.methods.feature_distillation import FeatureDistillation, FeatureDistillationOptions
    from asdcfer.methods.method import Method, StepResult
    from asdcfer.methods.moco import Moco
    from asdcfer.methods.moco_options import MocoOptions
    from asdcfer.methods.queue import FeatureQueue
    from asdcfer.methods.registry import METHODS, build_method
    from asdcfer.methods.running_scaler import RunningScaler
    from asdcfer.methods.teacher import Teacher, TeacherOutput

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "Asdc": "asdcfer.methods.asdc",
        "AsdcOptions": "asdcfer.methods.asdc_options",
        "Comparison": "asdcfer.methods.distillation_terms",
        "Term": "asdcfer.methods.distillation_terms",
        "EmbeddingNetwork": "asdcfer.methods.embedding_network",
        "EmbeddingOutput": "asdcfer.methods.embedding_network",
        "FeatureDistillation": "asdcfer.methods.feature_distillation",
        "FeatureDistillationOptions": "asdcfer.methods.feature_distillation",
        "Method": "asdcfer.methods.method",
        "StepResult": "asdcfer.methods.method",
        "Moco": "asdcfer.methods.moco",
        "MocoOptions": "asdcfer.methods.moco_options",
        "FeatureQueue": "asdcfer.methods.queue",
        "METHODS": "asdcfer.methods.registry",
        "build_method": "asdcfer.methods.registry",
        "RunningScaler": "asdcfer.methods.running_scaler",
        "Teacher": "asdcfer.methods.teacher",
        "TeacherOutput": "asdcfer.methods.teacher",
    },
)

__all__ = [
    "METHODS",
    "Asdc",
    "AsdcOptions",
    "Comparison",
    "EmbeddingNetwork",
    "EmbeddingOutput",
    "FeatureDistillation",
    "FeatureDistillationOptions",
    "FeatureQueue",
    "Method",
    "Moco",
    "MocoOptions",
    "RunningScaler",
    "StepResult",
    "Teacher",
    "TeacherOutput",
    "Term",
    "build_method",
]
