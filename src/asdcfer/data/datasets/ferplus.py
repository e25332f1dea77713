"""FER+: ten people's votes on each face of FER-2013, joined to its pixels row by row.

Eight expressions.
Source: Barsoum et al., "Training deep networks for facial expression recognition with crowd-sourced
    label distribution", ICMI 2016.
"""

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from asdcfer.data.datasets import fer2013
from asdcfer.data.datasets.layout import Layout
from asdcfer.data.datasets.source import Options, Reading, Source
from asdcfer.data.image_io import fit
from asdcfer.data.pack import UNLABELED, Pack
from asdcfer.data.pack_writing import PackItem, Skipped
from asdcfer.errors import DataError
from asdcfer.expressions import EXPRESSIONS_WITH_CONTEMPT, FERPLUS_COLUMNS
from asdcfer.files import sha256

FILE_NAME = "fer2013new.csv"
_HEADER = ["Usage", "Image name", *FERPLUS_COLUMNS, "unknown", "NF"]
_REORDER = [list(FERPLUS_COLUMNS.values()).index(name) for name in EXPRESSIONS_WITH_CONTEMPT]


def read_votes(path: Path) -> tuple[np.ndarray, list[str], np.ndarray]:
    """Read fer2013new.csv.

    Returns:
        Votes int64 (rows, 10) in the order of the eight expressions of `EXPRESSIONS_WITH_CONTEMPT`,
        then unknown, then NF (not a face); the Usage of each row; and bool (rows,), False where the
        image has no name because it was judged not to be a face.

    Raises:
        DataError: a column is missing, or a row is not what it should be; the message names the
            row.
    """
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            header = [name.strip() for name in next(reader, [])]
            if header != _HEADER:
                missing = [name for name in _HEADER if name not in header]
                why = f"no column {missing[0]!r}" if missing else "columns in another order"
                raise DataError(f"{path}, row 0 (the header): {why}; expected {','.join(_HEADER)}")
            table, usages, named = [], [], []
            for number, cells in enumerate(reader, 1):
                if not cells:
                    continue
                try:
                    votes = [int(cell) for cell in cells[2:]]
                except ValueError:
                    votes = []
                if len(votes) != 10 or min(votes) < 0 or cells[0] not in fer2013.USAGES:
                    raise DataError(
                        f"{path}, row {number} (line {number + 1}): expected a Usage, an image "
                        "name and ten counts of votes"
                    )
                table.append(votes)
                usages.append(cells[0])
                named.append(cells[1] != "")
    except (UnicodeDecodeError, csv.Error, OSError) as error:
        raise DataError(f"{path} cannot be read as FER+ votes ({error})") from error
    return (
        in_our_order(np.asarray(table, np.int64).reshape(-1, 10)),
        usages,
        np.asarray(named, bool),
    )


def in_our_order(votes: np.ndarray) -> np.ndarray:
    """Return (N,10) votes in the file's order of columns as int64 in ours.

    Ours is `EXPRESSIONS_WITH_CONTEMPT`, unknown, NF.
    """
    return np.concatenate([votes[:, _REORDER], votes[:, 8:]], 1).astype(np.int64)


def labels_of(votes: np.ndarray, targets: str = "majority") -> np.ndarray:
    """Return the label of each row of votes, -1 where it gives none.

    Args:
        votes: int (N,10), as `read_votes` returns them.
        targets: "majority", "plurality" or "probability" (its most probable expression).

    Returns:
        int64 (N,), indices into `EXPRESSIONS_WITH_CONTEMPT`.
    """
    wanted = [target(row, targets) for row in votes]
    return np.array(
        [-1 if isinstance(one, str) else int(np.argmax(one)) for one in wanted], np.int64
    )


def labels_for(pack: Pack, votes: Path, targets: str = "majority") -> np.ndarray:
    """Return FER+ labels for the rows of a FER-2013 pack, -1 where FER+ gives none.

    Rows are matched by source id.

    Args:
        pack: made from the FER-2013 CSV, whole or in part.
        votes: fer2013new.csv.
        targets: as in `labels_of`.

    Returns:
        int64 (N,), indices into `EXPRESSIONS_WITH_CONTEMPT`.

    Raises:
        DataError: there is no such file, or an id is not one of the CSV's.
    """
    if not votes.is_file():
        raise DataError(f"there are no FER+ votes at {votes}; expected {FILE_NAME}")
    table, _, named = read_votes(votes)
    labels = np.where(named, labels_of(table, targets), UNLABELED)
    at = {fer2013.row_id(number): label for number, label in enumerate(labels.tolist())}
    missing = next((name for name in pack.ids if name not in at), None)
    if missing is not None:
        raise DataError(
            f"{pack.path} holds {missing!r}, which {votes} knows nothing of; FER+ labels go with "
            "packs of the FER-2013 CSV"
        )
    return np.array([at[name] for name in pack.ids], np.int64)


