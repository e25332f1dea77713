"""The whole of FER-2013 as a pack, made once for the tests that want it."""

import numpy as np
import pytest
from PIL import Image

from asdcfer.data.pack import Pack
from asdcfer.data.prepare_pack import prepare
from asdcfer.data.sample import sample_pack
from tests.data.trees import FER_CSV, brighter, pack_of


@pytest.fixture(scope="session")
def real_fer(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    """FER-2013, 35,887 faces; for tests marked `needs_fer`."""
    return prepare(FER_CSV, tmp_path_factory.mktemp("fer") / "pack")


@pytest.fixture(scope="module")
def packs(tmp_path_factory: pytest.TempPathFactory) -> list[Pack]:
    """Two packs: a0 = a4 exactly (train, test, labels differ), a1 ~ a5 (train, test), b0 = a2
    exactly, b1 ~ a3, b2 ~ b3, the rest without a twin.
    """
    folder, faces = tmp_path_factory.mktemp("packs"), np.asarray(sample_pack().images[:8])
    large = np.asarray(
        Image.fromarray(faces[3]).resize((60, 60), Image.Resampling.BICUBIC).resize((48, 48))
    )
    a = pack_of(
        folder / "a",
        [*faces[:4], faces[0], brighter(faces[1]), faces[4]],
        ["train"] * 4 + ["test"] * 3,
        [0, 0, 0, 0, 1, 0, -1],
    )
    b = pack_of(
        folder / "b", [faces[2], large, faces[5], brighter(faces[5]), faces[6]], ["train"] * 5
    )
    return [a, b]
