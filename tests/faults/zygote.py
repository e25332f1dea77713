"""Starts commands in no time: a process that has imported everything forks one for each command.

Nothing but imports has happened in it, so each child is what `python -m asdcfer` is after its
imports. It reads one JSON value a line and answers with one: `{"start": [words], "cwd": folder,
"log": file}` gives `{"process": number}`, `{"wait": number}` gives `{"status": number}`, with the
signal below zero that ended it.

Run as a script: `python -m tests.faults.zygote`.
"""

import atexit
import importlib
import json
import os
import pkgutil
import signal
import sys
import traceback
import warnings
from typing import Any

LATE = (
    "lightning.pytorch",
    "matplotlib.pyplot",
    "onnx",
    "onnxscript",
    "pyarrow.parquet",
    "torch._dynamo",
    "torch.onnx._internal.exporter._core",
)
"""Imported only while a command runs, and slow."""


def import_everything() -> None:
    """Import the package, and what its commands import later."""
    import asdcfer

    for module in pkgutil.walk_packages(asdcfer.__path__, "asdcfer."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    from asdcfer.recognition.onnxruntime_import import import_onnxruntime

    import_onnxruntime(purpose="tests")
    for name in LATE:
        importlib.import_module(name)


def start(request: dict[str, Any]) -> int:
    """Fork a command; returns its process in the parent, and never in the child."""
    process = os.fork()
    if process:
        return process
    os.chdir(request["cwd"])
    log = os.open(request["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for number, target in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(number, target)
    os.closerange(3, 64)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.update(request.get("env", {}))
    sys.argv = ["asdcfer", *request["start"]]
    for hook in request.get("hooks", ()):
        module, name = hook.split(":")
        getattr(importlib.import_module(module), name)()
    status = 0
    try:
        from asdcfer.cli.main import main

        main()
    except SystemExit as stop:
        status = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except BaseException:
        traceback.print_exc()
        status = 1
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    # Taking apart all that was imported takes longer than some commands, and is not what is tested.
    os._exit(status)


def main() -> None:
    """Answer until standard input ends."""
    os.environ["MPLBACKEND"] = "agg"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import_everything()
    print(json.dumps({"ready": True}), flush=True)
    for line in iter(sys.stdin.readline, ""):
        request = json.loads(line)
        if "wait" in request:
            status = os.waitpid(request["wait"], 0)[1]
            answer = {"status": os.waitstatus_to_exitcode(status)}
        else:
            answer = {"process": start(request)}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
