"""Listen: take the port, load the model, say the address, serve until Ctrl-C."""

import contextlib
import ipaddress
import socket
import sys

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
    """Return a socket that holds the address, so that a taken port is told before the model is loaded.

    Raises:
        AsdcferError: the port is taken, or the address is not one of this machine's.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise AsdcferError(f"cannot listen on {host}: {error.strerror}; use --host 127.0.0.1") from error
    held = socket.socket(family, kind, protocol)
    try:
        if sys.platform != "win32":  # there it would let two servers share one port
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(address)
    except OSError as error:
        held.close()
        raise AsdcferError(f"cannot listen on {host} port {port}: {error.strerror}; try another with --port") from error
    return held


def serve(host: str, port: int, model: str, limits: Limits) -> None:
    """Serve the page until Ctrl-C.

    Raises:
        AsdcferError: the port is taken, or the model cannot be loaded.
    """
    import numpy as np
    import uvicorn

    from asdcfer.app.server import make_app
    from asdcfer.recognition.recognizer import Recognizer

    with listen(host, port) as held:
        recognizer = Recognizer(model, max_pixels=limits.max_pixels)
        # The first picture would otherwise wait for everything that loads lazily.
        recognizer(np.zeros((64, 64, 3), np.uint8))
        app = make_app(recognizer, limits, model=model, hosts={*LOCAL_HOSTS, host} if is_local(host) else None)
        shown = f"[{host}]" if ":" in host else host
        if not is_local(host):
            print(f"asdcfer: anyone who can reach {host} can use this page; it has no password", file=sys.stderr)
        print(f"asdcfer: http://{shown}:{held.getsockname()[1]}/ (Ctrl-C stops)", file=sys.stderr, flush=True)
        settings = uvicorn.Config(
            app, log_level="warning", access_log=False, server_header=False, ws="none", loop="asyncio", limit_concurrency=100, timeout_graceful_shutdown=3
        )
        # Ctrl-C is how this command ends, not an interruption of it.
        with contextlib.suppress(KeyboardInterrupt):
            uvicorn.Server(settings).run(sockets=[held])
