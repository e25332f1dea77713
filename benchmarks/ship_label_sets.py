r"""Put a model of headline_gpu.py or taught_model.py, for two label sets, into the package.

    python benchmarks/ship_label_sets.py resnet18_finetuned runs/gpu finetuned \
        --data packs/fer2013 --votes fer2013new.csv --start resnet18_finetuned \
        --teacher resnet18_finetuned --teacher light --teacher nano
    python benchmarks/ship_label_sets.py nano runs/nano nano --data packs/fer2013 \
        --votes fer2013new.csv --teacher resnet18_finetuned --results runs/nano/results.json
    python benchmarks/ship_label_sets.py resnet18_finetuned runs/large finetuned --data \
        packs/fer2013 --votes fer2013new.csv --start resnet18_finetuned \
        --teacher resnet18_finetuned --teacher nano --results runs/large/results.json

It writes a classifier for each label set, FER+ first, with the temperature that was fitted to
PublicTest, measures both by one pass and by a second one over the mirror image, and says in the
card how the model was trained.
"""

import json
import shutil
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from gpu_stages import SMOOTHING, VIEWS
from headline_gpu_table import PORTS
from safetensors import safe_open
from ship_weights import READ_THIS, ROOT, WEIGHTS
from torch import Tensor

from asdcfer.data.pack import Pack, load_pack
from asdcfer.data.splits import task_of
from asdcfer.errors import WeightsError
from asdcfer.evaluation.card_results import card_entries
from asdcfer.evaluation.evaluate_model import EvaluationContext, evaluate_model
from asdcfer.evaluation.probes.features import pack_hash
from asdcfer.evaluation.probes.run import twin_rows
from asdcfer.evaluation.result import Result
from asdcfer.evaluation.robustness import Robustness
from asdcfer.expressions import EXPRESSIONS, EXPRESSIONS_WITH_CONTEMPT
from asdcfer.models.cards import read_card
from asdcfer.models.classifier import Classifier, ExpressionModel
from asdcfer.models.encoder import Encoder, EncoderSpec
from asdcfer.models.find_weights import find_encoder, find_model
from asdcfer.models.registry import build_encoder
from asdcfer.models.weights import save_model
from asdcfer.training.finetune.options import FinetuneOptions

LABELS = {"ferplus": EXPRESSIONS_WITH_CONTEMPT, "fer2013": EXPRESSIONS}
RESULTS = ROOT / "docs" / "results" / "headline_gpu_equal_time.json"
"""What the run measured: temperatures, updates, machine."""
DROPOUT = 0.1
CORRUPTED = 500
"""Images that are corrupted, for the curves of robustness."""
TRAINED = (
    "encoder and both classifiers at once on 28,709 training images: the shares of ten people's "
    "votes, and FER-2013's own labels; 0.8 of each target is the mean of what a fine-tuned deep "
    "teacher (width 96, not in the package, half of what taught it was said by the others), "
    "{teachers} say of the very view"
)


def read(path: Path) -> tuple[EncoderSpec, dict[str, Tensor]]:
    """Return the encoder's spec and all tensors of a file that headline_gpu.py wrote."""
    with safe_open(path, "pt") as file:
        spec = json.loads(file.metadata()["encoder"])
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    return EncoderSpec.model_validate(spec), tensors


def options_of(steps: int, images: int, batch: int) -> FinetuneOptions:
    """Return what `asdcfer finetune` has of the options of the stage `finetuned`.

    `--like` begins with them.

    Example:
        >>> options_of(5222, 28709, 256).epochs
        47
    """
    epochs = round(steps * batch / images)
    return FinetuneOptions(
        epochs=epochs,
        batch_size=batch,
        optimizer="adamw",
        learning_rate=8e-4,
        encoder_rate=1.0,
        layer_decay=1.0,
        weight_decay=0.05,
        warmup_epochs=round(0.03 * epochs, 2),
        label_smoothing=SMOOTHING,
        mixup=0.2,
        cutmix=1.0,
        teacher_weight=0.8,
        dropout=DROPOUT,
        classifier_start="own",
        crop_area=VIEWS.crop_area,
        rotate=VIEWS.rotate,
        brightness=VIEWS.brightness,
        contrast=VIEWS.contrast,
        erase=VIEWS.erase,
        ema=0.999,
        precision="bf16",
    )


def remembering(encoder: Encoder) -> None:
    """Let an encoder keep its features by image: both classifiers, and both passes, ask again."""
    known: dict[bytes, Tensor] = {}
    compute = encoder.forward

    def forward(x: Tensor) -> Tensor:
        names = [one.numpy().tobytes() for one in x]
        if new := [i for i, name in enumerate(names) if name not in known]:
            known.update(zip([names[i] for i in new], compute(x[new]), strict=True))
        return torch.stack([known[name] for name in names])

    setattr(encoder, "forward", forward)  # noqa: B010


