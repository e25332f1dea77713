"""How much of a fine-tuning epoch is not the network's own forward and backward pass.

    python benchmarks/finetuning_speed.py --data packs/fer2013

Both are timed in turn, in seconds of processor time of this process, so that other work on the
machine disturbs the ratio little. What the ratio holds beyond 1: reading, views, mixing, clipping,
optimizer, weight average, measuring on the validation split, and writing the state after each
epoch.
"""

import argparse
import contextlib
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from asdcfer.data.pack import load_pack
from asdcfer.data.splits import task_of
from asdcfer.models.classifier import Classifier, ExpressionModel
from asdcfer.models.weights import load_encoder
from asdcfer.training.engine.hardware import Hardware
from asdcfer.training.engine.trainer import Workplace
from asdcfer.training.finetune.context import FinetuneContext
from asdcfer.training.finetune.finetune import finetune
from asdcfer.training.finetune.options import FinetuneOptions


class _TrainedError(Exception):
    """Ends a run before it measures the finished model."""


class _EndsOfEpochs:
    """A progress that notes when an epoch ended, and ends the run after two."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def __call__(self, stage: str, done: float, total: float, note: str = "") -> None:
        """Take how much of a stage is done."""

    def message(self, text: str) -> None:
        """Take the line of an epoch."""
        if text.startswith("epoch "):
            self.times.append(time.process_time())
        if len(self.times) == 2:
            raise _TrainedError


def main() -> None:
    """Print the two times, and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True)
    parser.add_argument("--encoder", default="light_encoder")
    parser.add_argument("--faces", type=int, default=2000)
    parser.add_argument("--side", type=int, default=48)
    parser.add_argument("--optimizer", default="adamw")
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    torch.set_num_threads(1)
    pack = load_pack(given.data)
    task = task_of(pack)
    # The validation split keeps its share of the whole, or its cost would look larger than it is.
    faces = np.sort(np.random.default_rng(0).permutation(task.train)[: given.faces])
    kept = np.sort(
        np.random.default_rng(1).permutation(task.validation)[
            : round(len(task.validation) * len(faces) / len(task.train))
        ]
    )
    task = replace(task, train=faces, validation=kept)
    options = FinetuneOptions(epochs=2, optimizer=given.optimizer, resolution=[(0.0, given.side)])

    def epoch() -> float:
        """The time of a second epoch: the first holds what a run does once."""
        ends = _EndsOfEpochs()
        with tempfile.TemporaryDirectory() as folder, contextlib.suppress(_TrainedError):
            finetune(
                load_encoder(given.encoder),
                pack,
                Workplace(Path(folder), hardware=Hardware("cpu"), progress=ends),
                options,
                FinetuneContext(task=task),
            )
        return ends.times[1] - ends.times[0]

    encoder = load_encoder(given.encoder)
    model = ExpressionModel(
        encoder,
        Classifier(encoder.feature_dim, len(task.expressions), options.dropout),
        task.expressions,
    )
    model = model.to(memory_format=torch.channels_last).train()
    bf16 = options.wants_bf16("cpu")
    x = torch.randn(
        options.batch_size, encoder.preprocessing.channels, given.side, given.side
    ).contiguous(memory_format=torch.channels_last)
    y = torch.randint(len(task.expressions), (options.batch_size,))

    def pure() -> float:
        begun = time.process_time()
        for start in range(0, len(faces), options.batch_size):
            count = min(options.batch_size, len(faces) - start)
            with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
                logits = model.logits(x[:count])
            model.zero_grad(set_to_none=True)
            F.cross_entropy(logits.float(), y[:count]).backward()
        return time.process_time() - begun

    pure()
    pairs = [(pure(), epoch()) for _ in range(given.repeats)]
    for network, whole in pairs:
        print(f"network {network:.2f} s, epoch {whole:.2f} s, ratio {whole / network:.3f}")
    print(f"median ratio {statistics.median(whole / network for network, whole in pairs):.3f}")


if __name__ == "__main__":
    main()
