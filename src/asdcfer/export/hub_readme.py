"""The README of a shared model: what hubs read of it, and what people should, from its card."""

from collections.abc import Mapping
from typing import Any

import yaml

from asdcfer.evaluation.card_results import card_results
from asdcfer.evaluation.result import Result
from asdcfer.methods.label_use import card_saw_labels
from asdcfer.models.cards import LAW

LIBRARY = "asdcfer"
_MIT = "MIT"
_NAMED = (
    "\nOr by its name on the hub, `hf:user/name`, wherever a model is asked for; "
    "`pip install 'asdcfer[hub]'` brings what fetches it.\n"
)


def hub_readme(name: str, card: Mapping[str, Any], *, onnx: bool = False) -> str:
    """Return the README of a model or an encoder: YAML metadata, then text.

    Args:
        name: of the model, for people.
        card: of the weights, with their results.
        onnx: a file model.onnx lies beside it.

    Example:
        >>> card = {"kind": "encoder", "license": "MIT", "encoder": {"name": "mobile"}}
        >>> text = hub_readme("tiny", card)
        >>> text.splitlines()[:4]
        ['---', 'license: mit', 'library_name: asdcfer', 'pipeline_tag: image-feature-extraction']
    """
    about = yaml.safe_dump(_metadata(name, card), sort_keys=False, allow_unicode=True, width=100)
    parts = [f"---\n{about}---\n", f"# {name}\n", _what(card), _use(card, onnx), _measured(card)]
    parts += [_limits(card), _data(card)]
    return "\n".join(part for part in parts if part)


def _is_model(card: Mapping[str, Any]) -> bool:
    return card.get("kind") == "model"


def _metadata(name: str, card: Mapping[str, Any]) -> dict[str, Any]:
    stated = str(card.get("license") or _MIT)
    told: dict[str, Any] = {"license": "mit" if stated == _MIT else "other"}
    if stated != _MIT:
        told["license_name"] = stated
    told["library_name"] = LIBRARY
    task = "image-classification" if _is_model(card) else "image-feature-extraction"
    told["pipeline_tag"] = task
    labels = not _is_model(card) and card_saw_labels(card)
    learning = [] if labels else ["self-supervised-learning"]
    told["tags"] = ["facial-expression-recognition", *learning, LIBRARY]
    results = [entry for head in _heads(card) for entry in _index(head)]
    if results:
        told["metrics"] = ["accuracy"]
        told["model-index"] = [{"name": name, "results": results}]
    return told


def _heads(card: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return what the card says of each label set."""
    return [card, *(card.get("label_sets") or {}).values()]


def _results(head: Mapping[str, Any]) -> list[Result]:
    """Return the accuracies on whole lists that were not chosen on; corrupted faces are none."""
    return [
        result
        for result in card_results(dict(head))
        if result.curves is None
        and result.groups is None
        and result.spread is None
        and result.evaluated_on not in (result.protocol.chosen_on, "union")
    ]


def _index(head: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "task": {"type": "image-classification", "name": "Facial expression recognition"},
            "dataset": {
                "type": _slug(result.protocol.reported_on),
                "name": result.protocol.reported_on,
                "split": result.evaluated_on,
            },
            "metrics": [
                {
                    "type": "accuracy",
                    "value": round(result.accuracy, 4),
                    "name": f"Accuracy, {_how(result, head)}",
                }
            ],
        }
        for result in _results(head)
    ]


def _slug(text: str) -> str:
    """Return words as a hub names data sets.

    Example:
        >>> _slug("FER+ of PrivateTest")
        'fer-of-privatetest'
    """
    plain = "".join(sign.lower() if sign.isalnum() else " " for sign in text)
    return "-".join(plain.split())


def _how(result: Result, head: Mapping[str, Any]) -> str:
    words = [result.kind.replace("_", " ")]
    if head.get("labels"):
        words.append(f"labels {head['labels']}")
    if result.feature is not None and not head.get("classifier"):
        words.append(f"feature {result.feature.label}")
    if result.protocol.tta != "none":
        words.append(f"face and mirror image ({result.protocol.tta})")
    if result.twins_removed is not None:
        words.append("without near duplicates of training faces")
    return ", ".join(words)


def _what(card: Mapping[str, Any]) -> str:
    kind = "A model" if _is_model(card) else "An encoder"
    names = [f"`{name}`" for name in card.get("expressions", ())]
    knows = f" It answers with {', '.join(names)}." if names else ""
    size = f" {card['parameters']:,} parameters." if card.get("parameters") else ""
    how = (card.get("training") or {}).get("how", "")
    about = ": facial expression recognition that learns without labels."
    if not _is_model(card) and card_saw_labels(card):
        about = ". Its training saw labels of expressions: its own, or those of its teacher."
    return f"{kind} of facial expressions, made with {LIBRARY}{about}{knows}{size}\n" + (
        f"\n{how}\n" if how else ""
    )


def _use(card: Mapping[str, Any], onnx: bool) -> str:
    if not _is_model(card):
        return (
            "## Use\n\nPut `model.safetensors` and `model.json` into one folder:\n\n"
            "```python\nimport asdcfer\n\n"
            'features = asdcfer.embed(faces, "folder/model")  # uint8 faces (N,H,W)\n```\n' + _NAMED
        )
    small = (
        "\nWithout torch: `asdcfer predict photo.jpg --model folder/model.onnx`.\n" if onnx else ""
    )
    return (
        "## Use\n\nPut `model.safetensors` and `model.json` into one folder:\n\n"
        "```sh\nasdcfer predict photo.jpg --model folder/model\n```\n\n"
        "```python\nimport asdcfer\n\n"
        'for face in asdcfer.Recognizer("folder/model")("photo.jpg"):\n'
        "    print(face.box, face.expression, face.confidence)\n```\n" + _NAMED + small
    )


def _measured(card: Mapping[str, Any]) -> str:
    rows = [
        f"| {_how(result, head)} | {result.protocol.reported_on} | {result.images:,} | "
        f"{100 * result.accuracy:.2f} | {100 * result.mean_class_accuracy:.2f} |"
        for head in _heads(card)
        for result in _results(head)
    ]
    if not rows:
        verb = "evaluate" if _is_model(card) else "probe"
        return f"## Measured\n\nNothing was measured: measure it with `asdcfer {verb}`.\n"
    top = "| what | images | number | accuracy, % | mean of classes, % |\n|---|---|---|---|---|\n"
    return f"## Measured\n\n{top}" + "\n".join(rows) + "\n"


def _limits(card: Mapping[str, Any]) -> str:
    given = (card.get(key) for key in ("intended_use", "misuse", "caveats"))
    said = [str(text) for text in given if text] or [
        "An expression is what a face shows in one moment, not what a person feels, thinks or "
        "intends. Do not use it to judge people."
    ]
    if not any(LAW in text for text in said):
        said.append(LAW)
    return "## What it can not tell\n\n" + "\n\n".join(said) + "\n"


def _data(card: Mapping[str, Any]) -> str:
    told = card.get("training_data_license")
    return f"## Data\n\n{told}\n" if told else ""
