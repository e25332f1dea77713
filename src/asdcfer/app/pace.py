"""How fast one caller may ask: requests beyond the rate wait, and those far beyond are refused."""

import ipaddress
import math
import time
from collections import OrderedDict

import anyio
from starlette.types import ASGIApp, Receive, Scope, Send

from asdcfer.app.limits import Limits
from asdcfer.app.security import refuse

_MOST_CALLERS = 10_000
"""Callers that are remembered; of more the one that asked longest ago is forgotten."""


class Pace:
    """ASGI middleware that spaces out what one caller sends.

    Pages and pictures of this package (GET) are not counted. A caller has `BURST` seconds' worth of
    requests at once; further ones are passed on at the rate. One that would wait longer than
    `max_wait` is answered 429 with the seconds to wait, before its body is read.

    Args:
        app: the application inside.
        limits: `max_rate` and `max_wait`.
    """

    BURST = 2.0

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self.app, self.limits = app, limits
        self._due: OrderedDict[str, float] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, now or a little later, or refuse it."""
        if scope["type"] == "http" and scope["method"] not in ("GET", "HEAD"):
            wait = self._wait(_caller(scope), time.monotonic())
            if wait > self.limits.max_wait:
                seconds = math.ceil(wait)
                await refuse(
                    send,
                    429,
                    "too_fast",
                    f"More than {self.limits.max_rate:g} requests a second came from you; try "
                    f"again in {seconds} s.",
                    {"retry-after": str(seconds)},
                )
                return
            if wait > 0:
                await anyio.sleep(wait)
        await self.app(scope, receive, send)

    def _wait(self, caller: str, now: float) -> float:
        """Return the seconds until a caller's turn, and count the request where it has one."""
        due = max(now, self._due.pop(caller, now))
        wait = max(0.0, due - now - self.BURST)
        counted = wait <= self.limits.max_wait
        self._due[caller] = due + 1 / self.limits.max_rate if counted else due
        if len(self._due) > _MOST_CALLERS:
            self._due.popitem(last=False)
        return wait


def _caller(scope: Scope) -> str:
    """Return who asks: an address, of IPv6 the network that one household has."""
    host = str((scope.get("client") or ("", 0))[0])
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.version == 6:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return host
