"""A wrong byte anywhere in what is read: the same result, or one line that names the file."""

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from asdcfer.data.pack_writing import PackItem, write_pack
from asdcfer.errors import TrainingError
from asdcfer.models.find_weights import WEIGHTS_FOLDER
from asdcfer.models.weights import save_encoder, save_model
from asdcfer.training.engine.checkpoint import SafetensorsCheckpointIO, checkpoints
from tests.cli.command import Done, asdcfer
from tests.data.trees import contents
from tests.evaluation.standin import NAMES, toy_encoder, toy_model, toy_pack
from tests.faults.launcher import TIMES

pytestmark = [pytest.mark.slow, pytest.mark.faults]

PLACES = TIMES if TIMES < 10 else 2 * TIMES
"""Wrong bytes of each file that are tried with the real command."""


def places(size: int, name: str, count: int = PLACES) -> list[int]:
    """Return places of a file: its first and last bytes, and some drawn anywhere."""
    draw = random.Random(f"{name} {count}")
    return [0, size - 1, *(draw.randrange(size) for _ in range(count))]


def flip(file: Path, data: bytes, place: int) -> None:
    damaged = bytearray(data)
    damaged[place] ^= 1 << random.Random(place).randrange(8)
    file.write_bytes(damaged)


def check_each(file: Path, command: Callable[[], tuple[Done, object]], named: str) -> int:
    """Damage a file byte by byte; returns how many were found."""
    data = file.read_bytes()
    done, wanted = command()
    assert done.returncode == 0, done
    found = 0
    for place in places(len(data), file.name):
        flip(file, data, place)
        done, result = command()
        if done.returncode == 0:
            assert result == wanted, f"byte {place} of {file.name} changed the result unseen"
            continue
        found += 1
        assert named in done.fault, (place, done.fault)
    file.write_bytes(data)
    return found


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.mark.parametrize(
    "name",
    ["images.u8", "labels.npy", "split.npy", "ids.json", "votes.npy", "more.json", "pack.json"],
)
def test_packs(name: str, tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    faces = [
        PackItem(
            draw.integers(0, 256, (24, 24), dtype=np.uint8),
            f"a/{i}.png",
            "train" if i % 2 else "test",
            i % 3,
            np.full(3, 1 / 3),
            {"group": f"P{i}"},
        )
        for i in range(12)
    ]
    write_pack(tmp_path / "pack", faces, expressions=NAMES, source={"name": "toy"})
    save_encoder(tmp_path / "encoder", toy_encoder(), {})

    def embed() -> tuple[Done, object]:
        done = asdcfer("embed", "pack", "--model", "encoder", "--out", "out/f.npy", cwd=tmp_path)
        found = contents(tmp_path / "out") if (tmp_path / "out").exists() else None
        shutil.rmtree(tmp_path / "out", ignore_errors=True)
        return done, found

    assert check_each(tmp_path / "pack" / name, embed, "pack") >= PLACES


@pytest.mark.parametrize("name", ["model.safetensors", "model.json"])
def test_weights_and_cards(name: str, tmp_path: Path) -> None:
    save_model(tmp_path / "model", toy_model(temperature=1.5), {"seed": 1})
    _predicts(tmp_path, tmp_path / name, "model")


def test_onnx_files(tmp_path: Path) -> None:
    shutil.copy(WEIGHTS_FOLDER / "light.onnx", tmp_path / "model.onnx")
    _predicts(tmp_path, tmp_path / "model.onnx", "model.onnx")


def _predicts(folder: Path, file: Path, model: str) -> None:
    cv2 = pytest.importorskip("cv2")
    cv2.imwrite(str(folder / "photo.png"), np.tile(np.arange(48, dtype=np.uint8), (48, 1)))

    def predict() -> tuple[Done, object]:
        words = ("photo.png", "--no-detect", "--model", model, "--out", "t.csv", "--force")
        done = asdcfer("predict", *words, cwd=folder)
        table = folder / "t.csv"
        found = table.read_text() if table.exists() else None
        table.unlink(missing_ok=True)
        return done, found

    # White space in JSON, and a letter of what is no longer taken for a checksum, do not matter.
    assert check_each(file, predict, file.stem) >= 0.7 * PLACES


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory) -> Path:
    """The folder of a fine-tuning that ended, without its model: its newest checkpoint is read."""
    folder = tmp_path_factory.mktemp("checkpoint")
    toy_pack(folder / "pack", {"train": 30, "public": 9, "private": 9})
    save_encoder(folder / "encoder", toy_encoder(), {})
    done = finetuned(folder)
    assert done.returncode == 0, done
    return folder


def finetuned(folder: Path, *more: str) -> Done:
    words = ("--data", "pack", "--out", "out", "--device", "cpu", "epochs=1", "batch_size=15")
    return asdcfer("finetune", "encoder", *words, *more, cwd=folder)


def refusal(checkpoint: Path) -> str:
    """Return why a checkpoint is not read, "" where it is."""
    try:
        SafetensorsCheckpointIO().load_checkpoint(checkpoint)
    except TrainingError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("name", ["state.json", "state.safetensors"])
def test_checkpoints(name: str, checkpoint: Path) -> None:
    newest = checkpoints(checkpoint / "out" / "checkpoint")[-1]
    file, data = newest / name, (newest / name).read_bytes()
    found = 0
    for place in places(len(data), name, 20 * PLACES):
        flip(file, data, place)
        if told := refusal(newest):
            assert str(newest) in told
            assert "\n" not in told
            found += 1
    assert found >= 20 * PLACES, "not one is passed over"
    flip(file, data, len(data) // 2)
    said = finetuned(checkpoint, "--resume")
    assert newest.name in said.fault
    file.write_bytes(data)
    assert finetuned(checkpoint, "--resume").returncode == 0
