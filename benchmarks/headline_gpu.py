"""The headline on one GPU in minutes.

    python benchmarks/headline_gpu.py packs/fer2013 --votes fer2013new.csv --minutes 8

Teacher, imitation, ASDC, equal-time arms, fine-tuning for two label sets, few labels.

Stages run in order of worth, each for its share of the time that is left, and write their results
as soon as they are there (results.json, weights as float16 safetensors). Nothing is chosen on
PrivateTest: penalties and temperatures are chosen on PublicTest, and no stage is repeated for a
better number.
"""

import copy
import dataclasses
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import torch
import typer
from gpu_few_labels import few_labels
from gpu_probe import features, probe
from gpu_run import SHARES, Run, load_faces
from gpu_stages import supervised
from timed_training import Average, Plan, Timed, build_adamw, train_for
from torch import Tensor

from asdcfer.augmentation.views import ViewMaker, ViewOptions
from asdcfer.methods.asdc import Asdc
from asdcfer.methods.asdc_options import AsdcOptions
from asdcfer.methods.feature_distillation import FeatureDistillation, FeatureDistillationOptions
from asdcfer.methods.method import Method
from asdcfer.methods.principal_projector import principal_projector
from asdcfer.methods.teacher import Teacher
from asdcfer.models.encoder import Encoder, EncoderSpec
from asdcfer.models.heads import Projector
from asdcfer.models.registry import build_encoder
from asdcfer.provenance import commit

IMITATION_VIEWS = ViewOptions(views=1, crop_area=(0.7, 1.0), rotate=10, gamma=0.5, erase=0.3)
ASDC_VIEWS = ViewOptions(
    views=2, crop_area=(0.7, 1.0), rotate=10, gamma=0.4, erase=0.25, warp_negatives=1
)
ASDC_OPTIONS = AsdcOptions(
    queue_size=4096,
    temperature=0.2,
    momentum_start=0.99,
    momentum_end=0.999,
    projector_hidden=2048,
    projector_dim=256,
    teacher_side="view",
    teacher_mirror=True,
    teacher_views="sampled",
    student_maps=(1, 2, 3),
    teacher_maps=(1, 2, 3),
    joint_cells=3,
    query_form="regression",
    query_projector="own",
    query_layers=1,
    neighbors_ignored=0.1,
    contrast_rise=(0.3, 0.6),
    w_contrastive=0.1,
    w_joint=0.5,
    w_query=2.0,
    w_key=0.5,
)


def fisher_targets(run: Run, components: int, dims: int, descriptors: int) -> Tensor:
    """Return the Fisher vectors of the training faces, mean 0 and mean square 1, (N,dims).

    The encoder is fitted to the same faces without labels.
    """
    begun = time.perf_counter()
    spec = EncoderSpec(
        name="fisher", arguments={"components": components, "dims": dims, "whitening": 0.5}
    )
    fisher = build_encoder(spec).to(run.device)
    images = run.faces.images("train")
    fisher.fit(images, descriptors=descriptors)
    found = torch.from_numpy(features(fisher, images)).to(run.device)
    found = found - found.mean(0)
    run.keep(
        "fisher",
        {"seconds": round(time.perf_counter() - begun, 1), "components": components, "dims": dims},
    )
    return found / found.square().mean().sqrt()


def learn(
    run: Run,
    name: str,
    method: Method,
    seconds: float,
    views: ViewOptions,
    *,
    rate: float,
    seed: int = 0,
    most: int | None = None,
) -> tuple[Timed, Average]:
    """Train a method for a time; returns what it came to and the averaged encoder."""
    makers = {side: ViewMaker(views.model_copy(update={"size": side})) for side in (32, 40, 48)}
    images = run.faces.tensor("train", run.device)
    method.to(run.device, memory_format=torch.channels_last).train()
    if isinstance(method, Asdc):
        method.prepare(images)
    average = Average(method.encoder)
    heads = (
        [method.head]
        if isinstance(method, FeatureDistillation)
        else [method.queries.projector]
        if isinstance(method, Asdc)
        else []
    )
    head = Average(heads[0]) if heads else None

    def loss_of(rows: Tensor, side: int) -> Any:
        made = makers[side](images[rows], method.encoder.preprocessing, None, rows)
        crops = [crop.contiguous(memory_format=torch.channels_last) for crop in made.crops]
        made = dataclasses.replace(made, crops=crops)
        with torch.autocast(
            run.device.type, torch.bfloat16, enabled=run.device.type == "cuda", cache_enabled=False
        ):
            return method.training_step(made)

    optimizer = build_adamw([{"params": list(method.parameters()), "peak": rate}], run.device, 0.02)
    warm = 3 if not isinstance(method, Asdc) else ASDC_OPTIONS.queue_size // run.batch + 3
    timed = train_for(
        name,
        seconds,
        loss_of,
        optimizer,
        len(images),
        run.batch,
        Plan(
            device=run.device,
            seed=seed,
            averages=[one for one in (average, head) if one],
            after=method.after_step,
            capture=run.capture,
            warm=warm,
            most=most,
        ),
    )
    average.head = head.module if head else None
    return timed, average


