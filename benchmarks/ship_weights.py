r"""Put a trained encoder or a fine-tuned model into the package, with the card for its users.

    asdcfer probe runs/light --data packs/fer2013 --kinds knn,linear --without-twins \
        --out runs/light/probes
    asdcfer finetune runs/light --data packs/fer2013 --out runs/light/finetune --float16
    asdcfer evaluate runs/light/finetune --data packs/fer2013 --axes robustness \
        --out runs/light/measured
    asdcfer finetune runs/light --data packs/fer2013 --out runs/light/frozen \
        epochs=0 classifier_start=probe
    asdcfer evaluate runs/light/frozen --data packs/fer2013 --axes robustness \
        --out runs/light/frozen/measured
    python benchmarks/ship_weights.py light_encoder --encoder runs/light/student \
        --results runs/light/probes \
        --robustness runs/light/frozen/measured/robustness-grid-private.json
    python benchmarks/ship_weights.py light --model runs/light/finetune \
        --results runs/light/finetune/probes \
        --robustness runs/light/measured/robustness-grid-private.json \
        --curve runs/light/finetune/metrics.csv
    asdcfer export light src/asdcfer/weights/light.onnx --data packs/fer2013 --split public

Numbers are only ever read from the files that those commands wrote.
"""

import argparse
import re
import shutil
from pathlib import Path
from typing import Any

from asdcfer.evaluation.card_results import card_entries
from asdcfer.evaluation.result import read_result
from asdcfer.models.cards import LAW, read_card
from asdcfer.models.find_weights import find_encoder
from asdcfer.models.weights import load_encoder, load_model, save_encoder, save_model

ROOT = Path(__file__).parents[1]
WEIGHTS = ROOT / "src" / "asdcfer" / "weights"
CURVES = ROOT / "docs" / "results" / "curves"
READ_THIS = {
    "intended_use": (
        "Counting and locating shown expressions in pictures and films where the people in them "
        "agreed to it: research on expressions, sorting "
        "one's own photos, checking what an actor or an avatar shows."
    ),
    "misuse": (
        "It says what a face shows in one picture, not what a person feels, means or will do. "
        "Do not use it to judge people: hiring, policing, border control, "
        f"schooling, health, insurance, advertising aimed at a person. {LAW}"
    ),
    "caveats": (
        "FER-2013 was gathered by web search in 2013 and labeled quickly: its labels are noisy, "
        "disgust and fear are rare or confused, and age, skin tone, "
        "culture, glasses, beards and veils are not recorded, so nothing is known of how well it "
        "does for any group of people; expect it to be worse for faces that are "
        "rare on the web of that time. About a fifth of its test images have a near duplicate in "
        "training: see the results without twins."
    ),
    "training_data_license": (
        "FER-2013 (Goodfellow et al., Challenges in Representation Learning, 2013): free for "
        "research."
    ),
}


def main() -> None:
    """Read what was measured, complete the card, write the file."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", help="name in `asdcfer models`")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--encoder", type=Path, help="folder or file of a frozen encoder")
    source.add_argument("--model", type=Path, help="folder of a fine-tuned model")
    parser.add_argument(
        "--results",
        type=Path,
        nargs="+",
        required=True,
        help="folders of the JSON files of its results",
    )
    parser.add_argument(
        "--robustness",
        type=Path,
        help="its robustness result, of asdcfer evaluate --axes robustness",
    )
    parser.add_argument(
        "--curve", type=Path, help="metrics.csv of the training, kept in docs/results/curves"
    )
    parser.add_argument(
        "--trained-from",
        metavar="COMMIT",
        help="where the card says `installed`: the commit that the installed source was made of",
    )
    options = parser.parse_args()
    if options.model is not None:
        model = load_model(options.model / "model.safetensors")
        save_model(WEIGHTS / options.name, model, completed(model.card, options), float16=True)
    else:
        encoder = load_encoder(options.encoder)
        save_encoder(
            WEIGHTS / options.name,
            encoder,
            completed(encoder.load_report.card, options),
            float16=True,
        )
    if options.curve is not None:
        CURVES.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(options.curve, CURVES / f"{options.name}.csv")
    files = sorted(WEIGHTS.glob(f"{options.name}.*"))
    sizes = ", ".join(f"{p.name} {p.stat().st_size:,} bytes" for p in files)
    print(f"{options.name}: {sizes}")


def completed(card: Any, options: argparse.Namespace) -> dict[str, Any]:
    """Return the card with results, robustness, and what to know before using it."""
    own = {
        key: value
        for key, value in dict(card).items()
        if key not in {"hashes", "format", "name", "metrics", "projector"}
    }
    stage = own.get("stage") or {}
    if stage.get("start") and not re.fullmatch("[0-9a-f]{64}", stage["start"]):
        # Where weights lay means nothing to others; which they were does.
        own["stage"] = stage | {
            "start": read_card(find_encoder(stage["start"]))["hashes"]["weights"]
        }
    found = [
        read_result(path) for folder in options.results for path in sorted(folder.glob("*.json"))
    ]
    # A probe that two folders hold is stated once.
    once = {
        value.file_name: value
        for value in found
        if value.curves is None and (not options.encoder or value.encoder in ("", "student"))
    }
    if own.get("commit") == "installed" and options.trained_from:
        own["commit"] = options.trained_from
    if str(own.get("commit", "")).endswith("-dirty"):
        print(f"{options.name}: trained from a changed checkout, {own['commit']}; its card says so")
    if options.robustness is not None:
        (own["robustness"],) = card_entries([read_result(options.robustness)])
        if options.encoder is not None:
            own["robustness"]["model"] = (
                "the frozen encoder with the linear probe of its feature: asdcfer finetune "
                "ENCODER epochs=0 classifier_start=probe"
            )
    return {**own, **READ_THIS, "results": card_entries(once.values())}


if __name__ == "__main__":
    main()
