"""Six faces of two expressions, some without a label."""

import numpy as np

from asdcfer.data.pack_writing import PackItem
from tests.data.trees import face

NAMES = ("angry", "happy")


def faces(count: int = 6, votes: bool = False) -> list[PackItem]:
    return [
        PackItem(
            face(i),
            f"row {i}",
            "train" if i < 4 else "test",
            i % 3 - 1,
            np.array([0.25, 0.75]) if votes else None,
        )
        for i in range(count)
    ]