def imitate(run: Run, stage: str, width: int, targets: Tensor) -> tuple[Encoder, Projector]:
    """Train a deep encoder to say the targets of a face from any view of it, linearly.

    Returns:
        The encoder, and a teacher's projector to its principal directions.
    """
    seconds = run.seconds_for(stage)
    timed, average = learn(
        run, stage, imitation_of(run.encoder(width), targets), seconds, IMITATION_VIEWS, rate=2e-3
    )
    run.keep(stage, {**probe(run, average.module, full=False), "width": width, **timed.facts()})
    return average.module, projector_of(run, average.module)


def imitate_teacher(run: Run, start: Encoder, teacher: tuple[Encoder, Projector]) -> Encoder:
    """Train the start on to say the deep teacher's principal directions, linearly.

    It is where ASDC starts from, and imitation alone in the arms: what ASDC adds then is not what a
    longer imitation would have given.
    """
    targets = answers(run, Teacher(*teacher, mirror_mean=True))
    method = imitation_of(copy.deepcopy(start).train().requires_grad_(True), targets)
    seconds = run.seconds_for("teacher_imitation")
    timed, average = learn(run, "teacher_imitation", method, seconds, IMITATION_VIEWS, rate=1e-3)
    run.keep("teacher_imitation", {**probe(run, average.module, full=False), **timed.facts()})
    return average.module


@torch.no_grad()
def projector_of(run: Run, encoder: Encoder, dims: int = 1024, whitening: float = 0.5) -> Projector:
    """Return the linear projector to the principal directions of an encoder's mean feature.

    The feature is averaged over face and mirror image; the output has mean 0 and mean square 1.
    """
    images = run.faces.images("train")
    found = torch.from_numpy(features(encoder, images)).to(run.device)
    found = (found + torch.from_numpy(features(encoder, images, hflip=True)).to(run.device)) / 2
    return principal_projector(found, dims, whitening)


def imitation_of(
    encoder: Encoder, targets: Tensor, options: FeatureDistillationOptions | None = None
) -> FeatureDistillation:
    """Return the method with targets that are there already, under a linear head by default."""
    # The real teacher has spoken: a stand-in of the targets' width takes its place.
    stand_in = build_encoder(
        EncoderSpec(name="fisher", arguments={"components": 1, "dims": targets.shape[1]})
    )
    method = FeatureDistillation(encoder, stand_in, options or FeatureDistillationOptions())
    method.targets = targets
    return method


@torch.no_grad()
def answers(run: Run, teacher: Teacher) -> Tensor:
    """Return the teacher's query of every training face, mean over face and mirror image, (N,D)."""
    found = []
    images = run.faces.tensor("train", run.device)
    for part in images.split(512):
        x = teacher.encoder.preprocessing.batch(part).contiguous(memory_format=torch.channels_last)
        with torch.autocast(run.device.type, torch.bfloat16, enabled=run.device.type == "cuda"):
            found.append(teacher(x, with_maps=False).query)
    found = torch.cat(found)
    found = found - found.mean(0)
    return found / found.square().mean().sqrt()


def asdc(
    run: Run,
    stage: str,
    start: Encoder,
    teacher: tuple[Encoder, Projector],
    seconds: float,
    *,
    seed: int = 0,
    full: bool = True,
    change: dict[str, Any] | None = None,
) -> tuple[Encoder, Projector]:
    """Distill a teacher into a student inside contrastive learning, with all four terms.

    Args:
        run: the run.
        stage: name of the result.
        start: the student's weights.
        teacher: the deep teacher and its projector.
        seconds: time to train.
        seed: of everything random.
        full: measure more than the linear probe.
        change: settings that differ from `ASDC_OPTIONS`.
    """
    method = Asdc(
        copy.deepcopy(start).train().requires_grad_(True),
        Teacher(*copy.deepcopy(teacher), mirror_mean=True),
        ASDC_OPTIONS.model_copy(update=change or {}),
    )
    timed, average = learn(run, stage, method, seconds, ASDC_VIEWS, rate=5e-4, seed=seed)
    run.keep(stage, {**probe(run, average.module, full=full), "seed": seed, **timed.facts()})
    return average.module, teacher[1]


