"""`asdcfer run`: teacher, student, probes and report in one go."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from asdcfer.cli.shared_options import (
    Device,
    Devices,
    Faces,
    FerPlusVotes,
    Nodes,
    RecipeName,
    RunFolder,
    Strategy,
    TensorBoard,
    changes_of,
)

if TYPE_CHECKING:
    from asdcfer.api_training import Job
    from asdcfer.evaluation.result import Result
    from asdcfer.progress import Progress


def run(
    overrides: Annotated[list[str] | None, changes_of("teacher")] = None,
    recipe: RecipeName = "sample",
    data: Faces = None,
    out: RunFolder = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume", help="Continue a run that was interrupted; finished parts are kept."
        ),
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a run that is there.")] = False,
    ferplus: FerPlusVotes = None,
    device: Device = "auto",
    devices: Devices = 1,
    nodes: Nodes = 1,
    strategy: Strategy = "auto",
    tensorboard: TensorBoard = False,
) -> None:
    """Train a teacher, distill a student, probe both, and draw the report.

    Ends with a table and the path of an HTML report. Ctrl-C leaves a checkpoint; the same command
    with --resume continues from it.

    For example:

      asdcfer run

      asdcfer run --data packs/fer2013 --recipe fer2013_small --out runs/a

      asdcfer run --data packs/fer2013 --recipe fer2013_small --out runs/no_key seed=1 student.options.w_key=0

      asdcfer run --data ~/faces --out runs/mine teacher.epochs=50
    """
    from asdcfer.api_training import start
    from asdcfer.cli.console_progress import ConsoleProgress
    from asdcfer.data.open import votes_beside
    from asdcfer.training.engine.hardware import is_first_process

    progress = ConsoleProgress("steps")
    with progress:
        job = start(
            recipe,
            overrides,
            data,
            out,
            ["teacher", "student"],
            resume,
            force,
            device,
            devices,
            nodes,
            strategy,
            tensorboard,
            progress=progress,
        )
    with job:
        with progress:
            obstacle = why_no_probes(job, progress)
            if job.recipe.teacher is not None:
                job.train("teacher")
            if job.recipe.student is not None:
                job.train("student", teacher=job.teacher())
        if not is_first_process():
            return
        votes = ferplus or (votes_beside(data) if data else None)
        results = [] if obstacle else probed(job, votes)
        report = reported(job)
        show(job, results, obstacle, report)


def why_no_probes(job: "Job", progress: "Progress") -> str:
    """Return why the data cannot be probed, "" where it can; told before hours of training and not
    after them.
    """
    from asdcfer.data.splits import task_of
    from asdcfer.errors import DataError
    from asdcfer.training.engine.hardware import first_only

    try:
        task_of(job.pack)
    except DataError as error:
        first_only(progress).message(f"training goes on without probes at the end: {error}")
        return str(error)
    return ""


def probed(job: "Job", votes: Path | None) -> "list[Result]":
    """Return the results of the probes of every encoder; those of unchanged encoders are read back."""
    from asdcfer.evaluation.probes.context import ProbeContext
    from asdcfer.evaluation.probes.registry import build_probes
    from asdcfer.evaluation.probes.run import for_pooling, run_probes
    from asdcfer.evaluation.result import read_result
    from asdcfer.models.weights import load_encoder, weights_hash
    from asdcfer.reporting.console_tables import Bar
    from asdcfer.training.pretrain.stages import new_encoder

    options, folder = job.recipe.probes, job.out / "probes"
    probes = build_probes(
        options.kinds,
        shares=tuple(options.shares),
        per_class=tuple(options.labels_per_class),
        draws=tuple(range(options.draws)),
    )
    before = job.record.values["stages"].get("probes", {})
    results: list[Result] = []
    done: dict[str, Any] = {}
    with Bar() as bar:
        for name in options.encoders:
            if getattr(job.recipe, "student" if name == "random" else name) is None:
                continue
            encoder = (
                new_encoder(job.recipe, "student", untrained=True).eval()
                if name == "random"
                else load_encoder(job.out / name / "encoder.safetensors")
            )
            key = {
                "weights": weights_hash(encoder),
                "options": options.model_dump(mode="json"),
                "votes": str(votes),
            }
            files = [folder / file for file in before.get(name, {}).get("files", [])]
            if (
                before.get(name, {}).get("key") == key
                and files
                and all(file.is_file() for file in files)
            ):
                found = [read_result(file) for file in files]
            else:
                found = []
                own = encoder.spec.pooling, dict(encoder.spec.pooling_arguments)
                others = [
                    choice
                    for choice in options.poolings
                    if (choice.pooling, choice.arguments) != own
                ]
                for pooling in [None, *others]:
                    context = ProbeContext(
                        encoder=encoder,
                        pack=job.pack,
                        pooling=pooling,
                        tta=options.tta,
                        seed=job.recipe.seed,
                        recipe=job.recipe.name,
                        progress=bar,
                    )
                    found += run_probes(
                        context,
                        for_pooling(probes, own=pooling is None),
                        name=name,
                        out=folder,
                        votes=votes,
                        without_twins=options.without_twins,
                    )
            results += found
            done[name] = {"key": key, "files": [f"{value.file_name}.json" for value in found]}
            job.record.stage("probes", **done)
    return results


def reported(job: "Job") -> Path:
    """Draw the report of the run, which is finished but for it; returns its path."""
    from asdcfer.reporting.page import write_report

    job.record.finish("finished")
    return write_report([job.out], job.out / "report.html")


def show(job: "Job", results: "list[Result]", obstacle: str, report: Path) -> None:
    """Print what came out: health and time of the training, accuracies of the probes, and where the
    report is.
    """
    from rich.table import Table

    from asdcfer.console import table_console

    console = table_console(140)
    stages = job.record.values["stages"]
    table = Table(title="training", title_justify="left")
    for column in ("stage", "health", "feature spread", "directions", "minutes", "weights"):
        table.add_column(
            column, justify="left" if column in {"stage", "health", "weights"} else "right"
        )
    for name in ("teacher", "student"):
        if name in stages:
            health = stages[name].get("health") or {}
            numbers = [
                f"{health.get('feature_spread', 0):.2f}",
                f"{health.get('effective_rank', 0):.1f}",
                f"{stages[name]['seconds'] / 60:.1f}",
            ]
            table.add_row(
                name, health.get("verdict", "?"), *numbers, str(job.out / stages[name]["weights"])
            )
    console.print(table)
    if results:
        console.print(
            accuracies(
                results,
                f"accuracy in percent (95 % interval), {job.recipe.name} on {job.recipe.data.pack}",
            )
        )
        print(
            "frozen encoders; everything chosen on the validation split; each protocol in full, "
            "and "
            "more measures, in the report"
        )
    elif obstacle:
        print(f"no probes: {obstacle}")
    print(f"report: {report}")


def accuracies(results: "list[Result]", title: str) -> Any:
    """Return a table with a row for each encoder, feature and probe, and a column for each list of
    images that is reported on.
    """
    from rich.table import Table

    from asdcfer.reporting.console_tables import label_of

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
