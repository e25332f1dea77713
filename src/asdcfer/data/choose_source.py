"""Decide which data set a path holds: the source that explains most of it, told or asked.

Every source says what it would read, with which labels and splits. The one that claims most faces
wins. Where another would give labels or held-out images that the winner loses, or the two disagree,
the user decides.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from asdcfer.data.datasets.label_evidence import looks_labeled
from asdcfer.data.datasets.layout import Layout
from asdcfer.data.datasets.registry import SOURCES, source_of
from asdcfer.data.datasets.source import Explanation, Options, Source
from asdcfer.data.datasets.videos import videos_in
from asdcfer.errors import DataError
from asdcfer.progress import Progress

_ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".rar", ".7z", ".tar.xz", ".tar.bz2")
ENOUGH = 0.95
"""From this part of the input on, a source explains it."""
_RIVAL = 0.05
"""A source that explains less disagrees by chance."""


@dataclass(frozen=True)
class Choice:
    """A source, what it makes of the input, and how much of it that is.

    Attributes:
        source: the one that reads.
        explanation: what it makes of the input.
        images: faces and images in the input.
        also: kinds that explain as much, and would lose or change nothing.
    """

    source: Source
    explanation: Explanation
    images: int
    also: tuple[str, ...] = ()

    @property
    def share(self) -> float:
        """The part of the input that is read, or left out on purpose, 0..1."""
        known = self.explanation.count + len(self.explanation.spare)
        return min(1.0, known / max(self.images, 1))


def choose(layout: Layout, options: Options) -> Choice:
    """Return the source that a path holds.

    Raises:
        DataError: the path is nothing that a source knows; or labels or held-out images would be
            lost, or mean several things, and the user has to say which is wanted.
    """
    choices = [
        Choice(source, explained, len(layout.images) + explained.faces)
        for source in map(source_of, SOURCES)
        if (explained := source.explain(layout, options))
    ]
    named = [choice for choice in choices if choice.explanation.labeled]
    if not named:
        return _unlabeled(layout, choices)
    # Of those that explain as much, one that needs no word of the user.
    best = max(named, key=lambda c: (c.explanation.count, not c.explanation.problem))
    sure = [c for c in named if c.share >= ENOUGH and not c.explanation.problem]
    if best.explanation.problem and sure:
        best = max(sure, key=lambda c: c.explanation.count)
    if best.explanation.problem:
        raise DataError(f"{best.explanation.problem}{_others(best, choices)}")
    for other in named:
        if other is not best:
            _compare(layout, best, other)
    if best.share < 0.5:
        raise DataError(
            f"{layout.path}: only {_counted(best)} are {best.source.kind} "
            f"({best.explanation.by}); say how it is meant: {_ways([best, *choices])}"
        )
    _no_split_lost(layout, best)
    equals = [
        choice.source.kind
        for choice in named
        if choice is not best
        and choice.explanation.count == best.explanation.count
        and not choice.explanation.problem
    ]
    return replace(best, also=tuple(equals))


def tell(layout: Layout, choice: Choice, progress: Progress) -> None:
    """Say what was understood beyond the letter, and how much of the input is left out."""
    for note in dict.fromkeys(choice.explanation.notes):
        progress.message(f"{layout.path}: {note}")
    if choice.also:
        ways = " or ".join(f'`kind="{kind}"`' for kind in choice.also)
        progress.message(
            f"{layout.path}: {_counted(choice)} can be read as {' and '.join(choice.also)} too, "
            f"with the same labels and, it may be, other splits: {ways}"
        )
    if layout.copies:
        progress.message(
            f"{layout.path}: {len(layout.copies)} images lie in it twice, the second time as "
            f"{layout.copies[0].name}; each is read once"
        )
    videos = len(videos_in(layout)) if choice.source.kind != "videos" else 0
    if videos:
        progress.message(
            f'{layout.path}: {videos:,} videos are left out; `kind="videos"` with `detect=True` '
            "reads them, and the photos beside them, without labels"
        )
    if choice.share < ENOUGH:
        progress.message(
            f"{layout.path}: {choice.source.kind} reads {_counted(choice)} "
            f"({choice.share:.0%}) and leaves out the others (listed in pack.json); other ways: "
            '`kind="unlabeled"` for all images without labels, `own_classes=True` for the names of '
            "folders as they are, `labels_order` for numbers"
        )


def _unlabeled(layout: Layout, choices: Sequence[Choice]) -> Choice:
    path = layout.path
    if not choices:
        if path.is_dir():
            raise DataError(
                f"{path} holds no images; expected a data set ({', '.join(SOURCES)}) or a folder "
                "of images"
            )
        if path.name.lower().endswith(_ARCHIVES):
            raise DataError(f"{path} is an archive; unpack it and give the folder")
        raise DataError(
            f"{path} is no data set that prepare knows; expected a FER-2013 CSV "
            '(emotion,pixels,Usage; plain or gzip), a list of images (`kind="list"`) or a folder'
        )
    asking = next((choice for choice in choices if choice.explanation.problem), None)
    if asking:
        raise DataError(f"{asking.explanation.problem}{_others(asking, choices)}")
    found = looks_labeled(layout)
    if found:
        raise DataError(
            f'{path}: {found.what}; for the images without labels: `kind="unlabeled"`; {found.way}'
        )
    return choices[-1]


def _compare(layout: Layout, best: Choice, other: Choice) -> None:
    """Raise DataError where the other source would read labels or splits that the best loses."""
    ours, theirs = best.explanation, other.explanation
    if theirs.faces and not ours.faces:
        raise DataError(_two_ways(layout, best, other, "one of them would be left out"))
    lost = [
        path
        for path, claim in theirs.claims.items()
        if claim.label is not None
        and path not in ours.spare
        and (path not in ours.claims or ours.claims[path].label is None)
    ]
    if lost:
        raise DataError(
            _two_ways(
                layout, best, other, f"{len(lost)} labels would be lost, the first of {lost[0]}"
            )
        )
    if theirs.problem or other.share < _RIVAL:
        return
    both = [
        (path, ours.claims[path], claim)
        for path, claim in theirs.claims.items()
        if path in ours.claims
    ]
    differing = [(p, a, b) for p, a, b in both if b.label is not None and a.label != b.label]
    if differing:
        path, mine, other_claim = differing[0]
        raise DataError(
            _two_ways(
                layout,
                best,
                other,
                f"they differ in {len(differing)} labels, the first of {path}: {mine.label} and "
                f"{other_claim.label}",
            )
        )
    held = [p for p, a, b in both if a.split == "train" and b.split != "train"]
    if held and not theirs.own_split:
        raise DataError(
            _two_ways(
                layout, best, other, f"{len(held)} held-out images would be training, as {held[0]}"
            )
        )


def _no_split_lost(layout: Layout, best: Choice) -> None:
    from asdcfer.data.datasets.class_folders import ClassFolders

    folders = ClassFolders(layout.images.folders)
    claims, spare = best.explanation.claims, best.explanation.spare
    images: Counter[str] = Counter()
    read: set[str] = set()
    for block in layout.images.blocks:
        split = folders.of(block.folder.parts).split
        if not split:
            continue
        images[split] += block.size
        paths = (block.folder.path / file for file in block.files)
        if split not in read and any(path in claims or path in spare for path in paths):
            read.add(split)
    for split, count in images.items():
        if split not in read:
            raise DataError(
                f"{layout.path}: {best.source.kind} reads none of the {count} images of "
                f"{split}, which have no labels that it knows; give {_as_kind(best)} to leave them "
                'out, or `kind="unlabeled"` for all images without labels'
            )


def _two_ways(layout: Layout, best: Choice, other: Choice, why: str) -> str:
    return (
        f"{layout.path} can be read in two ways: as {best.source.kind} ({_counted(best)}: "
        f"{best.explanation.by}) and as {other.source.kind} ({_counted(other)}: "
        f"{other.explanation.by}); {why}; say which is meant: {_as_kind(best)} or {_as_kind(other)}"
    )


def _counted(choice: Choice) -> str:
    return f"{choice.explanation.count:,} of {choice.images:,} images"


def _others(best: Choice, choices: Sequence[Choice]) -> str:
    others = [choice for choice in choices if choice is not best]
    return f"; other ways: {_ways(others)}" if others else ""


def _ways(choices: Sequence[Choice]) -> str:
    return ", ".join(dict.fromkeys(map(_as_kind, choices)))


def _as_kind(choice: Choice) -> str:
    return f'`kind="{choice.source.kind}"`'