def arms(run: Run, start: Encoder, teacher: tuple[Encoder, Projector]) -> None:
    """Compare imitation alone with all four terms of the method, from one start, in equal time."""
    seconds = run.seconds_for("arms") / (2 * run.seeds)
    bank = answers(run, Teacher(*teacher, mirror_mean=True))
    for seed in range(run.seeds):
        asdc(run, f"arm_asdc_{seed}", start, teacher, seconds, seed=seed, full=False)
        method = imitation_of(copy.deepcopy(start).train().requires_grad_(True), bank)
        timed, average = learn(
            run, f"arm_imitation_{seed}", method, seconds, IMITATION_VIEWS, rate=5e-4, seed=seed
        )
        run.keep(
            f"arm_imitation_{seed}",
            {**probe(run, average.module, full=False), "seed": seed, **timed.facts()},
        )


REMOVALS: dict[str, dict[str, Any]] = {
    "contrastive": {"w_contrastive": 0.0},
    "joint": {"w_joint": 0.0},
    "query": {"w_query": 0.0},
    "key": {"w_key": 0.0},
    "warp": {"warp_weight": 0.0},
    "balanced": {"balance_step": 3},
}
"""Name of an arm -> what differs from all four terms in it; "balanced" takes nothing away and
scales the terms alike."""


def removals(run: Run, start: Encoder, teacher: tuple[Encoder, Projector]) -> None:
    """Train with one term removed, each for an equal part of the time, one seed."""
    seconds = run.seconds_for("removals") / len(REMOVALS)
    for name, change in REMOVALS.items():
        asdc(run, f"arm_without_{name}", start, teacher, seconds, full=False, change=change)


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
    wanted = set(only.split(",")) if only else set(SHARES)
    run.left = {
        name: share
        for name, share in SHARES.items()
        if name in wanted or name in {"imitation", "deep_teacher", "teacher_imitation", "asdc"}
    }
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
    start, _ = imitate(run, "imitation", width, targets)
    teacher = imitate(run, "deep_teacher", teacher_width, targets)
    del targets
    start = imitate_teacher(run, start, teacher)
    student = asdc(run, "asdc", start, teacher, run.seconds_for("asdc"))
    run.save("asdc", student[0])
    run.save("start", start)
    later_stages(run, wanted, start, teacher, student)
    run.keep("finished", {"seconds": round(time.perf_counter() - begun, 1)})


def later_stages(
    run: Run,
    wanted: set[str],
    start: Encoder,
    teacher: tuple[Encoder, Projector],
    student: tuple[Encoder, Projector],
) -> None:
    """Run what stands on the student; a stage that fails is told and the others go on."""
    width = run.width
    model = None
    if "finetuned" in wanted:
        model = guarded(
            run,
            "finetuned",
            lambda: supervised(
                run,
                "finetuned",
                student[0],
                run.seconds_for("finetuned"),
                rate=1e-3,
                layer_decay=0.85,
            ),
        )
    if "arms" in wanted:
        guarded(run, "arms", lambda: arms(run, start, teacher))
    if "removals" in wanted:
        guarded(run, "removals", lambda: removals(run, start, teacher))
    light = None
    if "light_encoder" in wanted:
        light = guarded(run, "light_encoder", lambda: light_encoder(run, student[0]))
    if "light" in wanted and model is not None and light is not None:
        guarded(
            run,
            "light",
            lambda: supervised(
                run,
                "light",
                light,
                run.seconds_for("light"),
                rate=2e-3,
                layer_decay=0.9,
                teacher=model,
            ),
        )
    if "nano" in wanted and model is not None:
        small = run.encoder(max(4, 9 * width // 48), (4, 4, 3))
        guarded(
            run,
            "nano",
            lambda: supervised(
                run,
                "nano",
                small,
                run.seconds_for("nano"),
                rate=4e-3,
                layer_decay=1.0,
                teacher=model,
            ),
        )
    if "few_labels" in wanted:
        seconds = run.seconds_for("few_labels") / run.seeds
        for draw in range(run.seeds):
            guarded(
                run,
                f"few_labels_{draw}",
                lambda draw=draw: few_labels(run, student[0], seconds, draw),
            )


def light_encoder(run: Run, student: Encoder) -> Encoder:
    """Distill the student into half its width.

    Imitation of its principal directions comes first, then all four terms under it.
    """
    teacher = (student, projector_of(run, student))
    method = imitation_of(
        run.encoder(run.width // 2, (6, 6, 3)),
        answers(run, Teacher(*copy.deepcopy(teacher), mirror_mean=True)),
    )
    timed, average = learn(
        run,
        "light_imitation",
        method,
        run.seconds_for("light_imitation"),
        IMITATION_VIEWS,
        rate=2e-3,
    )
    run.keep("light_imitation", {**probe(run, average.module, full=False), **timed.facts()})
    light, _ = asdc(
        run, "light_encoder", average.module, teacher, run.seconds_for("light_encoder"), full=False
    )
    run.save("light_encoder", light)
    return light


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
