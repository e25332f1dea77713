"""How near a teacher's kept maps, sampled where a view was read, are to its maps of that view.

    # docs/results/log.md, section 22: a minute of one core
    python benchmarks/sampled_maps.py
    python benchmarks/sampled_maps.py --data packs/fer2013 --faces 1000 --teacher runs/a
    # what is kept of the face alone, without its mirror image; lighter crops
    python benchmarks/sampled_maps.py --plain --crop-area 0.9 1.0

For each map: the squared error of the sampled map (`methods.teacher_bank`) against what the teacher
says of the view, over that of the map of the whole face as it is, summed over faces. Below 1
sampling helps; above 1 a map that nothing is done to is nearer. Views are cropped, turned and
mirrored as ASDC's are in benchmarks/gpu_distillation.py; their light is left alone, so that only
the geometry counts. Mean and deviation over draws of the views.
"""

import argparse
import statistics
from collections.abc import Sequence

import torch
from gpu_distillation import ASDC_VIEWS
from headline_gpu_table import spread, table
from torch import Tensor

from asdcfer.augmentation.views import ViewMaker, ViewOptions
from asdcfer.data.pack import load_pack
from asdcfer.data.resolve_data import resolve_data_path
from asdcfer.methods.teacher import Teacher
from asdcfer.methods.teacher_bank import TeacherBank
from asdcfer.models.weights import load_encoder
from asdcfer.training.pretrain.dataset import training_images
from asdcfer.training.pretrain.recipe import DataOptions

GEOMETRY_ALONE = {"views": 1, "brightness": 0, "contrast": 0, "gamma": 0, "blur": 0, "erase": 0}


def compared(
    bank: TeacherBank, images: Tensor, options: ViewOptions, seed: int
) -> dict[int, float]:
    """Return for each map that is kept the error of sampling it over that of leaving it alone.

    Args:
        bank: filled with the images.
        images: uint8 (N,H,W).
        options: of the views.
        seed: of their geometry.
    """
    index = torch.arange(len(images))
    generator = torch.Generator().manual_seed(seed)
    preprocessing = bank.teacher.encoder.preprocessing
    views = ViewMaker(options)(images, preprocessing, generator, index)
    wanted = bank.teacher(views.crops[0]).maps
    sampled = bank(index, views.geometry[0]).maps
    whole = bank(index, torch.eye(2, 3).expand(len(index), 2, 3)).maps
    return {
        number: float(
            (sampled[number] - wanted[number]).square().mean()
            / (whole[number] - wanted[number]).square().mean()
        )
        for number in bank.kept
    }


def as_markdown(found: Sequence[dict[int, float]]) -> str:
    """Return one line a map: the mean of its ratios, and their deviation.

    Example:
        >>> print(as_markdown([{1: 0.9, 3: 1.2}, {1: 1.1, 3: 1.2}]))
        | map | sampled over untransformed |
        | --- | --- |
        | 1 | 1.00 +- 0.14 |
        | 3 | 1.20 +- 0.00 |
        >>> print(as_markdown([{2: 0.5}]).splitlines()[-1])
        | 2 | 0.50 |
    """
    rows = []
    for number in found[0]:
        ratios = [each[number] for each in found]
        told = spread(ratios) if len(ratios) > 1 else f"{statistics.fmean(ratios):.2f}"
        rows.append([str(number), told])
    return table(rows, ["map", "sampled over untransformed"])


def main() -> None:
    """Compare, and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", default="sample", help="a pack; its training faces are looked at")
    parser.add_argument("--teacher", default="resnet18", help="an encoder: a name, file or folder")
    parser.add_argument("--faces", type=int, default=80, help="evenly spaced over all")
    parser.add_argument("--maps", type=int, nargs="+", default=[1, 2, 3], help="by index")
    parser.add_argument("--crop-area", type=float, nargs=2, default=ASDC_VIEWS.crop_area)
    parser.add_argument("--rotate", type=float, default=ASDC_VIEWS.rotate, help="degrees")
    parser.add_argument("--draws", type=int, default=10, help="of the views' geometry")
    parser.add_argument("--plain", action="store_true", help="no mean with the mirror image")
    options = parser.parse_args()
    pack = load_pack(resolve_data_path(options.data), verify=True)
    encoder = load_encoder(options.teacher)
    data = DataOptions(images=options.faces, splits=["train"])
    images = training_images(pack, data, encoder.preprocessing.channels)
    bank = TeacherBank(Teacher(encoder, mirror_mean=not options.plain), options.maps, half=False)
    bank.fill(images)
    shown = ASDC_VIEWS.model_dump() | GEOMETRY_ALONE
    shown |= {
        "size": encoder.preprocessing.size,
        "crop_area": tuple(options.crop_area),
        "rotate": options.rotate,
    }
    views = ViewOptions.model_validate(shown)
    found = [compared(bank, images, views, seed) for seed in range(options.draws)]
    print(as_markdown(found))


if __name__ == "__main__":
    main()
