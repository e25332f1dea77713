"""The folder of a run: never overwritten by accident, resumed only from what it began with.

The settings are compared with the stored recipe, the teacher and the faces by their hashes.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from asdcfer.data.pack import Pack
from asdcfer.errors import RecipeError, TrainingError
from asdcfer.files import remove_folder
from asdcfer.plain_json import from_json
from asdcfer.plain_yaml import from_yaml
from asdcfer.progress import SILENT, Progress
from asdcfer.training.engine.checkpoint import last_checkpoint, plain_value
from asdcfer.training.engine.hardware import is_first_process
from asdcfer.training.engine.resume_checks import changed_settings
from asdcfer.training.pretrain.dataset import annotation_files
from asdcfer.training.pretrain.recipe import Recipe, StageOptions
from asdcfer.training.run_record import RunRecord
from asdcfer.training.teacher_file import TeacherFile

MADE = ("probes", "report.html")
"""What follows from the stages and is made again when one of them is."""


def open_run(
    recipe: Recipe,
    out: Path,
    sections: list[str],
    *,
    resume: bool,
    force: bool,
    data: dict[str, Any],
    progress: Progress = SILENT,
) -> RunRecord:
    """Make or continue the folder of a run.

    Args:
        recipe: its effective values are reported and stored as recipe.yaml.
        out: the folder.
        sections: the stages that this command trains.
        resume: continue what is there.
        force: remove what these stages left there before.
        data: what is known of the pack, for the record.
        progress: gets the effective values.

    Raises:
        RecipeError: there is a run already, or one with other settings.
    """
    if not is_first_process():
        return RunRecord(out / "run.json", recipe=recipe.name, seed=recipe.seed, data=data)
    if out.exists() and not out.is_dir():
        raise RecipeError(f"{out} is a file; choose another `out`")
    there = [section for section in sections if (out / section).exists()]
    if there and not resume and not force:
        raise RecipeError(
            f"{out} holds a run ({', '.join(there)}); continue it with `resume=True`, start "
            "over with `force=True`, or choose another `out`"
        )
    if there and resume and not force:
        changed = [
            key
            for key in _changed(recipe, out / "recipe.yaml")
            if key.split(".")[0] in {*sections, "seed", "data"}
        ]
        if changed == [MOVED]:
            _check_moved(out, there, str(recipe.data.pack), data)
        elif changed:
            raise RecipeError(
                f"{out} was started with other settings: {', '.join(changed)} differ; use the same "
                "ones, another `out`, or `force=True`"
            )
    if resume and not there and not force:
        progress.message(f"{out} holds nothing to resume; this run starts from the beginning")
    if force:
        for name in (*sections, *MADE):
            path = out / name
            remove_folder(path) if path.is_dir() else path.unlink(missing_ok=True)
    recipe.save(out / "recipe.yaml")
    lines = "".join(f"\n  {line}" for line in recipe.as_lines(sections).splitlines())
    progress.message(
        f"recipe {recipe.name}, effective values (stored in {out / 'recipe.yaml'}):{lines}"
    )
    return RunRecord(
        out / "run.json",
        replaced=sections if force else (),
        recipe=recipe.name,
        seed=recipe.seed,
        data=data,
    )


def _check_moved(out: Path, there: list[str], pack: str, data: Mapping[str, Any]) -> None:
    """Let faces lie elsewhere where `check_same` compares them: both sides know their hashes.

    Raises:
        RecipeError: one side does not, so that nobody can tell whether they are the same.
    """
    hashed = bool((data.get("hashes") or {}).get(FACES))
    kept = [made for section in there if (made := _made_before(out / section)) is not None]
    if hashed and all(FACES in made for made in kept):
        return
    silent = f"what was trained in {out} keeps" if hashed else f"{pack} has"
    raise RecipeError(
        f"{MOVED} differs, and {silent} no hashes of its faces, so nothing tells whether they are "
        "the same; name the place of before, use another `out`, or `force=True`"
    )


def _changed(recipe: Recipe, stored: Path) -> list[str]:
    """Return the settings that differ from a stored recipe; none where nothing is stored."""
    try:
        before = from_yaml(stored.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return changed_settings(before, recipe) if isinstance(before, dict) else []


FACES, MOVED = "images.u8", "data.pack"
"""The file of a pack by whose hash faces are known, and the setting that says where they lie."""

WORDS = {
    "teacher": "another teacher",
    "projector": "another projector of the teacher",
    FACES: "other faces",
    "split.npy": "other splits of the faces",
    "labels.npy": "other labels of the faces",
    "ids.json": "other tracks of the faces",
}
"""What a stage is made from, as `made_from` names it, and how a message says that it is not the
same.
"""


def made_from(
    pack: Pack, stage: StageOptions, teacher: TeacherFile | None = None
) -> dict[str, str]:
    """Return the hashes of what decides a stage's weights beside its settings.

    Args:
        pack: the faces; a pack without hashes has nothing to say.
        stage: how they are trained on.
        teacher: the teacher's weights, where there is one.

    Returns:
        Name in `WORDS` -> hash. Labels and ids are among them where the stage learns from them.

    Raises:
        WeightsError: the teacher cannot be read.

    Example:
        >>> from asdcfer.data.sample import sample_pack
        >>> sorted(made_from(sample_pack(), StageOptions(method="moco")))
        ['images.u8', 'split.npy']
        >>> sorted(made_from(sample_pack(), StageOptions(method="supcon")))
        ['images.u8', 'labels.npy', 'split.npy']
    """
    hashes = pack.info.get("hashes") or {}
    wanted = (FACES, "split.npy", *annotation_files(stage))
    found = {name: hashes[name] for name in wanted if name in hashes}
    return found if teacher is None else found | teacher.hashes


def check_same(folder: Path, wanted: Mapping[str, str]) -> None:
    """Compare what a stage is to be made from with what the stage in its folder was made from.

    What either side does not know, as runs of earlier versions do not, is not compared.

    Args:
        folder: of the stage.
        wanted: from `made_from`.

    Raises:
        TrainingError: naming what differs and what to do.
    """
    before = _made_before(folder) or {}
    changed = [
        name for name in WORDS if name in before and name in wanted and before[name] != wanted[name]
    ]
    if changed:
        words = " and ".join(
            f"{WORDS[name]} ({before[name][:8]} then, {wanted[name][:8]} now)" for name in changed
        )
        raise TrainingError(
            f"{folder} was trained with {words}; use the same ones, another `out`, or start over "
            "with `force=True`"
        )


def _made_before(folder: Path) -> dict[str, Any] | None:
    """Return what is known of what a stage was made from; None where nothing of it is kept."""
    if (folder / "encoder.json").is_file():
        return _of_card(folder / "encoder.json")
    newest = last_checkpoint(folder / "checkpoint")
    return None if newest is None else plain_value(newest, "asdcfer", "made_from") or {}


def _of_card(path: Path) -> dict[str, Any]:
    try:
        card = from_json(path.read_text(encoding="utf-8"))
        teacher = card.get("teacher") or {}
        found = {
            "teacher": teacher.get("weights"),
            "projector": teacher.get("projector"),
            **((card.get("data") or {}).get("hashes") or {}),
        }
    except (OSError, ValueError, AttributeError, TypeError):
        # A card that cannot be read is refused, in its own words, where its settings are compared.
        return {}
    return {name: value for name, value in found.items() if isinstance(value, str)}
