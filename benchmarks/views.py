"""Measure the speed of the views against kornia's pipeline and as a share of a training step.

    python benchmarks/views.py --threads 2 --out docs/results/views.json

Both make the same transforms of the same batch in one process, in turn, so that a busy machine
slows both; the ratio of the medians is what counts. kornia's pipeline crops, flips, rotates,
changes brightness and contrast and blurs; ours makes the same, and its own normalization is left
out on both sides.
"""

import argparse
import json
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from asdcfer.augmentation.views import ViewMaker, ViewOptions
from asdcfer.data.sample import sample_pack
from asdcfer.files import write_json
from asdcfer.models.encoder import EncoderSpec
from asdcfer.models.registry import build_encoder


class Raw:
    """A preprocessing that does nothing: only the making of views is timed."""

    def in_channels(self, pixels: Tensor) -> Tensor:
        """Return the pixels."""
        return pixels

    def normalized(self, pixels: Tensor) -> Tensor:
        """Return the pixels."""
        return pixels


def kornia_view(options: ViewOptions) -> Callable[[Tensor], Tensor]:
    """Return kornia's version of one view: uint8 (B,H,W) -> (B,1,S,S)."""
    import kornia.augmentation as K

    size = (options.size, options.size)
    pipeline = K.AugmentationSequential(
        K.RandomResizedCrop(size, scale=options.crop_area, ratio=options.aspect),
        K.RandomHorizontalFlip(p=options.hflip),
        K.RandomRotation(options.rotate, p=1.0),
        K.RandomBrightness((1 - options.brightness, 1 + options.brightness), p=1.0),
        K.RandomContrast((1 - options.contrast, 1 + options.contrast), p=1.0),
        K.RandomGaussianBlur((3, 3), (0.1, 0.8), p=options.blur),
        same_on_batch=False,
    )
    return lambda images: pipeline(images[:, None].float() / 255)


def timed(run: Callable[[], object], device: str) -> float:
    """Return the seconds of one call."""
    if device == "cuda":
        torch.cuda.synchronize()
    start = time.perf_counter()
    run()
    if device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - start


def main() -> None:
    """Run and print; write JSON where asked."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    torch.manual_seed(0)

    options = ViewOptions(views=1)
    faces = torch.from_numpy(sample_pack().images[: given.batch].copy()).to(given.device)
    plain, warped = (
        ViewMaker(options),
        ViewMaker(options.model_copy(update={"views": 0, "warp_negatives": 1})),
    )
    other = kornia_view(options)
    encoder = build_encoder(
        EncoderSpec(name="resnet18", arguments={"width": 32, "stem": "stride2"})
    ).to(given.device, memory_format=torch.channels_last)

    def learn(crops: Tensor) -> None:
        with torch.autocast(given.device, dtype=torch.bfloat16):
            loss = (
                encoder(crops.contiguous(memory_format=torch.channels_last)).float().square().mean()
            )
        loss.backward()

    crops = plain(faces, encoder.preprocessing).crops[0]
    runs = {
        "asdcfer view": lambda: plain(faces, Raw()),
        "asdcfer warped view": lambda: warped(faces, Raw()),
        "kornia view": lambda: other(faces),
        "encoder forward and backward": lambda: learn(crops),
        "view, forward and backward": lambda: learn(plain(faces, encoder.preprocessing).crops[0]),
    }
    for run in runs.values():
        run()
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(given.rounds):
        for name, run in runs.items():
            seconds[name].append(timed(run, given.device))
    median = {name: statistics.median(values) for name, values in seconds.items()}
    result = {
        "batch": given.batch,
        "threads": given.threads,
        "device": given.device,
        "torch": torch.__version__,
        "processor": platform.processor() or platform.machine(),
        "milliseconds": {name: round(value * 1000, 3) for name, value in median.items()},
        "ratios": {
            "kornia / asdcfer": round(median["kornia view"] / median["asdcfer view"], 2),
            "warped / plain": round(median["asdcfer warped view"] / median["asdcfer view"], 2),
            "view / encoder forward and backward (ResNet-18, width 32, bfloat16)": round(
                median["asdcfer view"] / median["encoder forward and backward"], 3
            ),
        },
    }
    print(json.dumps(result, indent=2))
    if given.out is not None:
        write_json(given.out, result)


if __name__ == "__main__":
    main()