def measured(
    model: ExpressionModel, pack: Pack, votes: Path, twins: np.ndarray, recipe: str
) -> list[Result]:
    """Return a model's results by one pass, then those with the mirror image."""
    found: list[Result] = []
    for tta in (False, True):
        context = EvaluationContext(
            model=model, pack=pack, votes=votes, twins=twins, tta=tta, recipe=recipe
        )
        found += evaluate_model(context)
    for one in found:
        print(f"{model.labels} {one.test_set} {one.protocol.tta}: {one.accuracy:.2%}", flush=True)
    return found


def heads(
    spec: EncoderSpec, tensors: dict[str, Tensor], temperatures: dict[str, float]
) -> list[ExpressionModel]:
    """Return the model under each label set, all with one encoder."""
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
        card: dict[str, Any] = {"labels": labels}
        models.append(
            ExpressionModel(encoder, classifier, expressions, temperatures[labels], card).eval()
        )
    return models


def card_of(name: str) -> dict[str, Any]:
    """Return the card of a model or an encoder."""
    try:
        return read_card(find_model(name))
    except WeightsError:
        return read_card(find_encoder(name))


def main(
    name: Annotated[str, typer.Argument(help="Name in `asdcfer models`.")],
    run: Annotated[Path, typer.Argument(help="Folder of headline_gpu.py.")],
    stage: Annotated[str, typer.Argument(help="Stage of headline_gpu.py or taught_model.py.")],
    data: Annotated[Path, typer.Option(help="FER-2013 as `asdcfer prepare` writes it.")],
    votes: Annotated[Path, typer.Option(help="fer2013new.csv, the FER+ votes.")],
    start: Annotated[str | None, typer.Option(help="Encoder that it began with.")] = None,
    teacher: Annotated[
        list[str] | None, typer.Option(help="Who taught it; may be repeated.")
    ] = None,
    results: Annotated[
        Path, typer.Option(help="What the training measured; kept in docs/results.")
    ] = RESULTS,
) -> None:
    """Write the model with both classifiers."""
    told = json.loads(results.read_text(encoding="utf-8"))
    about, facts = told["about"], told[stage]
    if results != RESULTS:
        shutil.copyfile(results, RESULTS.with_name(f"taught_{name}.json"))
    script = facts.get("script", "benchmarks/headline_gpu.py")
    if "how" not in facts and not teacher:
        raise SystemExit("name who taught it: --teacher, once for each model")
    recipe = Path(script).stem
    models = heads(*read(run / f"{stage}.safetensors"), facts["temperature"])
    pack = load_pack(data)
    twins = twin_rows(pack, task_of(pack))
    remembering(models[0].encoder)
    for model in models:
        model.card["results"] = card_entries(measured(model, pack, votes, twins, recipe))
    curves = Robustness(images=CORRUPTED).run(
        EvaluationContext(model=models[1], pack=pack, recipe=recipe)
    )
    (models[1].card["robustness"],) = card_entries(curves)
    images = len(pack.rows("train"))
    own = options_of(facts["steps"], images, about["batch"]).model_dump(mode="json")
    names = [Path(one).stem for one in teacher or []]
    how = TRAINED.format(teachers=", ".join(f"`{one}`" for one in names))
    card = {
        "recipe": recipe,
        "seed": 0,
        "commit": PORTS.get(about["commit"], about["commit"]),
        "finetune": facts.get("finetune", own),
        "training": {
            "how": facts.get("how", how),
            "script": script,
            "stage": stage,
            "batch_size": about["batch"],
            "machine": about["machine"],
            **{key: facts[key] for key in ("steps", "seconds", "images_per_second")},
        },
        "data": {
            "source": pack.info.get("source"),
            "pack": pack_hash(pack),
            "votes": "FER+ (Barsoum et al., ICMI 2016)",
            "training_images": images,
        },
        **({"started_from": card_of(start)["hashes"]["weights"]} if start else {}),
        **({"teachers": [card_of(one)["hashes"]["weights"] for one in teacher]} if teacher else {}),
        "tta": False,
        "calibration": "temperature of each label set fitted to PublicTest, one pass",
        "chosen_on": "public",
        "labels": "ferplus",
        **READ_THIS,
        "results": models[0].card["results"],
    }
    path = save_model(WEIGHTS / name, models[0], card, float16=True, others=models[1:])
    print(f"{path}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    typer.run(main)
