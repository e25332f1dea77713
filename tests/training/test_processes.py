"""Two processes over gloo: gradients averaged, keys enqueued in the order of the ranks, batch
statistics each process's own.
"""

import copy
import os
import subprocess
import sys

import pytest
import torch
from safetensors.torch import load_file

from asdcfer.augmentation.views import ViewMaker
from asdcfer.training.engine.optimizer import build_optimizer
from asdcfer.training.engine.sampler import BatchSampler, Share, mixed_seed
from asdcfer.training.engine.schedule import learning_rate_at
from asdcfer.training.pretrain.module import plan_for
from tests.training.standin import faces, for_two, moco
from tests.training.test_resume import ROOT


def by_hand(seed: int = 5) -> tuple[dict[str, torch.Tensor], int]:
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
        for rank, process in enumerate(processes):
            generator = torch.Generator().manual_seed(mixed_seed(seed, rank, step, 5))
            views = maker(images[next(orders[rank])], process.encoder.preprocessing, generator)
            process.queue.enqueue = keys.append
            process.zero_grad()
            process.training_step(views).loss.backward()
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
def test_two_processes_do_what_the_documentation_says(tmp_path):
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
        wanted, steps = by_hand()
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
