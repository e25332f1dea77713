"""`asdcfer models`: the weights in the package."""

from typing import Annotated, Any

import typer

from asdcfer.models.cards import SAW_LABELS, tells_of_labels

MARKS = {
    "features": (
        "mirror",
        (
            "the probe sees the mean feature of face and mirror image, in training and test: "
            "asdcfer probe --tta features"
        ),
    ),
    "logits": (
        "mirror logits",
        (
            "the probe is trained on faces and mirror images, and their logits are averaged: "
            "asdcfer probe --tta logits"
        ),
    ),
    "probabilities": (
        "flip",
        (
            "test-time flip, the probabilities of face and mirror image are averaged: asdcfer "
            "evaluate --tta"
        ),
    ),
}
"""What was averaged over face and mirror image -> the word behind such a number, its meaning."""


def models(
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole cards as JSON.")] = False,
) -> None:
    """List the weights in the package.

    The list tells name, encoder, size, license, what was measured, and whether with mirror images.

    For example:

      asdcfer models

      asdcfer models --json

      asdcfer predict photo.jpg --model light
    """
    import json

    from asdcfer.models.find_weights import list_models

    cards = [{**card, SAW_LABELS: tells_of_labels(card)} for card in list_models()]
    if as_json:
        print(
            json.dumps(
                [{**card, "measured": measured_results(card)} for card in cards],
                indent=1,
                ensure_ascii=False,
            )
        )
        return
    if not cards:
        print(
            "no weights are in the package; train your own with: asdcfer run, and name them by "
            "their path"
        )
        return
    _print_cards(cards)


def _print_cards(cards: list[dict[str, Any]]) -> None:
    from rich.table import Table

    from asdcfer.console import table_console

    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in (
        "name",
        "kind",
        "learnt by",
        "encoder",
        "feature",
        "parameters",
        "file",
        "expressions",
        "measured",
        "license",
    ):
        # Names and numbers are typed and compared: they are never cut.
        table.add_column(
            column,
            justify="right" if column in ("feature", "parameters", "file") else "left",
            no_wrap=column != "measured",
        )
    for card in cards:
        table.add_row(*_row(card))
    table_console(160, least=120).print(table)
    used = {value["tta"] for card in cards for value in measured_results(card)}
    for tta, (mark, words) in MARKS.items():
        if tta in used:
            print(f"({mark}) {words}")


def _row(card: dict[str, Any]) -> list[str]:
    name = card["name"] + "".join(f" (= {alias})" for alias in card["aliases"])
    return [
        name,
        card.get("kind", "-"),
        _learnt_by(card),
        card["encoder"].get("name", "-"),
        f"{card.get('feature_dim', 0):,}",
        f"{card.get('parameters', 0) / 1e6:.2f} M",
        f"{card['bytes'] / 2**20:.1f} MiB",
        " or ".join(
            str(len(head["expressions"])) for head in _heads(card).values() if "expressions" in head
        )
        or "-",
        _measured(card),
        card.get("license", "-"),
    ]


def _learnt_by(card: dict[str, Any]) -> str:
    """Return the method that made the weights, or fine-tuning."""
    if card.get("kind") == "model":
        return "fine-tuning"
    method = str((card.get("stage") or {}).get("method", "-"))
    return f"{method}, labels seen" if card[SAW_LABELS] else method


def _heads(card: dict[str, Any]) -> dict[str | None, dict[str, Any]]:
    """Return what a card says of each label set; of the one without a name, for most weights."""
    return {card.get("labels"): card, **(card.get("label_sets") or {})}


def measured_results(card: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the accuracies on whole test splits that a card states of the weights' own feature.

    Each label set is measured under its own labels.

    Returns:
        One for each: `labels` (None without several sets), `kind`, `evaluated_on` and `accuracy`;
        `tta` is "none", "features" or "logits" as in `asdcfer probe --tta`, or "probabilities"
        (test-time flip); `protocol` is a sentence.
    """
    from asdcfer.evaluation.card_results import card_results

    own = card["encoder"].get("pooling")
    return [
        {
            "labels": labels,
            "kind": r.kind,
            "evaluated_on": r.evaluated_on,
            "accuracy": r.accuracy,
            "tta": r.protocol.tta,
            "protocol": str(r.protocol),
        }
        for labels, head in _heads(card).items()
        for r in card_results(head)
        if r.evaluated_on in ({"ferplus"} if labels == "ferplus" else {"private", "test"})
        and r.twins_removed is None
        and (r.feature is None or r.feature.pooling == own)
    ]


def _measured(card: dict[str, Any]) -> str:
    """Return what was measured in a few words; `--json` has them all."""
    marks = {tta: f" ({mark})" for tta, (mark, _) in MARKS.items()}
    return (
        ", ".join(
            f"{r['labels'] or r['kind'].replace('_', ' ')} {100 * r['accuracy']:.1f} %"
            f"{marks.get(r['tta'], '')}"
            for r in measured_results(card)
        )
        or "-"
    )
