"""A small recognizer with the contract's face and no weights: finds one face where the picture is
not black.
"""

import io
import struct
import zlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from fastapi.testclient import TestClient
from PIL import Image, ImageOps

from asdcfer.errors import InputError
from asdcfer.expressions import EXPRESSIONS


@dataclass
class StandInFace:
    """The contract's fields."""

    box: tuple[float, float, float, float]
    scores: dict[str, float]
    expression: str
    confidence: float
    landmarks: Any = None
    id: int = 0
    status: str = "ok"
    corners: Any = None
    attention: Any = None


@dataclass
class StandIn:
    """Calls are counted; `fail` is raised instead of answering."""

    fail: BaseException | None = None
    calls: int = 0
    expressions: tuple[str, ...] = field(default=EXPRESSIONS)

    def __call__(self, picture: bytes | np.ndarray, explain: bool = False) -> list[StandInFace]:
        self.calls += 1
        if self.fail is not None:
            raise self.fail
        if isinstance(picture, bytes):
            try:
                picture = np.asarray(
                    ImageOps.exif_transpose(Image.open(io.BytesIO(picture))).convert("RGB")
                )
            except OSError as error:
                raise InputError(f"the picture cannot be decoded: {error}") from error
        if picture.max() < 32:
            return []
        height, width = picture.shape[:2]
        scores = np.full(len(self.expressions), 0.05)
        scores[int(picture.mean()) % len(scores)] = 1 - 0.05 * (len(scores) - 1)
        best = int(scores.argmax())
        box = (width * 0.25, height * 0.25, width * 0.5, height * 0.5)
        landmarks = np.array([[0.4, 0.4], [0.6, 0.4], [0.5, 0.5], [0.42, 0.62], [0.58, 0.62]]) * (
            width,
            height,
        )
        named = dict(zip(self.expressions, scores.tolist(), strict=True))
        x, y, wide, high = box
        corners = np.array([[x, y], [x + wide, y], [x + wide, y + high], [x, y + high]])
        attention = np.arange(16).reshape(4, 4) / 15 if explain else None
        return [
            StandInFace(
                box,
                named,
                self.expressions[best],
                float(scores[best]),
                landmarks,
                corners=corners,
                attention=attention,
            )
        ]


def encoded(picture: np.ndarray, kind: str = "JPEG", **options: object) -> bytes:
    """A picture as a file's bytes."""
    file = io.BytesIO()
    Image.fromarray(picture).save(file, kind, **options)
    return file.getvalue()


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds nothing of it."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 64))
        + chunk(b"IEND", b"")
    )


def post(client: TestClient, body: bytes, way: str, name: str = "photo.jpg", **query: object):
    """Send a picture as the raw body or as a file of a form."""
    if way == "raw":
        return client.post("/recognize", content=body, params={"name": name, **query})
    return client.post("/recognize", files={"file": (name, body)}, params=query)
