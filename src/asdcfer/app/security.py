"""Headers that keep the page from other hosts, and a check of who asks."""

import json
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

import anyio
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
"""The browser itself refuses every request of the page to another host: scripts, styles, fonts,
pictures and data alike.
"""

_HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(self), microphone=(), geolocation=()",
    "cache-control": "no-store",
}


UNREAD = 30.0
"""Seconds without a byte taken after which an answer is given up."""


class Guard:
    """ASGI middleware that refuses foreign names and pages, and adds the headers.

    What broke is answered with one line.

    A server on 127.0.0.1 can still be reached by a web page elsewhere, in the user's own browser:
    by a plain POST, or by a name of its own that resolves to 127.0.0.1. So the Host header must be
    one of ours, and where the browser names an Origin it must be this very page.

    Args:
        app: the application inside.
        hosts: names accepted in the Host header, without port; None accepts any (a server opened to
            a network on purpose).
    """

    def __init__(self, app: ASGIApp, hosts: Iterable[str] | None) -> None:
        self.app = app
        self.hosts = (
            None if hosts is None else frozenset(host.lower().strip("[]") for host in hosts)
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def guarded_send(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
            # A reader that takes nothing would keep its place, and its file, for ever.
            with anyio.move_on_after(UNREAD) as patience:
                await send(message)
            if patience.cancelled_caught:
                raise ClientDisconnect

        refusal = self._refusal(scope)
        if refusal is not None:
            await refuse(guarded_send, 403, "foreign", refusal)
            return
        try:
            await self.app(scope, receive, guarded_send)
        except ClientDisconnect:
            return
        except Exception:
            if not started:
                await refuse(
                    guarded_send,
                    500,
                    "internal",
                    (
                        "The server failed on this request; its terminal shows why. The page "
                        "still works."
                    ),
                )
            raise

    def _refusal(self, scope: Scope) -> str | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        name = (urlsplit(f"//{host}").hostname if _well_formed(host) else None) or ""
        if self.hosts is not None and name not in self.hosts:
            return f"This server answers only to {', '.join(sorted(self.hosts))}."
        origin = headers.get("origin")
        if origin is not None and (
            not _well_formed(origin) or urlsplit(origin).netloc.lower() != host.lower()
        ):
            return "This server answers only to its own page."
        if headers.get("sec-fetch-site") == "cross-site" and scope["method"] not in ("GET", "HEAD"):
            return "This server answers only to its own page."
        return None


def _well_formed(text: str) -> bool:
    """Whether urlsplit takes `text`: brackets without an address inside make it raise."""
    try:
        return urlsplit(text if "://" in text else f"//{text}").hostname is not None
    except ValueError:
        return False


async def refuse(
    send: Send, status: int, code: str, line: str, headers: Mapping[str, str] | None = None
) -> None:
    """Answer a request without the application: a status, and the JSON of every refusal.

    Args:
        send: of ASGI.
        status: of HTTP.
        code: a word for programs.
        line: for people.
        headers: more of them.
    """
    body = json.dumps({"code": code, "error": line}).encode()
    told = {"content-type": "application/json", "content-length": str(len(body)), **(headers or {})}
    raw = [(name.encode(), value.encode()) for name, value in told.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})
