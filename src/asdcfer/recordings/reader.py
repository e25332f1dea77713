"""RecordingReader: from videos and photos to the faces of a pack, resumed after a kill."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from asdcfer import __version__
from asdcfer.data.datasets.folder_walk import Item, in_order
from asdcfer.data.datasets.source import Options, Reading, none_good_enough
from asdcfer.data.pack_writing import PackItem, Skipped
from asdcfer.data.video_formats import is_video_name
from asdcfer.errors import DataError, InputError
from asdcfer.expressions import EXPRESSIONS
from asdcfer.extras import require
from asdcfer.progress import SILENT, Progress
from asdcfer.recognition.video_source import read_header
from asdcfer.recordings.collect_faces import Finder, collect_faces
from asdcfer.recordings.face_store import FaceStore, store_path
from asdcfer.recordings.group_splits import split_groups
from asdcfer.recordings.options import RecordingOptions
from asdcfer.recordings.person_groups import joined, seen_together

if TYPE_CHECKING:
    from asdcfer.recognition.face_likeness import FaceLikeness


class RecordingReader:
    """Reads the recordings of a source, and keeps what is read until the pack is complete.

    Args:
        out: the pack that is made.
        options: which faces are taken.
        progress: is told of frames and photos.
    """

    def __init__(self, out: Path, options: RecordingOptions, progress: Progress = SILENT) -> None:
        self.out, self.options, self.progress = Path(out), options, progress

    def __call__(
        self, items: Sequence[Item], options: Options, skipped: list[Skipped], kept_splits: bool
    ) -> Reading:
        """Return the faces of recordings; they are read when the first one is asked for.

        Args:
            items: the files, named as in the pack.
            options: of `prepare`: size, color, limits.
            skipped: gets the files that give nothing, or break off.
            kept_splits: each file stays in its item's split.
        """
        run = _Run(self, list(items), options, skipped, kept_splits)
        return Reading(
            run.faces(),
            EXPRESSIONS,
            skipped,
            run.fraction,
            run.about,
            run.forget,
            "writing",
            lambda: (item.source_id for item in run.items),
        )


@dataclass
class _Recording:
    item: Item
    video: bool
    key: str
    frames: float
    """Frames to look at, by the header."""


class _Run:
    """One reading."""

    def __init__(
        self,
        reader: RecordingReader,
        items: list[Item],
        options: Options,
        skipped: list[Skipped],
        kept_splits: bool,
    ) -> None:
        self.options, self.wanted, self.progress = options, reader.options, reader.progress
        self.skipped, self.kept_splits = skipped, kept_splits
        self.folder, self.items = store_path(reader.out), items
        self.about: dict[str, Any] = {"left_out": {}, "recordings": {}, **self.wanted.as_facts()}
        self._done, self._total = 0, 0
        self._store: FaceStore | None = None

    def fraction(self) -> float:
        """Return how much of the faces is given to the pack, 0..1."""
        return self._done / self._total if self._total else 0.0

    def forget(self) -> None:
        """Remove what was kept, once the pack is complete."""
        if self._store is not None:
            self._store.delete()

    def faces(self) -> Iterator[PackItem]:
        """Read what is left to read, decide the splits, and yield the faces."""
        side = self.options.size
        shape = (side, side, 3) if self.options.color else (side, side)
        recordings = [self._recording(item) for item in self.items]
        settings = {**self.wanted.as_facts(), "shape": list(shape), "version": __version__}
        likeness = _likeness() if self._compares(recordings) else None
        with FaceStore(self.folder, settings, shape, [one.key for one in recordings]) as store:
            self._store = store
            finder = Finder(
                self.wanted, side, self.options.color, self.options.max_pixels, likeness
            )
            self._read(recordings, finder, store)
            names = {one.item.source_id for one in recordings}
            facts = {name: told for name, told in store.facts().items() if name in names}
            self._tell(recordings, facts)
            if not self._total:
                store.delete()
                raise self._nothing()
            splits = self._splits(recordings, facts, store, likeness)
            yield from self._given(recordings, splits, store)

    def _recording(self, item: Item) -> _Recording:
        video = is_video_name(item.path.name)
        try:
            state = item.path.stat()
            stamp = f"{state.st_size} {state.st_mtime_ns}"
        except OSError:
            stamp = "gone"
        frames = 1.0
        if video:
            try:
                header = read_header(item.path)
                frames = max(1.0, (header.seconds or 0.0) * self.wanted.fps)
            except (InputError, OSError):
                pass
        return _Recording(item, video, f"{item.source_id}\n{stamp}", frames)

    def _compares(self, recordings: Sequence[_Recording]) -> bool:
        several = sum(one.video for one in recordings) > 0 and len(recordings) > 1
        return self.wanted.split_by == "people" and several and not self.kept_splits

    def _read(self, recordings: list[_Recording], finder: Finder, store: FaceStore) -> None:
        """Read the recordings that the store does not hold."""
        whole = sum(one.frames for one in recordings)
        left = [one for one in recordings if one.key not in store.finished]
        before = whole - sum(one.frames for one in left)
        if len(left) < len(recordings):
            self.progress.message(
                f"going on with {self.folder}: {len(recordings) - len(left):,} of "
                f"{len(recordings):,} files are done"
            )
        self.progress("reading", before, whole)
        try:
            for one in left:
                self._read_one(one, finder, store, before, whole)
                before += one.frames
                self.progress("reading", before, whole, one.item.path.name[-28:])
        except KeyboardInterrupt:
            done = sum(one.key in store.finished for one in recordings)
            self.progress.message(
                f"{done:,} of {len(recordings):,} files are done and kept in {self.folder}; the "
                "same command goes on from there"
            )
            raise

    def _read_one(
        self, one: _Recording, finder: Finder, store: FaceStore, before: float, whole: float
    ) -> None:
        name = one.item.source_id

        def report(frames: int) -> None:
            done = before + min(float(frames), one.frames)
            self.progress("reading", done, whole, one.item.path.name[-28:])

        found = collect_faces(
            one.item.path,
            name,
            one.video,
            finder,
            lambda ids, crops: store.add(name, ids, crops),
            report,
        )
        store.finish(one.key, found.as_facts(one.video), found.tracks)

    def _tell(self, recordings: list[_Recording], facts: dict[str, dict[str, Any]]) -> None:
        """Put the counts where pack.json gets them from."""
        left_out: Counter[str] = Counter()
        for one in recordings:
            told = facts[one.item.source_id]
            left_out.update(told["left_out"])
            if told["fault"]:
                self.skipped.append(Skipped(one.item.source_id, told["fault"]))
            elif not told["faces"]:
                found = sum(told["left_out"].values())
                reason = "no face good enough" if found else "no face found"
                self.skipped.append(Skipped(one.item.source_id, reason))
        self.about["left_out"].update(
            {reason: count for reason, count in left_out.most_common() if count}
        )
        videos = sum(one.video for one in recordings)
        frames = sum(told["frames"] for told in facts.values() if told["video"])
        self.about["recordings"].update(
            {"videos": videos, "photos": len(recordings) - videos, "frames": frames}
        )
        self._total = sum(told["faces"] for told in facts.values())

    def _nothing(self) -> DataError:
        if self.about["left_out"]:
            return none_good_enough(self.about["left_out"])
        first = f"; {self.skipped[0].source_id}: {self.skipped[0].reason}" if self.skipped else ""
        return DataError(f"no face was found in {len(self.items):,} files{first}")

    def _splits(
        self,
        recordings: list[_Recording],
        facts: dict[str, dict[str, Any]],
        store: FaceStore,
        likeness: "FaceLikeness | None",
    ) -> dict[str, str]:
        """Return the split of each recording."""
        if self.kept_splits or self.wanted.split_by == "none":
            return {one.item.source_id: one.item.split for one in recordings}
        names = [one.item.source_id for one in recordings]
        together: list[list[str]] = []
        if self.wanted.split_by == "folder":
            by_folder: dict[str, list[str]] = {}
            for name in names:
                by_folder.setdefault(name.rpartition("/")[0], []).append(name)
            together = list(by_folder.values())
        elif likeness is not None:
            together = seen_together(store.tracks(), likeness.vectors)
        groups = joined(names, together)
        videos = [one.item.source_id for one in recordings if one.video]
        faces = {name: told["faces"] for name, told in facts.items()}
        splits = split_groups(groups, faces, videos)
        self.about["recordings"]["groups"] = len(set(groups.values()))
        if together and self.wanted.split_by == "people":
            self.progress.message(
                f"persons who are seen in several files, which stay in one split: {len(together):,}"
            )
        if len(set(splits.values())) == 1:
            self.progress.message(
                "all faces are in train: no files with a tenth to a fifth of the faces can be held "
                "out without tearing a person apart"
            )
        return splits

    def _given(
        self, recordings: list[_Recording], splits: dict[str, str], store: FaceStore
    ) -> Iterator[PackItem]:
        """Yield the faces by split, recording and moment."""
        ids = store.faces()
        ordered = in_order(
            Item(one.item.path, one.item.source_id, splits[one.item.source_id])
            for one in recordings
        )
        for item in ordered:
            first, own = ids.get(item.source_id, (0, []))
            crops = store.crops(first, len(own))
            for name, crop in zip(own, crops, strict=True):
                self._done += 1
                yield PackItem(crop, name, item.split)


def _likeness() -> "FaceLikeness":
    """Load what compares faces."""
    require("torch", "keeping a person in one split", '`split_by="video"`')
    from asdcfer.recognition.face_likeness import FaceLikeness

    return FaceLikeness()
