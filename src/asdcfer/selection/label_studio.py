"""Tasks for Label Studio: faces, what a model says of them, and the labels to choose."""

import base64
import io
from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import quoteattr

import numpy as np
from PIL import Image

CHOICES, IMAGE = "expression", "image"
"""Names of the two parts of the labeling interface."""


def png_bytes(image: np.ndarray) -> bytes:
    """Return a face as a PNG file.

    Args:
        image: uint8 (H,W) or (H,W,3).
    """
    data = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(image)).save(data, "PNG")
    return data.getvalue()


def label_studio_task(
    png: bytes, about: dict[str, Any], suggestion: tuple[str, float, str] | None = None
) -> dict[str, Any]:
    """Return one task, with the face inside it, so that no server of files is needed.

    Args:
        png: the face.
        about: what comes back in the export: "file", "id".
        suggestion: expression, confidence and name of the model, shown to the person who labels.

    Example:
        >>> task = label_studio_task(b"", {"file": "a.png"}, ("happy", 0.5, "light"))
        >>> task["data"]["file"], task["predictions"][0]["score"]
        ('a.png', 0.5)
    """
    picture = f"data:image/png;base64,{base64.b64encode(png).decode()}"
    task: dict[str, Any] = {"data": {IMAGE: picture, **about}}
    if suggestion is not None:
        expression, confidence, model = suggestion
        chosen = {
            "from_name": CHOICES,
            "to_name": IMAGE,
            "type": "choices",
            "value": {"choices": [expression]},
        }
        said = {"model_version": model, "score": round(confidence, 4), "result": [chosen]}
        task["predictions"] = [said]
    return task


def labeling_interface(expressions: Sequence[str]) -> str:
    """Return the labeling interface of a project: a face, and a key for each expression.

    Args:
        expressions: in the order of the keys 1, 2, ...; from the tenth on without a key.
    """
    choices = "\n".join(
        f"    <Choice value={quoteattr(name)}" + (f' hotkey="{number}"/>' if number < 10 else "/>")
        for number, name in enumerate(expressions, 1)
    )
    return (
        f'<View>\n  <Image name="{IMAGE}" value="${IMAGE}" width="320px"/>\n'
        f'  <Choices name="{CHOICES}" toName="{IMAGE}" choice="single-radio" '
        f'showInline="true">\n{choices}\n  </Choices>\n</View>\n'
    )
