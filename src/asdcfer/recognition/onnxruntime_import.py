"""The one place that imports ONNX Runtime, with its telemetry switched off.

Wheels of ONNX Runtime since 1.32 keep a device id and a store of events under ~/.cache and send
them to their makers. Only `ORT_DISABLE_TELEMETRY`, set before the first import, prevents that:
the variable is read while the library loads.
"""

import importlib
import os
import sys
from types import ModuleType

from asdcfer.extras import missing_package

SWITCH = "ORT_DISABLE_TELEMETRY"


def import_onnxruntime(module: str = "", purpose: str = "an ONNX file") -> ModuleType:
    """Import ONNX Runtime, or one of its modules, silenced.

    The variable stays set, so that child processes are silent as well. Where the caller's own code
    has imported ONNX Runtime before, its events are switched off as far as that still goes.

    Args:
        module: name below `onnxruntime`, such as "quantization"; "" for the package itself.
        purpose: what needs it, for the error.

    Raises:
        MissingPackageError: onnxruntime is not installed.
    """
    before = sys.modules.get("onnxruntime")
    if before is not None and os.environ.get(SWITCH) != "1":
        getattr(before, "disable_telemetry_events", lambda: None)()
    os.environ[SWITCH] = "1"
    try:
        return importlib.import_module(f"onnxruntime.{module}" if module else "onnxruntime")
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "onnxruntime":
            raise
        raise missing_package("onnxruntime", purpose) from error
