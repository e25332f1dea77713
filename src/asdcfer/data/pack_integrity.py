"""Integrity of a pack: its files go together, and are the files that were prepared."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from asdcfer.errors import DataError
from asdcfer.files import sha256
from asdcfer.plain_json import from_json


def inconsistency(
    shape: tuple[int, ...],
    names: Mapping[str, Any],
    labels: np.ndarray,
    split: np.ndarray,
    ids: Any,
    votes: np.ndarray | None,
    lowest_label: int,
) -> str:
    """Return what of a pack does not go together, "" where everything does.

    Args:
        shape: of the images, as pack.json says it.
        names: "expressions" and "splits" -> the names that labels and splits are indices into, as
            pack.json says them.
        labels: what labels.npy holds.
        split: what split.npy holds.
        ids: what ids.json holds.
        votes: what votes.npy holds, or None.
        lowest_label: the label of an unlabeled image.

    Example:
        >>> named = {"expressions": ["happy"], "splits": ["train"]}
        >>> labels, split = np.array([0, 1]), np.array([0, 0])
        >>> inconsistency((2, 48, 48), named, labels, split, ["a", "b"], None, lowest_label=-1)
        'labels.npy holds 0 to 1, and pack.json names 1 expressions'
    """
    for kind, given in names.items():
        if not isinstance(given, list) or not all(isinstance(name, str) for name in given):
            return f"{kind} in pack.json is no list of names"
    if len(shape) not in (3, 4) or shape[3:] not in ((), (3,)):
        return f"the shape in pack.json is {list(shape)}, neither (N,H,W) nor (N,H,W,3)"
    for file, numbers, lowest, kind in (
        ("labels.npy", labels, lowest_label, "expressions"),
        ("split.npy", split, 0, "splits"),
    ):
        if numbers.ndim != 1 or numbers.dtype.kind not in "iu":
            return (
                f"{file} holds {numbers.dtype} {numbers.shape} where one whole number for each "
                "image is due"
            )
        if numbers.size and not lowest <= numbers.min() <= numbers.max() < len(names[kind]):
            return (
                f"{file} holds {numbers.min()} to {numbers.max()}, and pack.json names "
                f"{len(names[kind])} {kind}"
            )
    if not isinstance(ids, list) or not len(labels) == len(split) == len(ids) == shape[0]:
        return f"{shape[0]} images, {len(labels)} labels, {len(split)} splits, {len(ids)} ids"
    if votes is not None and votes.shape != (shape[0], len(names["expressions"])):
        due = (shape[0], len(names["expressions"]))
        return f"votes.npy has shape {votes.shape} where {due} is due"
    return ""


def check_hashes(folder: Path, info: Mapping[str, Any], files: Sequence[str]) -> None:
    """Compare files of a pack with the hashes that pack.json has of them.

    Results, cards and cached features name the pack by those.

    Args:
        folder: of the pack.
        info: its pack.json.
        files: names of those that are read.

    Raises:
        DataError: naming the first file whose bytes are not those that were prepared.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> _ = (folder / "images.u8").write_bytes(bytes(100))
        >>> info = {"hashes": {"images.u8": sha256(folder / "images.u8")}}
        >>> check_hashes(folder, info, ["images.u8"])
        >>> _ = (folder / "images.u8").write_bytes(bytes(99) + b"x")
        >>> check_hashes(folder, info, ["images.u8"])
        Traceback (most recent call last):
            ...
        asdcfer.errors.DataError: .../images.u8 is not the file that was prepared: its bytes ...
    """
    hashes = info.get("hashes")
    advice = f"make the pack again: asdcfer prepare SOURCE {folder}"
    # A file that was prepared and has gone has changed as well.
    for name in dict.fromkeys([*files, *(hashes if isinstance(hashes, dict) else ())]):
        if not isinstance(hashes, dict) or name not in hashes:
            raise DataError(
                f"{folder}/pack.json has no hash of {name}, which may have changed since it was "
                f"prepared; {advice}"
            )
        try:
            found = sha256(folder / name)
        except OSError as error:
            raise DataError(
                f"{folder}/{name} cannot be read: {error.strerror or error}; {advice}"
            ) from error
        if found != hashes[name]:
            raise DataError(
                f"{folder}/{name} is not the file that was prepared: its bytes have changed; "
                f"{advice}"
            )


def read_more(file: Path, count: int) -> dict[str, list[str | float | None]]:
    """Return what more.json knows of the images, nothing where there is no such file.

    Args:
        file: more.json.
        count: how many images the pack has.

    Raises:
        DataError: it is no table of a value for each image.
    """
    if not file.is_file():
        return {}
    try:
        table = from_json(file.read_text(encoding="utf-8"))
        good = all(isinstance(column, list) and len(column) == count for column in table.values())
    except (OSError, ValueError, AttributeError, RecursionError):
        good = False
    if not good:
        raise DataError(
            f"{file} is not a value for each of the {count} images; prepare the pack again"
        )
    return dict(table)


def write_array(file: Path, values: np.ndarray) -> None:
    """Write a .npy file; other than that of `numpy.save`, its error says why it cannot.

    Args:
        file: its path.
        values: not of objects.

    Raises:
        OSError: the disk is full, or the place is not to be written.
    """
    text = io.BytesIO()
    np.save(text, values, allow_pickle=False)
    file.write_bytes(text.getbuffer())


def read_array(file: Path) -> np.ndarray:
    """Read a .npy file, and nothing else that `numpy.load` would take: no archives, no objects.

    Args:
        file: its path.

    Raises:
        ValueError: it is no such file, or is cut short.
        OSError: it cannot be opened.

    Example:
        >>> import tempfile
        >>> file = Path(tempfile.mkdtemp()) / "a.npy"
        >>> np.save(file, np.arange(3))
        >>> read_array(file).tolist()
        [0, 1, 2]
    """
    try:
        # Mapped, it is as long as its header says, or refused; read, it would be given memory for
        # what the header says before anything is read.
        found: np.ndarray = np.lib.format.open_memmap(file, mode="r")
    except (OSError, ValueError):
        raise
    except Exception as error:  # NumPy reads the header as Python
        raise ValueError(f"its header is damaged ({type(error).__name__})") from error
    return np.array(found)
