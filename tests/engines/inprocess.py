"""A stand-in for Ray: the same pieces, through the same work, in this process."""

import json
import pickle
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from asdcfer.engines.engine import Engine


def spread_here(monkeypatch: pytest.MonkeyPatch, module: str) -> Engine:
    """Let a module that calls `ray_results` do the work here; return the engine to ask for.

    What Ray would send travels by the same means: the work pickled, the pieces as JSON.
    """

    def results(
        make_work: Callable[[], Any], pieces: Iterable[Any], engine: Engine, gpus: float = 0
    ) -> Iterator[bytes]:
        work = pickle.loads(pickle.dumps(make_work))()
        for piece in pieces:
            yield work(json.loads(json.dumps(piece)))

    monkeypatch.setattr("asdcfer.engines.engine.require", lambda *words: None)
    monkeypatch.setattr(f"{module}.ray_results", results)
    return Engine("ray")
