"""Write a model as ONNX, and keep the file only if it answers as torch does.

The graph takes aligned uint8 faces (N,S,S) (or (N,S,S,3) for a color model) and gives calibrated
probabilities: normalization, temperature and, where the card's numbers are so, the mean with the
mirror image are inside, so that nothing about the model has to be repeated by those who deploy it.
"""

import contextlib
import importlib
import io
import json
import logging
import os
import warnings
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from asdcfer import __version__
from asdcfer.errors import InputError, WeightsError
from asdcfer.extras import require
from asdcfer.files import atomic_write
from asdcfer.models.classifier import ExpressionModel
from asdcfer.recognition import alignment
from asdcfer.recognition.onnx_checksum import append_checksum
from asdcfer.recognition.onnx_runtime import FORMAT, METADATA_KEY, OnnxRuntime
from asdcfer.recognition.onnxruntime_import import import_onnxruntime

LARGEST_DIFFERENCE = 1e-4
"""Probabilities of torch and ONNX may differ by less than this."""
OPSET = 18


@dataclass(frozen=True)
class Parity:
    """How an exported file compares with torch.

    Attributes:
        faces: how many were compared.
        largest_difference: between any two probabilities.
        same_labels: share of faces with the same expression, 0..1.
    """

    faces: int
    largest_difference: float
    same_labels: float


class FaceGraph(nn.Module):
    """uint8 faces -> probabilities, with everything in between; what is exported.

    Args:
        model: in evaluation mode.
    """

    def __init__(self, model: ExpressionModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, faces: Tensor) -> Tensor:
        """Return probabilities (N,C) of uint8 faces (N,S,S) or (N,S,S,3)."""
        pixels = faces.float() / 255
        pixels = pixels[:, None] if faces.ndim == 3 else pixels.permute(0, 3, 1, 2)
        x = self.model.encoder.preprocessing.normalized(pixels)
        if not self.model.tta:
            return torch.softmax(self.model.logits(x) / self.model.temperature, 1)
        # One pass over both, so that the file holds the network once.
        both = torch.softmax(
            self.model.logits(torch.cat([x, x.flip(-1)])) / self.model.temperature, 1
        )
        return both.reshape(2, -1, both.shape[1]).mean(0)


def export_onnx(model: ExpressionModel, path: str | os.PathLike[str], faces: np.ndarray) -> Parity:
    """Write a model as one ONNX file, after checking it against torch.

    Args:
        model: what to export; it is moved to the CPU and into evaluation mode.
        path: ends in .onnx.
        faces: real faces to compare on, uint8 (N,H,W) or (N,H,W,3) of any size.

    Returns:
        What the comparison found; it is also in the file's metadata.

    Raises:
        InputError: the suffix is another, or no faces.
        MissingPackageError: onnx, onnxscript or onnxruntime is not installed.
        WeightsError: the exporter cannot express the model, or the file answers otherwise than
            torch; nothing is written then.
    """
    path = Path(path)
    check_target(path)
    onnx = require_onnx()
    model = model.cpu().eval()
    faces = faces_for(model, faces)
    with atomic_write(path) as temporary:
        try:
            with quiet_exporter():
                torch.onnx.export(
                    FaceGraph(model).eval(),
                    (torch.from_numpy(faces[:1]).repeat(2, *(1,) * (faces.ndim - 1)),),
                    str(temporary),
                    input_names=["faces"],
                    output_names=["probabilities"],
                    dynamic_shapes={"faces": {0: torch.export.Dim("batch", min=1)}},
                    opset_version=OPSET,
                    dynamo=True,
                    external_data=False,
                    verbose=False,
                )
        except Exception as error:  # the exporter's errors are private classes
            line = next(
                (line for line in reversed(str(error).splitlines()) if line.strip()),
                type(error).__name__,
            )
            raise WeightsError(
                f"torch cannot express this model as ONNX: {line.strip()}"
            ) from error
        about = description(model, "float32")
        write_description(onnx, temporary, about)
        parity = compare(model, temporary, faces)
        if not parity.largest_difference < LARGEST_DIFFERENCE or parity.same_labels < 1:
            raise WeightsError(
                f"the exported graph differs from torch on {parity.faces} faces (by "
                f"{parity.largest_difference:.2g}, allowed {LARGEST_DIFFERENCE:g};"
                f" {parity.same_labels:.1%} same labels); {path} was not written"
            )
        write_description(onnx, temporary, {**about, "parity": asdict(parity)})
    return parity


