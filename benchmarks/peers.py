"""Other libraries on the same faces: lightly's MoCo and SimCLR for the same minutes.

    # in an environment of its own, for it needs torchvision: pip install lightly, and this package
    python benchmarks/peers.py simclr --data packs/fer2013 --minutes 15 --out runs/peers/simclr
    python benchmarks/peers.py moco --data packs/fer2013 --minutes 15 --out runs/peers/moco
    # so many updates instead of minutes, for a table that counts them
    python benchmarks/peers.py moco --data packs/fer2013 --steps 896 --out runs/peers/moco
    # then, anywhere, beside the methods of this package, by the same probes
    asdcfer compare moco simclr runs/peers/simclr runs/peers/moco --data packs/fer2013

Loaders, transforms, heads and losses are lightly's, with the settings of its examples for small
images; the encoder is the ResNet-18 of width 32 that `asdcfer compare` trains. Views are made
by worker processes, one face at a time, so that the minutes hold what a user would wait for.
"""

import argparse
import importlib
import math
import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor, nn

from asdcfer.api.comparison.settings import RESNET
from asdcfer.data.pack import Pack, load_pack
from asdcfer.data.resolve_data import resolve_data_path
from asdcfer.models.encoder import Encoder, EncoderSpec
from asdcfer.models.preprocessing import Preprocessing
from asdcfer.models.registry import build_encoder
from asdcfer.models.weights import save_encoder

BATCH, SIDE = 128, 48
RATE, MOMENTUM, DECAY = 0.06, 0.9, 5e-4
"""Learning rate for 256 images, momentum and weight decay of lightly's examples on CIFAR-10."""
QUEUE = 4096
PREPROCESSING = Preprocessing(size=SIDE, channels=3, normalize="dataset")


class Faces(torch.utils.data.Dataset[list[Tensor]]):
    """The training faces of a pack as views, each made anew.

    Args:
        pack: the faces.
        transform: from a picture of Pillow to a list of views.
    """

    def __init__(self, pack: Pack, transform: Callable[[Any], list[Tensor]]) -> None:
        self.pack, self.transform = pack, transform
        self.rows = pack.rows("train")

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> list[Tensor]:
        face = Image.fromarray(self.pack.images[self.rows[index]])
        return self.transform(face.convert("RGB"))


class Simclr(nn.Module):
    """SimCLR of lightly's parts."""

    transform = "SimCLRTransform"

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        parts, losses = _part("models.modules"), _part("loss")
        dim = encoder.feature_dim
        self.encoder, self.head = encoder, parts.SimCLRProjectionHead(dim, dim, 128)
        self.criterion = losses.NTXentLoss(temperature=0.5)

    def forward(self, views: list[Tensor]) -> Tensor:
        """Return the loss of two views."""
        one, other = (self.head(self.encoder(view)) for view in views[:2])
        loss: Tensor = self.criterion(one, other)
        return loss

    def follow(self, progress: float) -> None:
        """Nothing follows."""


class Moco(nn.Module):
    """Momentum contrast of lightly's parts: its MoCo v2 with a queue."""

    transform = "MoCoV2Transform"

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        parts, losses, self.tools = _part("models.modules"), _part("loss"), _part("models.utils")
        dim = encoder.feature_dim
        self.encoder, self.head = encoder, parts.MoCoProjectionHead(dim, dim, 128)
        self.slow = build_encoder(encoder.spec)
        self.slow.load_state_dict(encoder.state_dict())
        self.slow_head = parts.MoCoProjectionHead(dim, dim, 128)
        self.slow_head.load_state_dict(self.head.state_dict())
        for follower in (self.slow, self.slow_head):
            self.tools.deactivate_requires_grad(follower)
        self.criterion = losses.NTXentLoss(temperature=0.1, memory_bank_size=(QUEUE, 128))

    def forward(self, views: list[Tensor]) -> Tensor:
        """Return the loss of a query and a key."""
        query = self.head(self.encoder(views[0]))
        with torch.no_grad():
            key = self.slow_head(self.slow(views[1]))
        loss: Tensor = self.criterion(query, key)
        return loss

    def follow(self, progress: float) -> None:
        """Move the slow copies; their momentum rises from 0.996 to 1 along half a cosine."""
        momentum = 1 - 0.004 * (1 + math.cos(math.pi * progress)) / 2
        self.tools.update_momentum(self.encoder, self.slow, m=momentum)
        self.tools.update_momentum(self.head, self.slow_head, m=momentum)


PEERS: dict[str, Callable[[Encoder], Any]] = {"simclr": Simclr, "moco": Moco}


def _part(name: str) -> Any:
    return importlib.import_module(f"lightly.{name}")


def train(
    model: Any,
    batches: Callable[[], Iterable[list[Tensor]]],
    seconds: float,
    total: int | None = None,
) -> int:
    """Train for a time or for a number of steps; return the steps.

    The learning rate falls along half a cosine of it.

    Args:
        model: gives the loss of a batch of views, and has `follow(progress)`.
        batches: gives one pass over the faces.
        seconds: loaders included.
        total: so many steps instead.
    """
    peak = RATE * BATCH / 256
    weights = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.SGD(weights, lr=peak, momentum=MOMENTUM, weight_decay=DECAY)
    steps, begun = 0, time.perf_counter()
    model.train()
    while True:
        for views in batches():
            spent = (time.perf_counter() - begun) / seconds
            progress = spent if total is None else steps / total
            if progress >= 1:
                return steps
            for group in optimizer.param_groups:
                group["lr"] = peak * (1 + math.cos(math.pi * progress)) / 2
            loss = model(views)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            model.follow(progress)
            steps += 1


def main() -> None:
    """Train one method of another library and save its encoder."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("method", choices=PEERS)
    parser.add_argument("--data", required=True, help="a pack, or: sample")
    parser.add_argument("--minutes", type=float, default=15.0)
    parser.add_argument("--steps", type=int, help="updates instead of minutes")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True, help="folder of the encoder")
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    spec = EncoderSpec(name="resnet18", arguments=RESNET, preprocessing=PREPROCESSING)
    encoder = build_encoder(spec)
    model = PEERS[options.method](encoder)
    normalize = {"mean": [PREPROCESSING.mean] * 3, "std": [PREPROCESSING.std] * 3}
    transforms = _part("transforms")
    transform = getattr(transforms, model.transform)(
        input_size=SIDE, gaussian_blur=0.0, normalize=normalize
    )
    faces = Faces(load_pack(resolve_data_path(options.data)), transform)
    loader = torch.utils.data.DataLoader(
        faces, BATCH, shuffle=True, drop_last=True, num_workers=os.cpu_count() or 1
    )
    begun = time.perf_counter()
    steps = train(model, lambda: loader, 60 * options.minutes, options.steps)
    seconds = time.perf_counter() - begun
    card = {
        "recipe": f"lightly {options.method}",
        "seed": options.seed,
        "seconds": round(seconds, 1),
        "steps": steps,
        "data": {"images": len(faces), "source": faces.pack.info.get("source")},
    }
    weights = save_encoder(options.out / "encoder", encoder.eval(), card)
    print(f"{weights}: {steps} steps in {seconds / 60:.1f} minutes")


if __name__ == "__main__":
    main()
