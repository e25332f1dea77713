"""The headline on one GPU in minutes.

    python benchmarks/headline_gpu.py packs/fer2013 --votes fer2013new.csv --minutes 8

Teacher, imitation, forms of ASDC, equal-time arms, a light encoder, few labels, fine-tuning for
two label sets, terms removed.

Stages run in order of worth, each for its share of the time that is left, and write their results
as soon as they are there (results.json, weights as float16 safetensors). Nothing is chosen on
PrivateTest. PublicTest chooses penalties, temperatures, the form of the method that the arms are
trained with, and which of their students goes on.
"""

import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import torch
import typer
from gpu_distillation import (
    ASDC_OPTIONS,
    arms,
    choose_form,
    fisher_targets,
    imitate,
    imitate_teacher,
    light_encoder,
    projector_of,
    removals,
)
from gpu_few_labels import few_labels
from gpu_run import SHARES, Run, load_faces
from gpu_stages import Committee, shipped, supervised

from asdcfer.models.encoder import Encoder
from asdcfer.models.find_weights import shipped_names
from asdcfer.models.heads import Projector
from asdcfer.provenance import commit

SHIPPED = ("resnet18_finetuned", "light", "nano")
"""Models that say what they see while others are fine-tuned, where the package has them."""
NEEDED = {"imitation", "deep_teacher", "teacher_imitation", "forms", "arms"}
"""Stages that all others stand on."""
BEFORE = {"light_encoder": "light_imitation", "finetuned": "wide_finetuned"}
"""Stage -> the stage that it begins with."""


def wanted_stages(only: str) -> set[str]:
    """Return the stages of `--only`, and those that they stand on; all where it is empty.

    Raises:
        BadParameter: a name is none.

    Example:
        >>> sorted(wanted_stages("finetuned") - NEEDED)
        ['finetuned', 'wide_finetuned']
    """
    named = set(only.split(",")) if only else set(SHARES)
    if unknown := named - set(SHARES):
        raise typer.BadParameter(
            f"no stage is named {', '.join(sorted(unknown))}; there are {', '.join(SHARES)}"
        )
    return named | NEEDED | {BEFORE[name] for name in named & BEFORE.keys()}