def compare(model: ExpressionModel, path: str | os.PathLike[str], faces: np.ndarray) -> Parity:
    """Compare a file with torch on uint8 faces at the model's own size.

    In batches of 64 and on one face alone, since the batch is dynamic.
    """
    runtime = OnnxRuntime(path, "cpu")
    with torch.inference_mode():
        wanted = np.concatenate(
            [
                model.probabilities(faces[i : i + 64], tta=model.tta).numpy()
                for i in range(0, len(faces), 64)
            ]
        )
    given = np.concatenate(
        [runtime.probabilities(faces[i : i + 64]) for i in range(0, len(faces), 64)]
    )
    alone = runtime.probabilities(faces[:1])
    largest = max(float(np.abs(wanted - given).max()), float(np.abs(wanted[:1] - alone).max()))
    return Parity(
        len(faces),
        largest if np.isfinite(given).all() else float("inf"),
        float((wanted.argmax(1) == given.argmax(1)).mean()),
    )


def faces_for(model: ExpressionModel, faces: np.ndarray) -> np.ndarray:
    """Bring uint8 faces (N,H,W[,3]) to the size and channels of a model.

    As recognition without detection does.
    """
    if len(faces) == 0:
        raise InputError("no faces to check the export on; give a pack that holds some")
    preprocessing = model.encoder.preprocessing
    one = (alignment.whole_image(np.asarray(face), preprocessing.size)[0] for face in faces)
    return np.stack([alignment.in_channels(face, preprocessing.channels) for face in one])


def description(model: ExpressionModel, precision: str) -> dict[str, Any]:
    """Return the metadata of a file: how its graph is used rightly, and where it comes from."""
    card = model.card
    kept = {
        key: card[key]
        for key in (
            "name",
            "recipe",
            "commit",
            "data",
            "results",
            "calibration",
            "kind",
            "feature_dim",
            "parameters",
        )
        if key in card
    }
    preprocessing = model.encoder.preprocessing.model_dump()
    return {
        "format": FORMAT,
        "package": "asdcfer",
        "version": __version__,
        "license": card.get("license", "unknown"),
        "precision": precision,
        "expressions": list(model.expressions),
        "temperature": model.temperature,
        "tta": model.tta,
        "calibration": (
            "softmax(logits / "
            f"temperature){', mean of face and mirror image' if model.tta else ''}, inside the "
            "graph"
        ),
        "preprocessing": {
            **preprocessing,
            "input": (
                "uint8 faces "
                f"(N,{preprocessing['size']},{preprocessing['size']}"
                f"{',3) RGB' if preprocessing['channels'] == 3 else ') gray'}"
            ),
            "inside_graph": "division by 255 and normalization",
            "outside_graph": (
                "detection, alignment by one similarity transform to landmark_template, gray by "
                "0.299 R + 0.587 G + 0.114 B"
            ),
            "landmark_template": alignment.TEMPLATE.tolist(),
        },
        "weights_hash": card.get("hashes", {}).get("weights"),
        "card": json.loads(json.dumps(kept, default=str)),
    }


def check_target(path: Path) -> None:
    """Raise InputError unless a path ends in .onnx."""
    if path.suffix.lower() != ".onnx":
        raise InputError(f"{path} must end in .onnx")


def write_description(onnx: Any, path: Path, about: dict[str, Any]) -> None:
    """Put the description into a file, and take the notes of the exporter out.

    Those hold source lines and paths of this machine.
    """
    graph = onnx.load(str(path))
    graph.producer_name, graph.producer_version, graph.doc_string = "asdcfer", __version__, ""
    for part in (
        graph.graph,
        *graph.graph.node,
        *graph.graph.input,
        *graph.graph.output,
        *graph.graph.value_info,
        *graph.graph.initializer,
    ):
        part.doc_string = ""
        del part.metadata_props[:]
    plain = {key: str(about[key]) for key in ("license", "version", "precision", "temperature")} | {
        "expressions": ",".join(about["expressions"])
    }
    del graph.metadata_props[:]
    onnx.helper.set_model_props(
        graph, {METADATA_KEY: json.dumps(about, ensure_ascii=False), **plain}
    )
    onnx.checker.check_model(graph)
    onnx.save(graph, str(path))
    append_checksum(path)


def require_onnx() -> Any:
    """Import what an export needs; ONNX Runtime first, so that nothing else imports it loudly.

    Raises:
        MissingPackageError: onnxruntime, onnxscript or onnx is not installed.
    """
    import_onnxruntime(purpose="export")
    require("onnxscript", "export")
    require("onnx", "export")
    return importlib.import_module("onnx")


@contextlib.contextmanager
def quiet_exporter() -> Iterator[None]:
    """Keep the exporter's deprecation warnings, remarks about packages and prints quiet."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        # With PyTorch 2.8 it prints which rules it applied.
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
