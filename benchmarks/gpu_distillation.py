"""Imitation and ASDC within a time; benchmarks/gpu_distillation.py is part of headline_gpu.py."""

import copy
import dataclasses
import time
from collections.abc import Callable
from typing import Any

import torch
from gpu_probe import features, probe
from gpu_run import Run
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

IMITATION_VIEWS = ViewOptions(views=1, crop_area=(0.7, 1.0), rotate=10, gamma=0.5, erase=0.3)
ASDC_VIEWS = ViewOptions(views=2, crop_area=(0.7, 1.0), rotate=10, gamma=0.5, erase=0.3)
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
    student_views="first",
    heads_start="fitted",
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
FORMS: dict[str, dict[str, Any]] = {
    "plain": {},
    "light_maps": {"w_joint": 0.1, "w_key": 0.1},
    "heavy_maps": {"w_joint": 2.0, "w_key": 1.0},
    "both_views": {"student_views": "all"},
    "balanced": {"balance_step": 3},
}
"""Name of a form of the method -> what differs from `ASDC_OPTIONS`; all have all four terms."""
REMOVALS: dict[str, dict[str, Any]] = {
    "contrastive": {"w_contrastive": 0.0},
    "joint": {"w_joint": 0.0},
    "query": {"w_query": 0.0},
    "key": {"w_key": 0.0},
}
"""Term -> what takes it away."""


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
) -> tuple[Timed, Encoder]:
    """Train a method for a time; returns what it came to and the averaged encoder."""
    makers = {side: ViewMaker(views.model_copy(update={"size": side})) for side in (32, 40, 48)}
    images = run.faces.tensor("train", run.device)
    method.to(run.device, memory_format=torch.channels_last).train()
    average = Average(method.encoder)

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
            averages=[average],
            after=method.after_step,
            capture=run.capture,
            warm=warm,
        ),
    )
    return timed, average.module


def imitate(run: Run, stage: str, width: int, targets: Tensor) -> Encoder:
    """Train a deep encoder to say the targets of a face from any view of it, linearly."""
    method = imitation_of(run.encoder(width), targets)
    timed, encoder = learn(run, stage, method, run.seconds_for(stage), IMITATION_VIEWS, rate=2e-3)
    run.keep(stage, {**probe(run, encoder, full=False), "width": width, **timed.facts()})
    return encoder


def imitate_teacher(run: Run, start: Encoder, teacher: tuple[Encoder, Projector]) -> Encoder:
    """Train the start on to say the deep teacher's principal directions, linearly.

    It is where ASDC starts from, and imitation alone in the arms: what ASDC adds then is not what a
    longer imitation would have given.
    """
    targets = answers(run, Teacher(*teacher, mirror_mean=True))
    method = imitation_of(copy.deepcopy(start).train().requires_grad_(True), targets)
    seconds = run.seconds_for("teacher_imitation")
    timed, encoder = learn(run, "teacher_imitation", method, seconds, IMITATION_VIEWS, rate=1e-3)
    run.keep("teacher_imitation", {**probe(run, encoder, full=False), **timed.facts()})
    return encoder


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
    change: dict[str, Any] | None = None,
) -> tuple[Encoder, dict[str, Any]]:
    """Distill a teacher into a student inside contrastive learning, with all four terms.

    Args:
        run: the run.
        stage: name of the result.
        start: the student's weights.
        teacher: the deep teacher and its projector.
        seconds: time to train, the teacher's and the heads' included.
        seed: of everything random.
        change: settings that differ from `ASDC_OPTIONS`.

    Returns:
        The averaged encoder, and the facts that are kept.
    """

    def prepared() -> Asdc:
        method = Asdc(
            copy.deepcopy(start).train().requires_grad_(True),
            Teacher(*copy.deepcopy(teacher), mirror_mean=True),
            ASDC_OPTIONS.model_copy(update=change or {}),
        )
        method.to(run.device, memory_format=torch.channels_last)
        faces = run.faces.tensor("train", run.device)
        method.prepare(faces)
        method.fit_heads(faces)
        return method

    return distilled(run, stage, prepared, seconds, ASDC_VIEWS, seed)


