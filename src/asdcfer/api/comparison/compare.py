"""`compare`: methods under one budget, row by row; what is finished is never made again."""

import gc
import hashlib
import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from asdcfer.api.comparison.contestants import Contestant, contestants_of
from asdcfer.api.comparison.row_measures import Faces, RowMeasures, faces_of
from asdcfer.api.comparison.row_progress import RowProgress
from asdcfer.api.comparison.settings import CompareSettings
from asdcfer.api.comparison.shared_facts import ROWS, begin, shared_words
from asdcfer.api.comparison.shared_recipe import shared_recipe
from asdcfer.api.comparison.training_row import row_encoder
from asdcfer.api.data_inputs import DataLike, PathLike, name_of, votes_of
from asdcfer.devices import resolve_device
from asdcfer.errors import AsdcferError, DataError
from asdcfer.evaluation.comparison_row import ComparisonRow, read_row, write_row
from asdcfer.full_disk import takes_no_more
from asdcfer.models.cards import read_card
from asdcfer.models.find_weights import find_encoder
from asdcfer.output_lock import OutputLock
from asdcfer.progress import SILENT, Progress
from asdcfer.reporting.comparison_files import write_tables
from asdcfer.reporting.comparison_page import write_comparison_page
from asdcfer.reporting.comparison_summary import Summary, summarized
from asdcfer.training.engine.hardware import Hardware, settle
from asdcfer.training.engine.trainer import CHECKPOINTS, Workplace
from asdcfer.training.pretrain.budget import seconds_of
from asdcfer.training.pretrain.dataset import open_faces
from asdcfer.training.pretrain.recipe import DataOptions, Recipe

PAGE = "comparison.html"
MEASURING = 240.0
"""Seconds that measuring a row is taken to last before one was measured."""


@dataclass(frozen=True)
class Comparison:
    """A comparison as far as it was made.

    Attributes:
        folder: table.md, table.csv, table.json, comparison.html, and a folder for each row.
        rows: one for each contestant and seed.
        summaries: the same over seeds, in the order of the table.
        shared: what all methods share, in words.
        title: of the table.
    """

    folder: Path
    rows: list[ComparisonRow]
    summaries: list[Summary]
    shared: dict[str, str]
    title: str

    @property
    def page(self) -> Path:
        """The page with plots."""
        return self.folder / PAGE


def compare(
    contestants: Sequence[str],
    data: DataLike = "sample",
    settings: CompareSettings | None = None,
    out: PathLike = "runs/compare",
    *,
    force: bool = False,
    progress: Progress = SILENT,
) -> Comparison:
    """Train methods under one budget, measure them alike, and write one table and a page.

    The same call goes on where it was interrupted, by Ctrl-C or by a kill; finished rows are kept
    and failed ones tried again. More contestants and seeds may be added to a folder.

    Args:
        contestants: methods, recipes, own methods by import path, encoders; see
            `contestants.contestants_of`.
        data: labeled faces; labels are trained on by fine-tuning, and by methods that need them,
            whose rows say so.
        settings: budget, what is shared, and what is measured.
        out: folder of the comparison.
        force: begin anew where the folder holds a comparison under other settings.
        progress: is told of each row, its steps, and the time left.

    Raises:
        RecipeError: a contestant or setting that cannot be, or the folder holds a comparison under
            other settings.
        DataError: the data is missing, unlabeled or lacks a split.
        MissingPackageError: lightning or matplotlib is not installed.
        AsdcferError: another run writes to `out`, or the disk is full; the same call goes on.
        KeyboardInterrupt: after Ctrl-C, once the checkpoint and the table so far are written.
    """
    settings = settings or CompareSettings()
    settings.check()
    settle(Hardware(settings.device))
    resolve_device(settings.device)
    named = contestants_of(contestants, settings.references)
    with OutputLock(out):
        return _compared(named, data, settings, Path(out), force, progress)


def _compared(
    named: Sequence[Contestant],
    data: DataLike,
    settings: CompareSettings,
    folder: Path,
    force: bool,
    progress: Progress,
) -> Comparison:
    opening = Recipe(name="compare", data=DataOptions(pack=name_of(data)))
    pack = open_faces(opening, folder, progress)
    votes = votes_of(settings.measures.votes, data)
    settings = replace(settings, measures=replace(settings.measures, votes=votes))
    begin(folder, settings, pack, force)
    # Whatever is wrong with a recipe is said before hours of training, not after them.
    for contestant in named:
        if contestant.recipe is not None:
            shared_recipe(contestant, settings, pack, 0)
    work = _Work(settings, faces_of(pack, settings.measures), folder, progress, name_of(data))
    work.run(named)
    return work.written(page=True)


