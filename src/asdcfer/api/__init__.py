"""Everything that the command line does, as typed functions for Python.

They take paths, names or objects, return typed results, raise the errors of `asdcfer.errors`,
report to one `Progress`, and never print.

Example:
    >>> from asdcfer import api
    >>> found = api.audit(["sample"])
    >>> found.exact, found.near
    (0, 0)
"""

from typing import TYPE_CHECKING

from asdcfer.lazy_names import lazy_names

if TYPE_CHECKING:
    from asdcfer.api.adapting import adapt as adapt
    from asdcfer.api.adapting_run import Adapted as Adapted
    from asdcfer.api.comparison.compare import Comparison as Comparison
    from asdcfer.api.comparison.compare import compare as compare
    from asdcfer.api.comparison.settings import CompareSettings as CompareSettings
    from asdcfer.api.comparison.settings import Measures as Measures
    from asdcfer.api.comparison.settings import SharedTraining as SharedTraining
    from asdcfer.api.embedding import EmbedResult as EmbedResult
    from asdcfer.api.embedding import embed as embed
    from asdcfer.api.fine_tuning import FinetuneResult as FinetuneResult
    from asdcfer.api.fine_tuning import FinetuneSettings as FinetuneSettings
    from asdcfer.api.fine_tuning import finetune as finetune
    from asdcfer.api.onnx_file import ExportResult as ExportResult
    from asdcfer.api.onnx_file import export as export
    from asdcfer.api.picking import Pick as Pick
    from asdcfer.api.picking import Picked as Picked
    from asdcfer.api.picking import pick as pick
    from asdcfer.api.prediction import Predictions as Predictions
    from asdcfer.api.prediction import predict as predict
    from asdcfer.api.prediction_inputs import Camera as Camera
    from asdcfer.api.prediction_settings import PredictOutputs as PredictOutputs
    from asdcfer.api.prediction_settings import PredictSettings as PredictSettings
    from asdcfer.api.prepare_audit import Audit as Audit
    from asdcfer.api.prepare_audit import audit as audit
    from asdcfer.api.prepare_audit import prepare as prepare
    from asdcfer.api.probe_evaluate import Evaluation as Evaluation
    from asdcfer.api.probe_evaluate import evaluate as evaluate
    from asdcfer.api.probe_evaluate import probe as probe
    from asdcfer.api.report_page import report as report
    from asdcfer.api.settings import AdaptSettings as AdaptSettings
    from asdcfer.api.settings import EmbedSettings as EmbedSettings
    from asdcfer.api.settings import EvaluateSettings as EvaluateSettings
    from asdcfer.api.settings import ExportSettings as ExportSettings
    from asdcfer.api.settings import PickSettings as PickSettings
    from asdcfer.api.settings import PrepareSettings as PrepareSettings
    from asdcfer.api.settings import ProbeSettings as ProbeSettings
    from asdcfer.api.sharing import Shared as Shared
    from asdcfer.api.sharing import share as share
    from asdcfer.api.summary import Summary as Summary
    from asdcfer.api.summary import SummaryOutputs as SummaryOutputs
    from asdcfer.api.summary import summarize as summarize
    from asdcfer.api.train import TrainedRun as TrainedRun
    from asdcfer.api.train import TrainedStage as TrainedStage
    from asdcfer.api.train import distill as distill
    from asdcfer.api.train import pretrain as pretrain
    from asdcfer.api.train import run as run
    from asdcfer.engines.engine import Engine as Engine
    from asdcfer.evaluation.result import Result as Result
    from asdcfer.progress import Progress as Progress
    from asdcfer.summary.events import Event as Event
    from asdcfer.summary.events import EventOptions as EventOptions

_NAMES = {
    "asdcfer.api.adapting": ("adapt",),
    "asdcfer.api.adapting_run": ("Adapted",),
    "asdcfer.api.embedding": ("EmbedResult", "embed"),
    "asdcfer.api.comparison.compare": ("Comparison", "compare"),
    "asdcfer.api.comparison.settings": ("CompareSettings", "Measures", "SharedTraining"),
    "asdcfer.api.fine_tuning": ("FinetuneSettings", "FinetuneResult", "finetune"),
    "asdcfer.api.probe_evaluate": ("Evaluation", "evaluate", "probe"),
    "asdcfer.engines.engine": ("Engine",),
    "asdcfer.evaluation.result": ("Result",),
    "asdcfer.api.onnx_file": ("ExportResult", "export"),
    "asdcfer.api.prepare_audit": ("Audit", "audit", "prepare"),
    "asdcfer.api.picking": ("Pick", "Picked", "pick"),
    "asdcfer.api.prediction_inputs": ("Camera",),
    "asdcfer.api.prediction": ("Predictions", "predict"),
    "asdcfer.api.prediction_settings": ("PredictOutputs", "PredictSettings"),
    "asdcfer.api.report_page": ("report",),
    "asdcfer.api.settings": (
        "AdaptSettings",
        "EmbedSettings",
        "EvaluateSettings",
        "ExportSettings",
        "PickSettings",
        "PrepareSettings",
        "ProbeSettings",
    ),
    "asdcfer.api.sharing": ("Shared", "share"),
    "asdcfer.api.summary": ("Summary", "SummaryOutputs", "summarize"),
    "asdcfer.summary.events": ("Event", "EventOptions"),
    "asdcfer.api.train": ("TrainedRun", "TrainedStage", "distill", "pretrain", "run"),
    "asdcfer.progress": ("Progress",),
}
_MODULES = {name: module for module, names in _NAMES.items() for name in names}

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(__name__, _MODULES)
