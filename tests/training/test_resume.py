"""A run killed with SIGKILL and resumed gives the same weights, bit for bit, as one that was never
killed.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from asdcfer.errors import TrainingError
from asdcfer.files import read_rows
from asdcfer.training.engine.checkpoint import checkpoints, last_checkpoint, plain_value
from tests.training.standin import faces, moco, noisy, stage, trained

ROOT = Path(__file__).resolve().parents[2]


def run(out: Path, *arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.training.standin", str(out), *arguments],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.mark.slow
def test_killed_and_resumed_equals_never_killed(tmp_path):
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    finished = run(whole)
    assert finished.returncode == 0, finished.stderr

    # 12 steps of two batches, 4 an epoch; checkpoints after 3, 4, 6, 8, 9, 12. The first kill falls
    # into step 6, before its checkpoint.
    assert run(broken, "--kill-in-step", "6").returncode == -signal.SIGKILL
    assert [path.name for path in checkpoints(broken / "checkpoint")] == [
        "step-00000003",
        "step-00000004",
    ]
    # The second falls into the middle of writing the checkpoint of step 8.
    assert run(broken, "--resume", "--kill-in-save", "2").returncode == -signal.SIGKILL
    assert last_checkpoint(broken / "checkpoint").name == "step-00000006"
    assert list((broken / "checkpoint").glob(".step-*")), (
        "half a checkpoint was left, under a temporary name"
    )
    resumed = run(broken, "--resume")
    assert resumed.returncode == 0, resumed.stderr
    assert "resuming from" in resumed.stderr

    for name in (
        "encoder.safetensors",
        "checkpoint/step-00000012/state.safetensors",
        "checkpoint/step-00000009/state.safetensors",
    ):
        assert (whole / name).read_bytes() == (broken / name).read_bytes(), name
    assert not list((broken / "checkpoint").glob(".step-*")), "leftovers are cleared away"
    steps = [row["step"] for row in read_rows(broken / "metrics.csv")]
    assert (
        steps
        == [row["step"] for row in read_rows(whole / "metrics.csv")]
        == ["3", "4", "6", "8", "9", "12"]
    )


@pytest.mark.slow
def test_a_checkpoint_of_other_settings_is_refused(tmp_path):
    trained(moco(), faces(), stage(epochs=1), seed=0, folder=tmp_path)
    with pytest.raises(TrainingError, match=r"optimizer\.learning_rate differ"):
        trained(
            moco(),
            faces(),
            stage(epochs=1, optimizer={"learning_rate": 0.2, "warmup_epochs": 0.5}),
            seed=0,
            folder=tmp_path,
            resume=True,
        )
    with pytest.raises(TrainingError, match="images differ"):
        trained(moco(), faces(80), stage(epochs=1), seed=0, folder=tmp_path, resume=True)


@pytest.mark.slow
def test_what_a_run_was_made_from_is_in_its_checkpoints(tmp_path):
    trained(
        moco(), faces(), stage(epochs=1), seed=0, folder=tmp_path, made_from={"images.u8": "abc"}
    )
    newest = last_checkpoint(tmp_path / "checkpoint")
    assert plain_value(newest, "asdcfer", "made_from") == {"images.u8": "abc"}
    assert plain_value(newest, "asdcfer", "nothing") is None
    (newest / "state.json").write_text("{")
    assert plain_value(newest, "asdcfer", "made_from") is None


@pytest.mark.slow
@pytest.mark.parametrize(
    ("teacher", "message"),
    [
        ({"teacher_seed": 7}, "of another teacher"),
        ({"teacher_width": 6}, "of another teacher .*size mismatch"),
    ],
)
def test_a_checkpoint_without_hashes_does_not_go_on_under_another_teacher(
    tmp_path, teacher, message
):
    trained(noisy(), faces(), stage(epochs=1), seed=0, folder=tmp_path)
    method = noisy(**teacher)
    with pytest.raises(TrainingError, match=message) as refused:
        trained(method, faces(), stage(epochs=1), seed=0, folder=tmp_path, resume=True)
    assert "force=True" in str(refused.value)
    assert "\n" not in str(refused.value)
    trained(noisy(), faces(), stage(epochs=1), seed=0, folder=tmp_path, resume=True)


@pytest.mark.slow
def test_resuming_a_finished_run_changes_nothing(tmp_path):
    first = trained(moco(), faces(), stage(epochs=1), seed=0, folder=tmp_path)
    again = trained(
        moco(seed=9), faces(), stage(epochs=1, log_every=1), seed=0, folder=tmp_path, resume=True
    )
    for (name, one), other in zip(
        first.encoder.state_dict().items(), again.encoder.state_dict().values(), strict=True
    ):
        assert one.equal(other), name


@pytest.mark.slow
def test_a_damaged_checkpoint_says_so(tmp_path):
    trained(moco(), faces(), stage(epochs=1), seed=0, folder=tmp_path)
    state = last_checkpoint(tmp_path / "checkpoint") / "state.safetensors"
    state.write_bytes(state.read_bytes()[:1000])
    with pytest.raises(TrainingError, match="remove it to resume from the one before"):
        trained(moco(), faces(), stage(epochs=1), seed=0, folder=tmp_path, resume=True)
