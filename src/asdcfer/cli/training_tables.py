"""What `run`, `pretrain` and `distill` print: weights, health, times, accuracies, the report."""

from typing import TYPE_CHECKING

from rich.table import Table

from asdcfer.console import table_console
from asdcfer.reporting.console_tables import label_of

if TYPE_CHECKING:
    from asdcfer.api.train import TrainedRun, TrainedStage
    from asdcfer.evaluation.result import Result


def say_trained(stage: "TrainedStage") -> None:
    """Print where the weights of a stage are, once over all processes."""
    from asdcfer.training.engine.hardware import is_first_process

    if is_first_process():
        print(f"{stage.section}: {stage.weights}")


def print_run(found: "TrainedRun") -> None:
    """Print what came out of a run: health and time of training, accuracies, and the report."""
    if found.report is None:
        return
    console = table_console(140)
    console.print(_stages(found))
    if found.results:
        title = f"accuracy in percent (95 % interval), {found.recipe.name}"
        console.print(accuracies(found.results, f"{title} on {found.recipe.data.pack}"))
        print(
            "frozen encoders; everything chosen on the validation split; each protocol in full, "
            "and more measures, in the report"
        )
    elif found.without_probes:
        print(f"no probes: {found.without_probes}")
    print(f"report: {found.report}")


def _stages(found: "TrainedRun") -> Table:
    table = Table(title="training", title_justify="left")
    left = {"stage", "health", "weights"}
    for column in ("stage", "health", "feature spread", "directions", "minutes", "weights"):
        table.add_column(column, justify="left" if column in left else "right")
    for stage in found.stages:
        health = stage.health or {}
        table.add_row(
            stage.section,
            health.get("verdict", "?"),
            f"{health.get('feature_spread', 0):.2f}",
            f"{health.get('effective_rank', 0):.1f}",
            f"{stage.seconds / 60:.1f}",
            str(stage.weights),
        )
    return table


def accuracies(results: "list[Result]", title: str) -> Table:
    """Return a table of accuracies.

    Each encoder, feature and probe has a row; each list of images that is reported on a column.
    """
    test_sets = list(dict.fromkeys(result.test_set for result in results))
    rows: dict[str, dict[str, str]] = {}
    for result in results:
        low, high = result.interval
        rows.setdefault(label_of(result), {})[result.test_set] = (
            f"{result.accuracy:.1%} ({100 * low:.1f} to {100 * high:.1f})"
        )
    table = Table(title=title, title_justify="left")
    table.add_column("probe")
    for name in test_sets:
        table.add_column(name, justify="right")
    for label, found in rows.items():
        table.add_row(label, *(found.get(name, "") for name in test_sets))
    return table
