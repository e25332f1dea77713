"""A model hub on this machine, which huggingface_hub itself speaks to."""

import hashlib
import http.server
import json
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def lay_out_cache(cache: Path, repo: str, files: Mapping[str, bytes], ref: str = "main") -> Path:
    """Write a cache of huggingface_hub as a download of these files leaves it; the snapshot."""
    place = cache / f"models--{repo.replace('/', '--')}"
    snapshot = place / "snapshots" / COMMIT
    for folder in (place / "blobs", place / "refs", snapshot):
        folder.mkdir(parents=True)
    (place / "refs" / ref).write_text(COMMIT)
    for name, data in files.items():
        blob = place / "blobs" / hashlib.sha256(data).hexdigest()
        blob.write_bytes(data)
        (snapshot / name).symlink_to(os.path.relpath(blob, snapshot))
    return snapshot


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    repos: Mapping[str, Mapping[str, bytes]]
    asked: list[str]

    def log_message(self, *words: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        self.asked.append(f"{self.command} {path}")
        parts = path.strip("/").split("/")
        if parts[:2] == ["api", "models"]:
            self.about("/".join(parts[2:4]), parts[4:])
        elif len(parts) > 4 and parts[2] == "resolve":
            self.file("/".join(parts[:2]), parts[3], "/".join(parts[4:]))
        else:
            self.refuse("EntryNotFound")

    def about(self, repo: str, rest: list[str]) -> None:
        if not self.known(repo, rest[1] if len(rest) > 1 else "main"):
            return
        files = self.repos[repo]
        if rest[:1] == ["tree"]:
            tree = [
                {"type": "file", "path": name, "size": len(data), "oid": _oid(data)}
                for name, data in files.items()
            ]
            self.answer(json.dumps(tree).encode())
            return
        siblings = [{"rfilename": name} for name in files]
        about = {"id": repo, "modelId": repo, "sha": COMMIT, "siblings": siblings}
        self.answer(json.dumps({**about, "private": False, "tags": []}).encode())

    def file(self, repo: str, revision: str, name: str) -> None:
        if not self.known(repo, revision):
            return
        data = self.repos[repo].get(name)
        if data is None:
            self.refuse("EntryNotFound")
            return
        self.answer(data, {"ETag": f'"{_oid(data)}"', "X-Repo-Commit": COMMIT})

    def known(self, repo: str, revision: str) -> bool:
        if repo not in self.repos:
            self.refuse("RepoNotFound")
        elif revision not in ("main", COMMIT):
            self.refuse("RevisionNotFound")
        else:
            return True
        return False

    def refuse(self, code: str) -> None:
        self.answer(b"{}", {"X-Error-Code": code}, 404)

    def answer(
        self, data: bytes, headers: Mapping[str, str] | None = None, status: int = 200
    ) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)


@contextmanager
def hub_server(repos: Mapping[str, Mapping[str, bytes]]) -> Iterator[tuple[str, list[str]]]:
    """Serve repositories, each with the branch main; yields the address, and what was asked."""
    asked: list[str] = []
    handler = type("Handler", (_Handler,), {"repos": repos, "asked": asked})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        server.server_close()


def _oid(data: bytes) -> str:
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()
