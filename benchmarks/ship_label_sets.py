"""Put a model that headline_gpu.py trained for two label sets into the package.

    python benchmarks/ship_label_sets.py light runs/gpu light
    asdcfer evaluate light --data packs/fer2013 --ferplus fer2013new.csv ...

benchmarks/ship_label_sets.py writes a classifier for each label set, FER+ first, with the
temperature that was fitted to PublicTest, and what the card must say of the training.
"""

import json
from pathlib import Path
from typing import Annotated, Any

import torch
import typer
from safetensors import safe_open
from ship_weights import READ_THIS, WEIGHTS
from torch import Tensor

from asdcfer.expressions import EXPRESSIONS, EXPRESSIONS_WITH_CONTEMPT
from asdcfer.models.classifier import Classifier, ExpressionModel
from asdcfer.models.encoder import EncoderSpec
from asdcfer.models.registry import build_encoder
from asdcfer.models.weights import save_model

LABELS = {"ferplus": EXPRESSIONS_WITH_CONTEMPT, "fer2013": EXPRESSIONS}
DROPOUT = 0.3


def read(path: Path) -> tuple[EncoderSpec, dict[str, Tensor]]:
    """Return the encoder's spec and all tensors of a file that headline_gpu.py wrote."""
    with safe_open(path, "pt") as file:
        spec = json.loads(file.metadata()["encoder"])
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    return EncoderSpec.model_validate(spec), tensors


def main(
    name: Annotated[str, typer.Argument(help="Name in `asdcfer models`.")],
    run: Annotated[Path, typer.Argument(help="Folder of headline_gpu.py.")],
    stage: Annotated[str, typer.Argument(help="finetuned, light or nano.")],
    out: Annotated[Path, typer.Option(help="Folder to write to.")] = WEIGHTS,
) -> None:
    """Write the model with both classifiers."""
    results = json.loads((run / "results.json").read_text(encoding="utf-8"))
    spec, tensors = read(run / f"{stage}.safetensors")
    encoder = build_encoder(spec)
    own = {key.removeprefix("encoder."): t for key, t in tensors.items() if "encoder." in key}
    encoder.load_state_dict(
        {key: t.float() if t.is_floating_point() else t for key, t in own.items()}
    )
    models = []
    for labels, expressions in LABELS.items():
        classifier = Classifier(encoder.feature_dim, len(expressions), DROPOUT)
        with torch.no_grad():
            classifier.linear.weight.copy_(tensors[f"{labels}.weight"])
            classifier.linear.bias.copy_(tensors[f"{labels}.bias"])
        temperature = results[stage]["temperature"][labels]
        card: dict[str, Any] = {"labels": labels}
        models.append(ExpressionModel(encoder, classifier, expressions, temperature, card).eval())
    about = results["about"]
    facts = {
        "recipe": "headline_gpu",
        "stage": stage,
        "seed": 0,
        "commit": about["commit"],
        "machine": about["machine"],
        "training": {key: results[stage][key] for key in ("steps", "seconds", "images_per_second")},
        "tta": False,
        "chosen_on": "public",
        "labels": "ferplus",
        **READ_THIS,
    }
    path = save_model(out / name, models[0].eval(), facts, float16=True, others=models[1:])
    print(f"{path}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    typer.run(main)