def target(votes: np.ndarray, targets: str) -> np.ndarray | str:
    """Return the target that one row of votes gives, or the reason why it gives none.

    * "plurality": the expression with the most votes (the first of equals), dropped where unknown
      or NF has more.
    * "majority": single votes are struck out as slips; the expression must then hold more than half
      of what is left.
    * "probability": single votes are struck out; the expressions with the most votes are taken
      until they hold three quarters of what is left or are three, and stop before unknown or NF;
      dropped where they hold no more than half or are more than three.

    Args:
        votes: int (10,): eight expressions, unknown, NF.
        targets: "majority", "plurality" or "probability".

    Returns:
        float64 (8,), summing to 1 (one-hot but for "probability"), or a reason.

    Source: Barsoum et al. 2016, section 3, and the rules of its published data reader.

    Example:
        >>> target(np.array([0, 0, 0, 6, 0, 0, 4, 0, 0, 0]), "majority")
        array([0., 0., 0., 1., 0., 0., 0., 0.])
        >>> target(np.array([3, 0, 3, 0, 0, 0, 3, 0, 1, 0]), "majority")
        'no majority (FER+)'
    """
    if targets == "plurality":
        best = int(np.argmax(votes))
        return np.eye(8)[best] if best < 8 else _no_face(best)
    left = np.where(votes > 1, votes, 0)
    total = left.sum()
    if targets == "majority":
        best = int(np.argmax(left))
        if left[best] * 2 <= total:
            return "no majority (FER+)"
        return np.eye(8)[best] if best < 8 else _no_face(best)
    kept, taken = np.zeros(8), 0
    while kept.sum() < 0.75 * total and taken < 3:
        tied = np.flatnonzero(left == left.max())
        expressions = tied[tied < 8]
        kept[expressions] = left[expressions]
        taken += len(expressions)
        left[tied] = 0
        if tied[-1] >= 8:
            if taken == 0:
                return _no_face(int(tied[0]))
            break
    if kept.sum() * 2 <= total or taken > 3:
        return "no agreement (FER+)"
    shares: np.ndarray = kept / kept.sum()
    return shares


def _no_face(column: int) -> str:
    return "unknown expression (FER+)" if column == 8 else "not a face (FER+)"


def _find(layout: Layout, options: Options) -> tuple[Path, Path] | None:
    pixels = fer2013.find_below(layout)
    votes = options.votes or (pixels.parent / FILE_NAME if pixels else None)
    return (pixels, votes) if pixels and votes and votes.is_file() else None


def _explain(layout: Layout, options: Options) -> None:
    # Never by itself: the same folder is FER-2013 as well, and only the user knows which labels are
    # meant.
    return None


def _read(layout: Layout, options: Options) -> Reading:
    found = _find(layout, options)
    if found is None:
        raise DataError(
            f"{layout.path}: FER+ needs fer2013.csv (or .gz) and {FILE_NAME} in one folder, or "
            "the second as `votes`"
        )
    file, (votes, usages, named) = fer2013.FerFile(found[0]), read_votes(found[1])
    expressions = EXPRESSIONS_WITH_CONTEMPT[: options.expressions or 8]
    skipped: list[Skipped] = []

    def faces() -> Iterator[PackItem]:
        number = -1
        for row in file:
            number = row.number
            if number >= len(votes):
                raise DataError(
                    f"{found[1]} has {len(votes)} rows and {found[0]} has more; expected one row "
                    "of votes for each image, in order"
                )
            if fer2013.USAGES[usages[number]] != row.split:
                raise DataError(
                    f"{found[1]}, row {number + 1}: Usage {usages[number]} where {found[0]} says "
                    f"{row.split}; the files do not belong together"
                )
            wanted = (
                target(votes[number], options.targets) if named[number] else "not a face (FER+)"
            )
            if not isinstance(wanted, str) and np.argmax(wanted) >= len(expressions):
                wanted = f"outside the {len(expressions)} expressions (contempt)"
            if isinstance(wanted, str):
                skipped.append(Skipped(fer2013.row_id(number), wanted))
                continue
            share = wanted[: len(expressions)] / wanted[: len(expressions)].sum()
            image = fit(row.pixels, options.size, color=options.color)
            kept = share.astype(np.float32) if options.targets == "probability" else None
            yield PackItem(image, fer2013.row_id(number), row.split, int(np.argmax(share)), kept)
        if number + 1 != len(votes):
            raise DataError(
                f"{found[1]} has {len(votes)} rows and {found[0]} has {number + 1}; expected one "
                "row of votes for each image, in order"
            )

    about = {
        "name": "FER+",
        "origin": "Barsoum et al., ICMI 2016 (votes); "
        "Goodfellow et al., ICML 2013 workshop (faces)",
        "license": "votes MIT; faces free for research",
        "targets": options.targets,
        "input_sha256": sha256(found[0]),
        "votes_sha256": sha256(found[1]),
    }
    return Reading(faces(), expressions, skipped, lambda: file.position, about)


SOURCE = Source("ferplus", "FER+ votes joined to the FER-2013 CSV", _explain, _read, photos=False)
