"""Two processes over gloo: gradients averaged, keys enqueued in the order of the ranks, batch
statistics each process's own.
"""

import copy
import csv
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
from safetensors.torch import load_file

from asdcfer import all_gather
from asdcfer.augmentation.views import ViewMaker, Views
from asdcfer.methods.moco import Moco
from asdcfer.training.engine.optimizer import build_optimizer
from asdcfer.training.engine.sampler import BatchSampler, Share, mixed_seed
from asdcfer.training.engine.schedule import learning_rate_at
from asdcfer.training.pretrain.module import plan_for
from tests.training.standin import SPEC, faces, for_two, moco
from tests.training.test_resume import ROOT


def rows_of(views: Views, rank: int) -> Views:
    own = slice(8 * rank, 8 * rank + 8)
    return Views(*([tensor[own] for tensor in part] for part in (views.crops, views.warps)))


@contextmanager
def both_keys(
    processes: list[Moco], shown: list[Views], monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Let each process find the keys of both, for while there is no queue: those that copies make
    of the same views.
    """
    if processes[0].queue.filled:
        yield
        return
    made: list[list[torch.Tensor]] = [[], []]
    for process, views, mine in zip(copy.deepcopy(processes), shown, made, strict=True):
        monkeypatch.setattr(
            all_gather, "all_gather_rows", lambda key, mine=mine: mine.append(key) or key
        )
        process.training_step(views)
    pairs = [torch.cat(pair) for pair in zip(*made, strict=True)] * 2
    with monkeypatch.context() as patch:
        patch.setattr(all_gather, "all_gather_rows", lambda key: pairs.pop(0))
        yield


def by_hand(monkeypatch: pytest.MonkeyPatch, seed: int = 5) -> tuple[dict[str, torch.Tensor], int]:
    """Train as two processes should, in one: the documented meaning, written out."""
    settings, images = for_two(), faces()
    plan = plan_for(settings, len(images), processes=2)
    processes = [moco().to(memory_format=torch.channels_last)]
    processes.append(copy.deepcopy(processes[0]))
    optimizer = build_optimizer(processes[0], settings.optimizer, plan.learning_rate)
    maker = ViewMaker(settings.views)
    orders = [
        iter(BatchSampler(len(images), 8, seed=seed, share=Share(rank, 2))) for rank in range(2)
    ]
    for step in range(plan.total_steps):
        keys = []
        shown = []
        for rank in range(2):
            # Each face has the views that one process would give it, made here of the whole batch.
            batch = torch.zeros(16, *images.shape[1:], dtype=torch.uint8)
            batch[8 * rank :][:8] = images[next(orders[rank])]
            generator = torch.Generator().manual_seed(mixed_seed(seed, 0, step, 5))
            shown.append(rows_of(maker(batch, SPEC.preprocessing, generator), rank))
        with both_keys(processes, shown, monkeypatch):
            for rank, process in enumerate(processes):
                process.queue.enqueue = keys.append
                process.zero_grad()
                monkeypatch.setattr(dist, "get_rank", lambda rank=rank: rank)
                process.training_step(shown[rank]).loss.backward()
                del process.queue.enqueue
        for one, other in zip(processes[0].parameters(), processes[1].parameters(), strict=True):
            if one.grad is not None:
                one.grad = (one.grad + other.grad) / 2
        for group in optimizer.param_groups:
            group["lr"] = learning_rate_at(
                step, plan.total_steps, plan.warmup_steps, plan.learning_rate
            )
        optimizer.step()
        with torch.no_grad():
            for one, other in zip(
                processes[0].parameters(), processes[1].parameters(), strict=True
            ):
                other.copy_(one)
        for process in processes:
            process.queue.enqueue(torch.cat(keys))
            process.after_step((step + 1) / plan.total_steps)
    return processes[0].state_dict(), plan.total_steps


@pytest.mark.slow
def test_two_processes_do_what_the_documentation_says(tmp_path, monkeypatch):
    environment = {
        **os.environ,
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
    }
    environment.pop("LOCAL_RANK", None)
    done = subprocess.run(
        [sys.executable, "-m", "tests.training.standin", str(tmp_path), "--devices", "2"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    first, second = (load_file(tmp_path / f"process-{rank}.safetensors") for rank in range(2))
    # One thread, as in the processes: sums in another order move a small network's weights by more
    # than any honest tolerance.
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        wanted, steps = by_hand(monkeypatch)
    finally:
        torch.set_num_threads(threads)
    assert steps == 4
    own = {name for name in first if "running_" in name}
    for name in first.keys() - own:
        assert first[name].equal(second[name]), f"{name} differs between the processes"
    assert first["queue.fill"].item() == 24
    for name, value in wanted.items():
        torch.testing.assert_close(
            first[name], value, rtol=2e-4, atol=2e-5, msg=lambda text, name=name: f"{name}: {text}"
        )


def losses(method: str, processes: int, out: Path) -> list[float]:
    environment = {
        **os.environ,
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
    }
    environment.pop("LOCAL_RANK", None)
    words = [str(out), "--devices", str(processes), "--global-batch", method]
    done = subprocess.run(
        [sys.executable, "-m", "tests.training.standin", *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    with open(out / "metrics.csv", encoding="utf-8") as file:
        return [float(row["loss"]) for row in csv.DictReader(file)]


@pytest.mark.slow
@pytest.mark.parametrize("method", ["moco", "asdc"])
def test_the_same_global_batch_gives_the_same_losses_on_one_and_two_processes(method, tmp_path):
    one, two = (losses(method, count, tmp_path / str(count)) for count in (1, 2))
    assert len(one) == 8
    assert len(set(one)) == 8
    assert two == pytest.approx(one, rel=1e-4)
