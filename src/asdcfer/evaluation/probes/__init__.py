"""Probes of frozen encoders; loaded when used."""

from typing import TYPE_CHECKING

from asdcfer.lazy_names import lazy_names

if TYPE_CHECKING:
    from asdcfer.evaluation.probes.context import PoolingChoice as PoolingChoice
    from asdcfer.evaluation.probes.context import ProbeContext as ProbeContext
    from asdcfer.evaluation.probes.evaluate_splits import FittedClassifier as FittedClassifier
    from asdcfer.evaluation.probes.features import extract as extract
    from asdcfer.evaluation.probes.registry import PROBES as PROBES
    from asdcfer.evaluation.probes.registry import Probe as Probe
    from asdcfer.evaluation.probes.registry import build_probes as build_probes
    from asdcfer.evaluation.probes.run import run_probes as run_probes

_MODULES = {
    "FittedClassifier": "asdcfer.evaluation.probes.evaluate_splits",
    "PROBES": "asdcfer.evaluation.probes.registry",
    "PoolingChoice": "asdcfer.evaluation.probes.context",
    "Probe": "asdcfer.evaluation.probes.registry",
    "ProbeContext": "asdcfer.evaluation.probes.context",
    "build_probes": "asdcfer.evaluation.probes.registry",
    "extract": "asdcfer.evaluation.probes.features",
    "run_probes": "asdcfer.evaluation.probes.run",
}

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(__name__, _MODULES)