class _Work:
    """The rows of a comparison in its folder."""

    def __init__(
        self,
        settings: CompareSettings,
        faces: Faces,
        folder: Path,
        progress: Progress,
        data: str,
    ) -> None:
        self.settings, self.faces, self.folder = settings, faces, folder
        self.progress, self.data = progress, data

    def run(self, contestants: Sequence[Contestant]) -> None:
        """Make every row that is not finished; the first seed of all comes first."""
        missing = [
            (contestant, seed)
            for contestant, seed in self._wanted(contestants)
            if not self._finished(contestant, seed)
        ]
        told = RowProgress(self.progress, len(missing), self._guess())
        for contestant, seed in missing:
            told.begin(f"{contestant.name}, seed {seed}")
            try:
                self._make(contestant, seed, told)
            except KeyboardInterrupt:
                self.written(page=True)
                self.progress.message(
                    f"{self.folder}: interrupted; the same command goes on where it stopped"
                )
                raise
            told.end()
            self.written(page=False)
            gc.collect()

    def written(self, page: bool) -> Comparison:
        """Write the tables of all rows that are there, and the page; returns the comparison."""
        rows = self._rows()
        summaries = summarized(rows)
        shared = shared_words(self.settings, self.faces.pack, self.data)
        title = f"Methods compared on {Path(self.data).name}"
        write_tables(self.folder, summaries, shared, title)
        if page:
            write_comparison_page(self.folder / PAGE, summaries, shared, title)
        return Comparison(self.folder, rows, summaries, shared, title)

    def _wanted(self, contestants: Sequence[Contestant]) -> Iterator[tuple[Contestant, int]]:
        """Give what has to be in the table; encoders as they are have no seed."""
        for seed in self.settings.seeds:
            for contestant in contestants:
                if contestant.kind != "as it is" or seed == self.settings.seeds[0]:
                    yield contestant, 0 if contestant.kind == "as it is" else seed

    def _guess(self) -> float:
        time = self.settings.time
        return MEASURING + (0.0 if time is None else seconds_of(time))

    def _place(self, contestant: Contestant, seed: int) -> Path:
        return self.folder / ROWS / f"{contestant.folder}-seed{seed}"

    def _finished(self, contestant: Contestant, seed: int) -> bool:
        try:
            row = read_row(self._place(contestant, seed) / "row.json")
        except DataError:
            return False
        if row.status != "finished" or row.key != self._key(contestant, seed):
            return False
        # Of a run that was killed between the two.
        _remove_checkpoints(self._place(contestant, seed))
        return True

    def _key(self, contestant: Contestant, seed: int) -> str:
        """Return the hash of what decides a row beside what all rows share."""
        about: Any = {"kind": contestant.kind, "seed": seed}
        if contestant.recipe is not None:
            recipe = shared_recipe(contestant, self.settings, self.faces.pack, seed)
            # Where the faces lie decides nothing; their hashes are among what all rows share.
            left_out: Any = {"name": True, "about": True, "data": {"pack"}}
            about["recipe"] = recipe.model_dump(mode="json", exclude=left_out)
            start = recipe.teacher.start if recipe.teacher else None
            about["teacher"] = _weights(start) if start else ""
        elif contestant.kind == "as it is" and not contestant.place.startswith("timm/"):
            about["weights"] = _weights(contestant.place)
        return hashlib.sha256(json.dumps(about, sort_keys=True, default=str).encode()).hexdigest()

    def _make(self, contestant: Contestant, seed: int, told: Progress) -> None:
        """Make one row; whatever goes wrong becomes its reason."""
        place = self._place(contestant, seed)
        row = ComparisonRow(
            name=contestant.name,
            kind=contestant.kind,
            seed=seed,
            key=self._key(contestant, seed),
            status="started",
        )
        self._begin_row(place, row, told)
        try:
            trained = row_encoder(
                contestant, seed, self.settings, self.faces.pack, Workplace(place, progress=told)
            )
            measures = RowMeasures(
                self.faces, self.settings.measures, place, self.settings.device, told
            )
            results, transfers = measures.of(trained, seed)
        except Exception as error:
            if takes_no_more(error):
                raise  # every further row would end alike; this one is begun and goes on
            # Own methods and other packages raise anything; a comparison of hours goes on.
            reason = " ".join(str(error).split()) or type(error).__name__
            told.message(f"{contestant.name}, seed {seed}, failed: {reason}")
            write_row(place / "row.json", row.model_copy(update=_failed(error, reason)))
            return
        found = {
            "status": "finished",
            "about": trained.about,
            "saw_labels": trained.saw_labels,
            "parameters": sum(p.numel() for p in trained.encoder.parameters()),
            "training": trained.training,
            "results": results,
            "transfers": transfers,
        }
        write_row(place / "row.json", row.model_copy(update=found))
        _remove_checkpoints(place)

    def _begin_row(self, place: Path, row: ComparisonRow, told: Progress) -> None:
        """Keep what was interrupted or failed under the same settings; remove anything else."""
        try:
            before = read_row(place / "row.json").key
        except DataError:
            before = row.key if not place.exists() else ""
        if before != row.key:
            told.message(f"{place.name}: was begun with other settings, and is made again")
            shutil.rmtree(place, ignore_errors=True)
        write_row(place / "row.json", row)

    def _rows(self) -> list[ComparisonRow]:
        found = []
        for file in sorted((self.folder / ROWS).glob("*/row.json")):
            row = read_row(file)
            if row.status != "started":
                found.append(row)
        return found


def _remove_checkpoints(place: Path) -> None:
    """Remove the checkpoints of a finished row: it is never trained on, and they are large."""
    for checkpoint in place.glob(f"*/{CHECKPOINTS}"):
        shutil.rmtree(checkpoint, ignore_errors=True)


def _failed(error: Exception, reason: str) -> dict[str, Any]:
    known = isinstance(error, AsdcferError)
    return {"status": "failed", "reason": reason if known else f"{type(error).__name__}: {reason}"}


def _weights(place: str) -> str:
    return str(read_card(find_encoder(place))["hashes"]["file"])
