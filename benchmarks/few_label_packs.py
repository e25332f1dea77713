r"""Write packs with 250 labels an expression, as published semi-supervised work draws them.

    python benchmarks/few_label_packs.py packs/fer2013 --votes fer2013new.csv --out packs/few
    asdcfer probe resnet18 --data packs/few/0 --kinds linear --tta features --prior estimated
    asdcfer finetune light_encoder --data packs/few/0 --out runs/few/0 unlabeled=true

The protocol is that of Roy and Etemad, Analysis of Semi-Supervised Methods for Facial Expression
Recognition, ACII 2022, as their released code builds it: a face's label is the one of ten answers
with the most votes (eight expressions, unknown, no face; the first of equals, neutral first); faces
labeled as one of seven expressions are kept; the training list trains, and both test lists test.
Each pack holds the labels of one draw: at most 250 of each expression, and disgust has fewer. The
other training faces are there without a label. Nothing is chosen on the test lists: what is chosen
is chosen on a tenth of the drawn labels.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from asdcfer.data.datasets.fer2013 import row_id
from asdcfer.data.datasets.ferplus import read_votes
from asdcfer.data.pack import UNLABELED, Pack, load_pack
from asdcfer.data.pack_writing import PackItem, write_pack
from asdcfer.evaluation.probes.few_labels import draw_labels
from asdcfer.expressions import EXPRESSIONS, EXPRESSIONS_WITH_CONTEMPT, FERPLUS_COLUMNS
from asdcfer.files import sha256

PER_CLASS = 250
FIRST_OF_EQUALS = [
    *(EXPRESSIONS_WITH_CONTEMPT.index(name) for name in FERPLUS_COLUMNS.values()),
    8,
    9,
]
"""Columns of `read_votes` in the order of the published file: unknown and no face are last."""


def most_voted(votes: np.ndarray) -> np.ndarray:
    """Return the label of each face, int64 (N,), -1 where it is none of the seven expressions.

    Args:
        votes: int (N,10), as `read_votes` returns them.

    Example:
        >>> votes = np.zeros((3, 10), int)
        >>> votes[0, [3, 6]] = 5  # happy and neutral: neutral stands first in the file
        >>> votes[1, 8], votes[2, 7] = 6, 6  # unknown; contempt
        >>> most_voted(votes).tolist()
        [6, -1, -1]
    """
    best = np.asarray(FIRST_OF_EQUALS)[votes[:, FIRST_OF_EQUALS].argmax(1)]
    return np.where(best < len(EXPRESSIONS), best, UNLABELED)


def labels_for(pack: Pack, votes: Path) -> np.ndarray:
    """Return them for the faces of a pack; faces that FER+ names no file for have none."""
    table, _, named = read_votes(votes)
    labels = np.where(named, most_voted(table), UNLABELED)
    at = {row_id(number): number for number in range(len(table))}
    return labels[[at[name] for name in pack.ids]]


def items(pack: Pack, labels: np.ndarray, known: np.ndarray) -> Iterator[PackItem]:
    """Give the faces that have a label, in splits train and test; of training some labels."""
    seen = set(known.tolist())
    for row in np.flatnonzero(labels != UNLABELED).tolist():
        train = pack.split[row] == "train"
        yield PackItem(
            image=np.array(pack.images[row]),
            source_id=pack.ids[row],
            split="train" if train else "test",
            label=int(labels[row]) if row in seen or not train else UNLABELED,
        )


def main(
    data: Annotated[Path, typer.Argument(help="FER-2013 as `asdcfer prepare` writes it.")],
    votes: Annotated[Path, typer.Option(help="fer2013new.csv, the FER+ votes.")],
    out: Annotated[Path, typer.Option(help="Folder of the packs, one of each draw.")],
    draws: Annotated[int, typer.Option(help="How many.")] = 3,
) -> None:
    """Write the packs."""
    pack = load_pack(data)
    labels = labels_for(pack, votes)
    training = np.flatnonzero((pack.split == "train") & (labels != UNLABELED))
    for draw in range(draws):
        known = draw_labels(labels, training, per_class=PER_CLASS, seed=draw)
        write_pack(
            out / str(draw),
            items(pack, labels, known),
            expressions=EXPRESSIONS,
            source={
                "name": "few_label_packs",
                "fer2013": pack.info["hashes"],
                "votes": sha256(votes),
                "draw": draw,
                "per_class": PER_CLASS,
            },
        )
        counts = np.bincount(labels[known], minlength=len(EXPRESSIONS)).tolist()
        print(json.dumps({"draw": draw, "labels": dict(zip(EXPRESSIONS, counts, strict=True))}))


if __name__ == "__main__":
    typer.run(main)
