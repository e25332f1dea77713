r"""Put a model that headline_gpu.py trained for two label sets into the package.

    python benchmarks/ship_label_sets.py light benchmarks/headline_gpu_weights light \
        --data packs/fer2013 --votes fer2013new.csv

It writes a classifier for each label set, FER+ first, with the temperature that was fitted to
PublicTest, measures both (one pass), and says in the card how the model was trained.
"""

import json
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from safetensors import safe_open
from ship_weights import READ_THIS, ROOT, WEIGHTS
from torch import Tensor

from asdcfer.data.duplicates import near_duplicates
from asdcfer.data.pack import load_pack
from asdcfer.evaluation.evaluate_model import EvaluationContext, evaluate_model
from asdcfer.evaluation.result import card_entries
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
    data: Annotated[Path, typer.Option(help="FER-2013 as `asdcfer prepare` writes it.")],
    votes: Annotated[Path, typer.Option(help="fer2013new.csv, the FER+ votes.")],
    results: Annotated[
        Path, typer.Option(help="results.json of the run, for temperatures and facts.")
    ] = ROOT / "docs" / "results" / "headline_gpu.json",
    twin_rows: Annotated[Path | None, typer.Option(help="Rows with a twin (.npy).")] = None,
    out: Annotated[Path, typer.Option(help="Folder to write to.")] = WEIGHTS,
) -> None:
    """Write the model with both classifiers."""
    told = json.loads(results.read_text(encoding="utf-8"))
    spec, tensors = read(run / f"{stage}.safetensors")
    encoder = build_encoder(spec)
    own = {key.removeprefix("encoder."): t for key, t in tensors.items() if "encoder." in key}
    encoder.load_state_dict(
        {key: t.float() if t.is_floating_point() else t for key, t in own.items()}
    )
    pack = load_pack(data)
    twins_of_pack = near_duplicates(pack) if twin_rows is None else np.load(twin_rows)
    models = []
    for labels, expressions in LABELS.items():
        classifier = Classifier(encoder.feature_dim, len(expressions), DROPOUT)
        with torch.no_grad():
            classifier.linear.weight.copy_(tensors[f"{labels}.weight"])
            classifier.linear.bias.copy_(tensors[f"{labels}.bias"])
        temperature = told[stage]["temperature"][labels]
        card: dict[str, Any] = {"labels": labels}
        model = ExpressionModel(encoder, classifier, expressions, temperature, card).eval()
        context = EvaluationContext(
            model=model, pack=pack, votes=votes, twins=twins_of_pack, recipe="headline_gpu"
        )
        found = evaluate_model(context)
        card["results"] = card_entries(found)
        for one in found:
            print(f"{name} {labels} {one.evaluated_on}: {one.accuracy:.2%}", flush=True)
        models.append(model)
    about = told["about"]
    facts = {
        "recipe": "headline_gpu",
        "seed": 0,
        "commit": about["commit"],
        "finetune": {
            "stage": stage,
            "machine": about["machine"],
            **{key: told[stage][key] for key in ("steps", "seconds", "images_per_second")},
        },
        "tta": False,
        "chosen_on": "public",
        "labels": "ferplus",
        **READ_THIS,
        "results": models[0].card["results"],
    }
    path = save_model(out / name, models[0].eval(), facts, float16=True, others=models[1:])
    print(f"{path}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    typer.run(main)