def imitation(
    run: Run,
    stage: str,
    start: Encoder,
    teacher: tuple[Encoder, Projector],
    seconds: float,
    seed: int,
) -> None:
    """Train a student by imitation of the teacher's queries alone; the rest is as in `asdc`."""

    def prepared() -> FeatureDistillation:
        method = imitation_of(
            copy.deepcopy(start).train().requires_grad_(True),
            answers(run, Teacher(*copy.deepcopy(teacher), mirror_mean=True)),
            FeatureDistillationOptions(heads_start="fitted"),
        )
        method.to(run.device, memory_format=torch.channels_last)
        method.fit_heads(run.faces.tensor("train", run.device))
        return method

    distilled(run, stage, prepared, seconds, IMITATION_VIEWS, seed)


def distilled(
    run: Run,
    stage: str,
    prepared: Callable[[], Method],
    seconds: float,
    views: ViewOptions,
    seed: int,
) -> tuple[Encoder, dict[str, Any]]:
    """Train a student for a time that its preparation is part of, and keep what it came to.

    Both arms are trained here, so that both are charged alike.

    Args:
        run: the run.
        stage: name of the result.
        prepared: makes the method, its teacher asked and its heads fitted.
        seconds: for all of it.
        views: what the student sees.
        seed: of everything random.

    Returns:
        The averaged encoder, and the facts that are kept.
    """
    begun = time.perf_counter()
    method = prepared()
    spent = time.perf_counter() - begun
    timed, encoder = learn(
        run, stage, method, max(1.0, seconds - spent), views, rate=5e-4, seed=seed
    )
    facts = {**probe(run, encoder, full=False), "seed": seed, "prepared": spent, **timed.facts()}
    run.keep(stage, facts)
    return encoder, facts


def choose_form(run: Run, start: Encoder, teacher: tuple[Encoder, Projector]) -> str:
    """Try each form of the method for a short time; return the best on PublicTest."""
    seconds = run.seconds_for("forms") / len(FORMS)
    found = {
        name: asdc(run, f"form_{name}", start, teacher, seconds, seed=9, change=change)[1]["public"]
        for name, change in FORMS.items()
    }
    best = max(found, key=lambda name: found[name])
    run.keep("form", {"chosen": best, "public": found})
    return best


def arms(run: Run, start: Encoder, teacher: tuple[Encoder, Projector], form: str) -> Encoder:
    """Compare imitation alone with all four terms of the method, from one start, in equal time.

    Returns:
        The student of all four terms that is best on PublicTest.
    """
    seconds = run.seconds_for("arms") / (2 * run.seeds)
    students = []
    for seed in range(run.seeds):
        students.append(
            asdc(run, f"arm_asdc_{seed}", start, teacher, seconds, seed=seed, change=FORMS[form])
        )
        imitation(run, f"arm_imitation_{seed}", start, teacher, seconds, seed)
    encoder, facts = max(students, key=lambda student: student[1]["public"])
    run.keep("asdc", {**facts, **probe(run, encoder), "form": form})
    run.save("asdc", encoder)
    return encoder


def removals(run: Run, start: Encoder, teacher: tuple[Encoder, Projector], form: str) -> None:
    """Train with one term removed, each for an equal part of the time, one seed."""
    seconds = run.seconds_for("removals") / (len(REMOVALS) + 1)
    for name, change in {"nothing": {}, **REMOVALS}.items():
        stage = f"arm_without_{name}"
        asdc(run, stage, start, teacher, seconds, change=FORMS[form] | change)


def light_encoder(run: Run, student: Encoder, form: str) -> None:
    """Distill the student into half its width.

    Imitation of its principal directions comes first, then all four terms under it.
    """
    teacher = (student, projector_of(run, student))
    method = imitation_of(
        run.encoder(run.width // 2, (6, 6, 3)),
        answers(run, Teacher(*copy.deepcopy(teacher), mirror_mean=True)),
    )
    seconds = run.seconds_for("light_imitation")
    timed, start = learn(run, "light_imitation", method, seconds, IMITATION_VIEWS, rate=2e-3)
    run.keep("light_imitation", {**probe(run, start, full=False), **timed.facts()})
    run.save("light_imitation", start)
    seconds = run.seconds_for("light_encoder")
    light, _ = asdc(run, "light_encoder", start, teacher, seconds, change=FORMS[form])
    run.save("light_encoder", light)
