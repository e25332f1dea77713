"""Listen: take the port, load the model, say the address, serve until Ctrl-C."""

import contextlib
import ipaddress
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

from asdcfer.app.labeling import Labeling, LabelingSettings, open_labeling
from asdcfer.app.limits import LOCAL_HOSTS, Limits
from asdcfer.errors import AsdcferError


def is_local(host: str) -> bool:
    """Whether an address can be reached from this machine only.

    Example:
        >>> is_local("127.0.0.1"), is_local("localhost"), is_local("0.0.0.0")
        (True, True, False)
    """
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that holds the address.

    So a taken port is told before the model is loaded.

    Raises:
        AsdcferError: the port is taken, or the address is not one of this machine's.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host.strip("[]"), port, type=socket.SOCK_STREAM
        )[0]
    except OSError as error:
        raise AsdcferError(
            f"cannot listen on {host}: {error.strerror}; use --host 127.0.0.1"
        ) from error
    held = socket.socket(family, kind, protocol)
    try:
        if sys.platform != "win32":  # there it would let two servers share one port
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(address)
        # from here on callers wait until the model is loaded, and no second server takes the port
        held.listen()
    except OSError as error:
        held.close()
        raise AsdcferError(
            f"cannot listen on {host} port {port}: {error.strerror}; try another with --port"
        ) from error
    return held


@contextlib.contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Let SIGTERM leave the block as an exit does, so that what it holds is cleaned up.

    By itself it would end the process on the spot.
    """

    def leave(number: int, _: object) -> None:
        raise SystemExit(128 + number)

    if (
        threading.current_thread() is not threading.main_thread()
    ):  # only there signals can be handled
        yield
        return
    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _labeling_line(labeling: Labeling) -> str:
    state = labeling.state()
    return f"{state.done:,} of {state.count:,} faces have a label in {state.file}; go on"


def serve(
    host: str,
    port: int,
    model: str,
    limits: Limits,
    detector_model: Path | None = None,
    labeling: LabelingSettings | None = None,
    device: str = "auto",
) -> None:
    """Serve the page until Ctrl-C or SIGTERM; no upload stays on disk.

    Args:
        host: to listen on.
        port: 0 takes a free one.
        model: as of `Recognizer`.
        limits: of uploads.
        detector_model: a YuNet file; None is that of this package.
        labeling: what the page /label asks labels of.
        device: as of `Recognizer`.

    Raises:
        AsdcferError: the port is taken, the model cannot be loaded, or there is nothing to label.
    """
    import numpy as np
    import uvicorn

    from asdcfer.app.malloc_arenas import keep_one_arena
    from asdcfer.app.prompt_http import PromptProtocol
    from asdcfer.app.server import make_app
    from asdcfer.app.uploads import PREFIX
    from asdcfer.predict.recognizer import Recognizer
    from asdcfer.recognition.options import DetectionOptions

    keep_one_arena()
    # A request that is at work when the server stops does not come to its own clean-up: all their
    # files lie in one folder.
    with (
        _ended_by_sigterm(),
        tempfile.TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True) as uploads,
        listen(host, port) as held,
    ):
        to_label = None if labeling is None else open_labeling(labeling)
        recognizer = Recognizer(
            model,
            device,
            # The page has bounds of its own, which its user moves.
            detection=DetectionOptions(model=detector_model, min_sharpness=None),
            max_pixels=limits.max_pixels,
        )
        # The first picture would otherwise wait for everything that loads lazily.
        recognizer(np.zeros((64, 64, 3), np.uint8))
        app = make_app(
            recognizer,
            limits,
            model=model,
            hosts={*LOCAL_HOSTS, host} if is_local(host) else None,
            uploads=Path(uploads),
            labeling=to_label,
        )
        shown = f"[{host}]" if ":" in host else host
        if not is_local(host):
            print(
                f"asdcfer: anyone who can reach {host} can use this page; it has no password",
                file=sys.stderr,
            )
        page = f"http://{shown}:{held.getsockname()[1]}/"
        if to_label is not None:
            print(f"asdcfer: {_labeling_line(to_label)} at {page}label", file=sys.stderr)
        print(f"asdcfer: {page} (Ctrl-C stops)", file=sys.stderr, flush=True)
        settings = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            server_header=False,
            http=PromptProtocol,
            ws="none",
            loop="asyncio",
            limit_concurrency=100,
            timeout_graceful_shutdown=3,
        )
        # Ctrl-C is how this command ends, not an interruption of it.
        with contextlib.suppress(KeyboardInterrupt):
            uvicorn.Server(settings).run(sockets=[held])
