"""Metrics and the measurement of encoders and models; loaded when used."""

from typing import TYPE_CHECKING

from asdcfer.lazy_names import lazy_names

if TYPE_CHECKING:
    from asdcfer.evaluation.axes import AXES as AXES
    from asdcfer.evaluation.axes import Axis as Axis
    from asdcfer.evaluation.axes import build_axes as build_axes
    from asdcfer.evaluation.calibration import fit_temperature as fit_temperature
    from asdcfer.evaluation.evaluate_model import EvaluationContext as EvaluationContext
    from asdcfer.evaluation.metrics import score as score
    from asdcfer.evaluation.protocol import Protocol as Protocol
    from asdcfer.evaluation.result import Result as Result
    from asdcfer.evaluation.result import read_result as read_result
    from asdcfer.evaluation.result import write_result as write_result

_MODULES = {
    "AXES": "asdcfer.evaluation.axes",
    "Axis": "asdcfer.evaluation.axes",
    "EvaluationContext": "asdcfer.evaluation.evaluate_model",
    "Protocol": "asdcfer.evaluation.protocol",
    "Result": "asdcfer.evaluation.result",
    "build_axes": "asdcfer.evaluation.axes",
    "fit_temperature": "asdcfer.evaluation.calibration",
    "read_result": "asdcfer.evaluation.result",
    "score": "asdcfer.evaluation.metrics",
    "write_result": "asdcfer.evaluation.result",
}

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(__name__, _MODULES)
