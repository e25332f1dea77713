"""Pieces of work on the workers of a Ray cluster, each exactly once and in order.

By Ray's actors and not by Ray Data: those bound how often a lost piece is tried again, hand back
each result as it is there, and need neither pandas nor Arrow.
"""

import json
import logging
import os
import re
import secrets
import socket
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any

from asdcfer import __version__, errors
from asdcfer.engines.engine import Engine
from asdcfer.errors import AsdcferError
from asdcfer.extras import missing_package

AHEAD = 8
"""Pieces of each worker that may be done while the one that is due is not."""
QUEUED = 2
"""Pieces that a worker has: the one it does, and the next."""
RETRIES = 3
"""How often a piece whose worker was lost is given out again."""

Work = Callable[[Any], bytes]


def ray_results(
    make_work: Callable[[], Work], pieces: Iterable[Any], engine: Engine, gpus: float = 0
) -> Iterator[bytes]:
    """Yield the result of each piece, in the order of the pieces, each exactly once.

    A piece whose worker is lost is given out again. Its first result never arrived, so none comes
    twice.

    Args:
        make_work: called once in each worker; returns what turns a piece into bytes. It can be
            pickled, as can what it refers to.
        pieces: plain values, such as JSON holds; read as the work goes on.
        engine: where, and by how many workers; those that the cluster has no room for join later.
        gpus: of each worker.

    Raises:
        MissingPackageError: Ray is not installed.
        AsdcferError: no cluster is at the address; the work itself failed, which raises the error
            of the work; a piece lost its workers too often.
    """
    with _cluster(engine) as ray:
        if gpus and not ray.cluster_resources().get("GPU"):
            raise AsdcferError(
                f"no machine of the Ray cluster at {engine.address!r} has a GPU; use `device=cpu`"
            )
        actor = ray.remote(_Worker).options(
            num_cpus=1, num_gpus=gpus, max_restarts=-1, max_task_retries=RETRIES
        )
        # Held here: a worker that is started again reads it anew.
        sent = ray.put(make_work)
        workers = [actor.remote(sent, __version__) for _ in range(engine.workers)]
        for result, fault in _answers(ray, workers, map(json.dumps, pieces)):
            if fault:
                raise _raised(*json.loads(fault))
            yield result


def _answers(ray: Any, workers: list[Any], pieces: Iterator[str]) -> Iterator[tuple[bytes, str]]:
    # A worker gets nothing to do before it has started: one without room would keep it for ever.
    busy = {worker.start.remote(): worker for worker in workers for _ in range(QUEUED)}
    due: deque[Any] = deque()
    idle: deque[Any] = deque()
    piece = next(pieces, None)
    while due or piece is not None:
        while idle and piece is not None and len(due) < AHEAD * len(workers):
            worker = idle.popleft()
            due.append(worker.answer.remote(piece))
            busy[due[-1]] = worker
            piece = next(pieces, None)
        for ready in ray.wait(list(busy))[0]:
            if ready not in due:
                ray.get(ready)
            idle.append(busy.pop(ready))
        while due and due[0] not in busy:
            yield ray.get(due.popleft())


class _Worker:
    """What one process of Ray holds: the work, made once, with the first piece."""

    def __init__(self, make_work: Callable[[], Work], version: str) -> None:
        self._make_work, self._version = make_work, version
        self._work: Work | None = None

    def start(self) -> None:
        """Return once the process is there."""

    def answer(self, piece: str) -> tuple[bytes, str]:
        """Return the result of a piece, or the error of the work as a value.

        Raised, it would arrive as one of Ray's, with the stack of the worker in its text.
        """
        try:
            if self._work is None:
                if self._version != __version__:
                    raise AsdcferError(
                        f"a machine of the cluster has asdcfer {__version__}, and this one "
                        f"{self._version}; install the same on all"
                    )
                self._work = self._make_work()
            return self._work(json.loads(piece)), ""
        except AsdcferError as error:
            return b"", json.dumps([type(error).__name__, str(error)])


def _raised(name: str, message: str) -> AsdcferError:
    """Return the error of a worker as it would have been raised here."""
    kind = getattr(errors, name, AsdcferError)
    found: AsdcferError = kind(message)
    return found


@contextmanager
def _cluster(engine: Engine) -> Iterator[Any]:
    # Nobody is told of who uses Ray here; a cluster of others keeps its own setting.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    # Ray warns of what `ray_results` holds for it.
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    # A worker that asks for no GPU is left without; Ray tells today that this will be so.
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "1")
    try:
        import ray
    except ImportError as error:
        raise missing_package("ray", "`engine=ray`", "leave it away") from error
    own = not ray.is_initialized()
    # Ray tells of lost workers on the standard output, where results of a command belong.
    with redirect_stdout(sys.stderr):
        if own:
            _connect(ray, engine)
        try:
            yield ray
        except ray.exceptions.ActorUnavailableError as error:
            raise AsdcferError(
                f"a block of the work lost its worker {RETRIES + 1} times: was there too little "
                "memory? `resume=True` goes on, or use `engine=local`"
            ) from error
        except ray.exceptions.RayError as error:
            raise AsdcferError(f"a Ray worker failed: {_innermost(error)}") from error
        finally:
            if own:
                ray.shutdown()


def _connect(ray: Any, engine: Engine) -> None:
    quiet = {"log_to_driver": False, "logging_level": logging.ERROR}
    try:
        if engine.address != "local":
            if engine.address != "auto":
                _knock(engine.address)
            ray.init(address=engine.address, **quiet)
            return
        # Whoever knows the word of a cluster can run what he likes on it. Ray's own would lie in a
        # file of the home folder.
        os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
        ray.init(address="local", num_cpus=engine.workers, include_dashboard=False, **quiet)
    except Exception as error:  # Ray raises just that where its processes start too slowly
        if engine.address == "local":
            raise AsdcferError(f"Ray does not start here: {_innermost(error)}") from error
        raise AsdcferError(
            f"no Ray cluster at {engine.address!r}; start one with `ray start`, or leave "
            "`address` away for workers on this machine"
        ) from error


def _knock(address: str) -> None:
    """Raise where nothing answers at HOST:PORT, for which Ray itself waits minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    socket.create_connection((host, int(port)), timeout=10).close()


_RAISED = re.compile(r"^(?:\w+\.)*\w*(?:Error|Exception|Interrupt|Exit)\b.*", re.MULTILINE)


def _innermost(error: BaseException | None) -> str:
    """Return what went wrong in a worker, without Ray's layers around it and without its stack."""
    told = "no reason given"
    while error is not None:
        text = str(error).strip()
        told = (_RAISED.findall(text) or text.splitlines()[:1] or [told])[-1]
        error = error.__cause__
    return told
