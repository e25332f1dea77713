"""metrics.csv: its rows, columns that join later, and what resuming drops."""

from types import SimpleNamespace

import pytest

from asdcfer.files import read_rows
from asdcfer.training.engine.metrics_log import COLUMNS, HEALTH_COLUMNS, MetricsLog
from tests.training.standin import faces, moco, stage, trained


@pytest.mark.slow
def test_tensorboard_events_are_written_where_asked_for(tmp_path):
    pytest.importorskip("tensorboard")
    from asdcfer.training.engine.hardware import Hardware

    trained(
        moco(),
        faces(),
        stage(epochs=1),
        seed=0,
        folder=tmp_path,
        hardware=Hardware(tensorboard=True),
    )
    assert list((tmp_path / "tensorboard").glob("events.*"))


def module(step: int, **means: float) -> SimpleNamespace:
    """Stand in for a training after a step."""
    return SimpleNamespace(
        step=step,
        between_steps=True,
        plan=SimpleNamespace(steps_per_epoch=4, total_steps=8),
        learning_rate=0.1,
        means=lambda: {"loss": 1.0, **means},
        images_seen=lambda steps: 8 * steps,
    )


MASTER = SimpleNamespace(is_global_zero=True)


def after(log: MetricsLog, *steps: SimpleNamespace) -> None:
    for one in steps:
        log.on_train_batch_end(MASTER, one, None, None, 0)


def test_rows_come_every_few_steps_and_at_the_end_of_epochs(tmp_path):
    log = MetricsLog(tmp_path / "metrics.csv", every=3)
    log.on_train_start(MASTER, module(0))
    after(log, *(module(step) for step in range(1, 9)))
    rows = read_rows(log.path)
    assert [row["step"] for row in rows] == ["3", "4", "6", "8"]
    assert [row["epoch"] for row in rows] == ["0.75", "1", "1.5", "2"]
    assert list(rows[0]) == COLUMNS + HEALTH_COLUMNS


def test_a_term_that_joins_later_gets_its_column_before_those_of_health(tmp_path):
    log = MetricsLog(tmp_path / "metrics.csv", every=1)
    log.on_train_start(MASTER, module(0))
    log.measured = {"feature_spread": 0.5}
    after(log, module(1), module(2, joint=0.25))
    rows = read_rows(log.path)
    assert list(rows[0]) == [*COLUMNS, "joint", *HEALTH_COLUMNS]
    assert [row["joint"] for row in rows] == ["", "0.25"]
    assert [row["feature_spread"] for row in rows] == ["0.5", ""]
    assert log.last["joint"] == 0.25
    assert "feature_spread" not in log.last


def test_resuming_drops_the_rows_after_the_checkpoint_and_keeps_the_time(tmp_path):
    log = MetricsLog(tmp_path / "metrics.csv", every=1)
    log.on_train_start(MASTER, module(0))
    after(log, *(module(step) for step in range(1, 5)))
    log.on_train_end(MASTER, module(4))
    again = MetricsLog(log.path, every=1)
    again.load_state_dict({"seconds": 100.0})
    again.on_train_start(MASTER, module(2))
    assert [row["step"] for row in read_rows(log.path)] == ["1", "2"]
    after(again, module(3))
    assert float(read_rows(log.path)[-1]["seconds"]) >= 100
    fresh = MetricsLog(log.path, every=1)
    fresh.on_train_start(MASTER, module(0))
    assert not log.path.exists(), "a run from the beginning has no rows yet"


def test_other_processes_write_nothing(tmp_path):
    log = MetricsLog(tmp_path / "metrics.csv", every=1)
    second = SimpleNamespace(is_global_zero=False)
    log.on_train_start(second, module(0))
    log.on_train_batch_end(second, module(1), None, None, 0)
    assert not log.path.exists()
    assert log.last["loss"] == 1
