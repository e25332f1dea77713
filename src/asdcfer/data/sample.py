"""The bundled sample: 1,500 FER-2013 faces, and how they were chosen.

`python -m asdcfer.data.sample fer2013.csv.gz fer2013new.csv OUT` makes it again, byte for byte.
"""

import hashlib
import sys
from importlib import resources
from pathlib import Path

import numpy as np

from asdcfer.data.pack import Pack, load_pack
from asdcfer.data.pack_writing import PackItem, write_pack

SIZES: dict[str, int] = {"train": 1000, "public": 250, "private": 250}
SEED = "asdcfer sample"


def sample_pack() -> Pack:
    """Open the sample: 1,000 train, 250 public and 250 private faces of FER-2013.

    There are about as many of each expression.

    Returns:
        Pack of gray 48x48 faces, splits "train", "public", "private", seven expressions.

    Source: Goodfellow et al., ICML 2013 workshop; see sample/ATTRIBUTION.md.

    Example:
        >>> sample_pack().images.shape
        (1500, 48, 48)
    """
    return load_pack(_folder() / "fer2013")


def sample_ferplus_labels(targets: str = "majority") -> np.ndarray:
    """Return the FER+ label of each face of the sample, -1 where FER+ gives none.

    Args:
        targets: "majority", "plurality" or "probability" (its most probable expression).

    Returns:
        int64 (1500,), indices into `EXPRESSIONS_WITH_CONTEMPT`.

    Source: Barsoum et al., ICMI 2016.

    Example:
        >>> sample_ferplus_labels().shape
        (1500,)
    """
    from asdcfer.data.datasets.ferplus import in_our_order, labels_of

    return labels_of(
        in_our_order(np.load(_folder() / "ferplus_votes.npy", allow_pickle=False)), targets
    )


def make_sample(csv: Path, votes: Path, out: Path) -> Path:
    """Choose the sample from the official CSV, in an order given by a hash.

    So it never depends on a random generator. Faces that FER+ calls "not a face" and twins of a
    face that is already in are passed over.

    Args:
        csv: fer2013.csv or .gz.
        votes: fer2013new.csv.
        out: the pack to make.
    """
    from asdcfer.data.datasets.fer2013 import ABOUT, FerFile, row_id
    from asdcfer.data.near_pairs import near_pairs
    from asdcfer.data.perceptual_hash import perceptual_hash
    from asdcfer.expressions import EXPRESSIONS

    named = [
        line.split(",")[1] != "" for line in votes.read_text(encoding="utf-8").splitlines()[1:]
    ]
    rows = [row for row, usable in zip(FerFile(csv), named, strict=True) if usable]
    rows.sort(key=lambda row: hashlib.sha256(f"{SEED} {row.number}".encode()).digest())
    images = np.stack([row.pixels for row in rows])
    first, second, *_ = near_pairs(images, perceptual_hash(images), np.arange(len(rows)), None)
    taken = np.zeros(len(rows), bool)
    # The held-out splits choose first, the rarest expression being short there.
    for split in ("private", "public", "train"):
        for label in range(len(EXPRESSIONS)):
            wanted = SIZES[split] // len(EXPRESSIONS) + (label < SIZES[split] % len(EXPRESSIONS))
            for place, row in enumerate(rows):
                if wanted == 0:
                    break
                if (
                    row.split == split
                    and row.label == label
                    and not (
                        taken[first[second == place]].any() or taken[second[first == place]].any()
                    )
                ):
                    taken[place] = True
                    wanted -= 1
    chosen = [row for row, keep in zip(rows, taken, strict=True) if keep]
    chosen.sort(key=lambda row: row.number)
    faces = [PackItem(row.pixels, row_id(row.number), row.split, row.label) for row in chosen]
    about = {
        "kind": "fer2013",
        **ABOUT,
        "sample": f"{len(faces)} faces chosen by asdcfer.data.sample",
        "size": 48,
        "color": False,
        "detected": False,
    }
    made = write_pack(out, faces, expressions=EXPRESSIONS, source=about)
    table = np.asarray(
        [line.split(",")[2:] for line in votes.read_text(encoding="utf-8").splitlines()[1:]],
        np.uint8,
    )
    np.save(Path(out).with_name("ferplus_votes.npy"), table[[row.number for row in chosen]])
    return made


def _folder() -> Path:
    return Path(str(resources.files("asdcfer"))) / "sample"


if __name__ == "__main__":
    print(make_sample(*map(Path, sys.argv[1:4])))
