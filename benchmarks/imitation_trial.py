"""Compare heads and targets of imitation for equal time.

    python benchmarks/imitation_trial.py packs/fer2013 --votes fer2013new.csv --out runs/trial

A trial behind a section of docs/results/log.md. All are
compared on PublicTest.
"""

from pathlib import Path
from typing import Annotated

import torch
import typer
from gpu_distillation import IMITATION_VIEWS, fisher_targets, imitation_of, learn
from gpu_probe import probe
from gpu_run import Run, load_faces

from asdcfer.methods.feature_distillation import FeatureDistillationOptions


def main(
    pack: Annotated[Path, typer.Argument(help="FER-2013 as `asdcfer prepare` writes it.")],
    votes: Annotated[Path, typer.Option(help="fer2013new.csv.")],
    out: Annotated[Path, typer.Option(help="Folder of results.")] = Path("runs/imitation_trial"),
    seconds: Annotated[float, typer.Option(help="Time of each.")] = 16.0,
) -> None:
    """Train a student for each head and target, and probe it."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.set_float32_matmul_precision("high")
    out.mkdir(parents=True, exist_ok=True)
    run = Run(load_faces(pack, votes, None), out, device, 10.0, 256, True, 48, 96, 1)
    targets = fisher_targets(run, 256, 4096, 400_000)
    plain = scaled(targets * targets.std(0))
    configurations = {
        "hidden head, 4,096 half-whitened": (targets, 2048),
        "linear head, 1,024 half-whitened": (scaled(targets[:, :1024]), 0),
        "hidden head, 4,096 not whitened": (plain, 2048),
        "hidden head, 1,024 half-whitened": (scaled(targets[:, :1024]), 2048),
    }
    for name, (wanted, hidden) in configurations.items():
        options = FeatureDistillationOptions(hidden=hidden)
        method = imitation_of(run.encoder(48), wanted.contiguous(), options)
        timed, encoder = learn(run, name, method, seconds, IMITATION_VIEWS, rate=2e-3)
        run.keep(name, {**probe(run, encoder, full=False), **timed.facts()})


def scaled(targets: torch.Tensor) -> torch.Tensor:
    """Return targets of mean square 1."""
    return targets / targets.square().mean().sqrt()


if __name__ == "__main__":
    typer.run(main)