def main(
    pack: Annotated[Path, typer.Argument(help="FER-2013 as `asdcfer prepare` writes it.")],
    votes: Annotated[Path, typer.Option(help="fer2013new.csv, the FER+ votes.")],
    out: Annotated[Path, typer.Option(help="Folder of results and weights.")] = Path(
        "runs/headline_gpu"
    ),
    minutes: Annotated[float, typer.Option(help="Time for everything.")] = 8.0,
    width: Annotated[int, typer.Option(help="Channels of the student's first stage.")] = 48,
    teacher_width: Annotated[
        int, typer.Option(help="Channels of the deep teacher's first stage.")
    ] = 96,
    batch: Annotated[int, typer.Option(help="Images of an update.")] = 256,
    components: Annotated[int, typer.Option(help="Gaussians of the Fisher vectors.")] = 256,
    dims: Annotated[int, typer.Option(help="Numbers of the Fisher vectors.")] = 1024,
    descriptors: Annotated[
        int, typer.Option(help="Descriptors that the mixture is learnt from.")
    ] = 400_000,
    seeds: Annotated[
        int, typer.Option(help="Seeds of the equal-time arms, and draws of the few labels.")
    ] = 3,
    twin_rows: Annotated[
        Path | None,
        typer.Option(
            help="Rows of test images with a twin in training (.npy); found anew where not given."
        ),
    ] = None,
    only: Annotated[
        str, typer.Option(help="Stages to run, by comma; those they stand on run anyway.")
    ] = "",
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    capture: Annotated[bool, typer.Option(help="Record updates as CUDA graphs.")] = True,
    revision: Annotated[
        str, typer.Option(help="Commit of this source, where it is run without its repository.")
    ] = "",
) -> None:
    """Run the stages in order of worth until the time is over."""
    begun = time.perf_counter()
    wanted = wanted_stages(only)
    where = torch.device(
        "cuda"
        if device == "auto" and torch.cuda.is_available()
        else "cpu"
        if device == "auto"
        else device
    )
    torch.set_float32_matmul_precision("high")
    torch.backends.cudnn.allow_tf32 = True
    torch.manual_seed(0)
    out.mkdir(parents=True, exist_ok=True)
    run = Run(
        load_faces(pack, votes, twin_rows),
        out,
        where,
        minutes,
        batch,
        capture,
        width,
        teacher_width,
        seeds,
        begun,
    )
    run.left = {name: share for name, share in SHARES.items() if name in wanted}
    machine = torch.cuda.get_device_name(0) if where.type == "cuda" else "cpu"
    run.keep(
        "about",
        {
            "commit": revision or commit(),
            "machine": machine,
            "torch": torch.__version__,
            "minutes": minutes,
            "batch": batch,
            "width": width,
            "teacher_width": teacher_width,
            "asdc": ASDC_OPTIONS.model_dump(mode="json"),
            "capture": capture,
        },
    )
    targets = fisher_targets(run, components, dims, descriptors)
    start = imitate(run, "imitation", width, targets)
    deep = imitate(run, "deep_teacher", teacher_width, targets)
    teacher = (deep, projector_of(run, deep))
    del targets
    start = imitate_teacher(run, start, teacher)
    form = choose_form(run, start, teacher)
    student = arms(run, start, teacher, form)
    later_stages(run, wanted, start, teacher, student, form)
    run.keep("finished", {"seconds": round(time.perf_counter() - begun, 1)})
    if failed := [name for name in run.results if name.endswith("_failed")]:
        raise SystemExit(f"{out / 'results.json'} says why: {', '.join(failed)}")


def later_stages(
    run: Run,
    wanted: set[str],
    start: Encoder,
    teacher: tuple[Encoder, Projector],
    student: Encoder,
    form: str,
) -> None:
    """Run what stands on the student; a stage that fails is told and the others go on."""
    if "light_encoder" in wanted:
        guarded(run, "light_encoder", lambda: light_encoder(run, student, form))
    if "few_labels" in wanted:
        seconds = run.seconds_for("few_labels") / run.seeds
        for draw in range(run.seeds):
            guarded(
                run,
                f"few_labels_{draw}",
                lambda draw=draw: few_labels(run, student, seconds, draw),
            )
    if "finetuned" in wanted:
        guarded(run, "finetuned", lambda: finetuned(run, teacher[0]))
    if "removals" in wanted:
        guarded(run, "removals", lambda: removals(run, start, teacher, form))


def finetuned(run: Run, wide: Encoder) -> None:
    """Fine-tune the deep teacher under the shipped models, then the first of these under all."""
    known = [shipped(name, run.device) for name in SHIPPED if name in shipped_names()]
    told = Committee(known, share=0.5).to(run.device)
    model = supervised(
        run,
        "wide_finetuned",
        wide,
        run.seconds_for("wide_finetuned"),
        rate=1e-3,
        layer_decay=0.85,
        teacher=told,
        save=False,
    )
    heats = run.results["wide_finetuned"]["temperature"]
    told = Committee([(model, (heats["ferplus"], heats["fer2013"])), *known]).to(run.device)
    supervised(
        run,
        "finetuned",
        known[0][0],
        run.seconds_for("finetuned"),
        rate=8e-4,
        layer_decay=1.0,
        teacher=told,
    )


def guarded(run: Run, name: str, stage: Callable[[], Any]) -> Any:
    """Run a stage; where it fails, keep what went wrong and return None."""
    try:
        return stage()
    except Exception:
        run.keep(f"{name}_failed", {"error": traceback.format_exc()[-2000:]})
        run.left.pop(name, None)
        return None


if __name__ == "__main__":
    typer.run(main)
