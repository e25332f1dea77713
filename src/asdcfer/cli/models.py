"""`asdcfer models`: the weights in the package."""

from typing import Annotated, Any

import typer


def models(as_json: Annotated[bool, typer.Option("--json", help="Print the whole cards as JSON.")] = False) -> None:
    """List the weights in the package: name, encoder, size, licence and what was measured.

    Examples:

      asdcfer models

      asdcfer models --json

      asdcfer predict photo.jpg --model light
    """
    import json

    from asdcfer.encoders.cards import list_models

    cards = list_models()
    if as_json:
        print(json.dumps(cards, indent=1, ensure_ascii=False))
        return
    if not cards:
        print("no weights are in the package; train your own with: asdcfer run, and name them by their path")
        return
    from rich.table import Table

    from asdcfer.consoles import table_console

    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("name", "kind", "learnt by", "encoder", "feature", "parameters", "file", "expressions", "measured", "licence"):
        # Names and numbers are typed and compared: they are never cut.
        table.add_column(column, justify="right" if column in ("feature", "parameters", "file") else "left", no_wrap=column != "measured")
    for card in cards:
        table.add_row(*_row(card))
    table_console(160, least=120).print(table)


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
        str(len(card["expressions"])) if card.get("expressions") else "-",
        _measured(card),
        card.get("licence", "-"),
    ]


def _learnt_by(card: dict[str, Any]) -> str:
    """Return the method that made the weights: `imitation`, `asdc`, `moco`, or fine-tuning on labels."""
    if card.get("finetune"):
        return "fine-tuning"
    return (card.get("stage") or {}).get("method", "-")


def _measured(card: dict[str, Any]) -> str:
    """Return the accuracies of the weights' own feature on whole test splits that the card states, in a few words; `--json` has them all."""
    own = card["encoder"].get("pooling")
    results = card.get("results") or {}
    entries = results.items() if isinstance(results, dict) else [(r.get("kind", "?"), r) for r in results if isinstance(r, dict)]
    found = [
        f"{kind.replace('_', ' ')} {100 * r['accuracy']:.1f} %" for kind, r in entries
        if isinstance(r, dict) and isinstance(r.get("accuracy"), float) and r.get("evaluated_on", "test") in {"private", "test"}
        and (r.get("feature") or {}).get("pooling", own) == own
    ]  # fmt: skip
    return ", ".join(found) or "-"
