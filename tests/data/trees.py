"""Small data sets in the layouts of the real ones, for tests."""

import gzip
import tempfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from asdcfer.cli.option_words import as_typed
from asdcfer.data.datasets.source import Options
from asdcfer.data.pack import Pack, load_pack
from asdcfer.data.pack_writing import PackItem, write_pack
from asdcfer.data.prepare_pack import prepare, recognize
from asdcfer.errors import DataError
from tests.factories import Heard

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


def summary(pack: Pack) -> list[tuple[str, str, str]]:
    """Split, expression and id of every image, in the pack's order."""
    return [
        (str(pack.split[i]), pack.expressions[pack.labels[i]], pack.ids[i])
        for i in range(len(pack))
    ]


def kind_of(path: Path) -> str:
    return recognize(path).source.kind


def kaggle_fer(root: Path) -> Path:
    for i, name in enumerate(CLASSES):
        save(root / "train" / name / f"Training_{100 + i}.jpg", i)
        save(root / "test" / name / f"PublicTest_{200 + i}.jpg", 10 + i)
        save(root / "test" / name / f"PrivateTest_{300 + i}.jpg", 20 + i)
    return root


def rafdb(root: Path) -> Path:
    lines = []
    for i in range(14):
        split = "train" if i < 7 else "test"
        save(root / "Image" / "aligned" / f"{split}_{i:05d}_aligned.jpg", i, (100, 100, 3))
        lines.append(f"{split}_{i:05d}.jpg {i % 7 + 1}")
    (root / "EmoLabel").mkdir()
    (root / "EmoLabel" / "list_patition_label.txt").write_text("\n".join(lines) + "\n")
    return root


def write(path: Path, rows=None, **how) -> Path:
    text = fer_csv(fer_rows(21) if rows is None else rows, **how)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text)
    return path


NAMES = ("angry", "happy")


def brighter(image: np.ndarray) -> np.ndarray:
    return np.clip(image.astype(int) + 20, 0, 255).astype(np.uint8)


def pack_of(
    path: Path, images: list[np.ndarray], splits: list[str], labels: list[int] | None = None
) -> Pack:
    labels = labels or [0] * len(images)
    made = [
        PackItem(image, f"{path.name}{i}", split, label)
        for i, (image, split, label) in enumerate(zip(images, splits, labels, strict=True))
    ]
    return load_pack(write_pack(path, made, expressions=NAMES, source={}))


def tiles(root: Path, *names: str) -> Path:
    """Write a small picture of its own for each name below a folder."""
    for name in names:
        save(root / name, zlib.crc32(name.encode()) % 100_000, (12, 12))
    return root


def read_as(source: Path, **options: Any) -> dict[str, tuple[str | None, str]]:
    """Prepare a source and return label and split by id; `kind` and `told` are of `prepare`."""
    kind, told = options.pop("kind", "auto"), options.pop("told", None)
    heard = Heard()
    with tempfile.TemporaryDirectory() as folder:
        try:
            pack = prepare(
                source, Path(folder) / "pack", Options(size=8, **options), kind=kind, progress=heard
            )
        except DataError as error:
            # As the command line says it.
            raise DataError(as_typed(str(error))) from error
        for line in heard.lines if told else ():
            told(as_typed(line))
        return {
            name: (pack.expressions[label] if label >= 0 else None, str(split))
            for name, label, split in zip(pack.ids, pack.labels, pack.split, strict=True)
        }
