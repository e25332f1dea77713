"""The files of the page: what is in the package, and nothing else."""

import importlib.resources

from fastapi import FastAPI
from fastapi.responses import Response
from starlette.exceptions import HTTPException

_TYPES = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}


def _static_files() -> dict[str, tuple[bytes, str]]:
    """Read the files of the page by name, so that a request can name no other file."""
    folder = importlib.resources.files("asdcfer.app") / "static"
    return {
        file.name: (file.read_bytes(), _TYPES[file.name.rsplit(".", 1)[1]])
        for file in folder.iterdir()
        if file.name.rsplit(".", 1)[-1] in _TYPES
    }


def add_pages(app: FastAPI) -> None:
    """Let an app serve its pages, and the files that they name."""
    static = _static_files()

    def named(name: str) -> Response:
        if name not in static:
            raise HTTPException(404, "There is no such file.")
        content, kind = static[name]
        return Response(content, media_type=kind)

    @app.get("/", include_in_schema=False)
    async def page() -> Response:
        return named("index.html")

    @app.get("/label", include_in_schema=False)
    async def label() -> Response:
        return named("label.html")

    @app.get("/api", include_in_schema=False)
    async def interface() -> Response:
        return named("api.html")

    @app.get("/static/{name}", include_in_schema=False)
    async def file(name: str) -> Response:
        return named(name)
