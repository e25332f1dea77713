"""Small data sets in the layouts of the real ones, for tests."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

SHARED = Path(__file__).resolve().parents[2] / "../shared/data/fer2013"
FER_CSV = SHARED / "fer2013.csv.gz"
FER_VOTES = SHARED / "fer2013new.csv"
needs_fer = pytest.mark.skipif(
    not FER_CSV.is_file(), reason="the real FER-2013 CSV is not beside the checkout"
)

CLASSES = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
USAGES = ("Training", "PublicTest", "PrivateTest")


def face(seed: int, shape: tuple[int, ...] = (48, 48)) -> np.ndarray:
    """A picture that no other seed gives: smooth blobs, so that it survives JPEG."""
    rng = np.random.default_rng(seed)
    channels = () if len(shape) == 2 else (shape[2],)
    small = rng.integers(0, 256, (6, 6, *channels)).astype(np.uint8)
    return np.asarray(Image.fromarray(small).resize(shape[1::-1], Image.Resampling.BICUBIC))


def save(path: Path, seed: int, shape: tuple[int, ...] = (48, 48)) -> Path:
    """Write the face of a seed in the format of the file's name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(face(seed, shape)).save(path)
    return path


def fer_rows(count: int) -> list[tuple[int, np.ndarray, str]]:
    """Label, pixels and Usage of `count` made-up FER-2013 rows; every label and Usage occurs."""
    return [(i % 7, face(i), USAGES[i // 7 % 3]) for i in range(count)]


def fer_csv(
    rows: Sequence[tuple[object, object, object]], header: str = "emotion,pixels,Usage"
) -> str:
    """The text of a FER-2013 CSV; pixels may be an array or a text."""
    lines = [header]
    for label, pixels, usage in rows:
        text = " ".join(map(str, pixels.ravel())) if isinstance(pixels, np.ndarray) else pixels
        lines.append(f"{label},{text},{usage}")
    return "\n".join(lines) + "\n"


def votes_csv(
    votes: Sequence[Sequence[int]], usages: Sequence[str], named: Sequence[bool] | None = None
) -> str:
    """The text of fer2013new.csv; votes in its own order of columns."""
    lines = [
        "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"
    ]
    for i, (row, usage) in enumerate(zip(votes, usages, strict=True)):
        name = f"fer{i:07d}.png" if named is None or named[i] else ""
        lines.append(",".join([usage, name, *map(str, row)]))
    return "\n".join(lines) + "\n"


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, by name."""
    return {
        p.relative_to(folder).as_posix(): p.read_bytes()
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }
