"""TeacherBank: what a teacher makes of each face, kept once and read with a view's geometry."""

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from asdcfer.augmentation.geometry import sampling_grid
from asdcfer.errors import TrainingError
from asdcfer.methods.teacher import Teacher, TeacherOutput

BATCH = 250


class TeacherBank:
    """Maps and query vectors of every training face and its mirror image.

    A teacher that looks at each view costs more than the student that it teaches. Kept maps of the
    whole face, sampled where a view was read, cost next to nothing:

        F(view)(p) = F(face)( m(p) )         or, where m mirrors,  F(mirrored face)( R m(p) )

    with m the view's affine map and R the reflection of x. A map deep in a network knows more of
    the face than the view shows, so this is an approximation, the rougher the deeper the map.

    The query vector is that of the whole face, so that the student says from every view what the
    teacher says of all of it. The bank is no module: a checkpoint holds the teacher, and the bank
    is filled anew from it.

    Args:
        teacher: frozen; its `mirror_mean` averages what it says of a view and of its mirror image.
        maps: indices of the maps that are kept; the others are empty in what is returned.
        half: keep the maps in 16 bits.

    Source: NOTE: our reading. Kept targets are usual for distillation; sampling kept maps in the
        geometry of a view stands for "the same view for teacher and student".

    Example:
        >>> from asdcfer.models.encoder import EncoderSpec
        >>> from asdcfer.models.registry import build_encoder
        >>> teacher = Teacher(build_encoder(EncoderSpec(name="mobile", arguments={"width": 0.25})))
        >>> bank = TeacherBank(teacher, (-2, -1))
        >>> bank.fill(torch.randint(0, 256, (5, 48, 48), dtype=torch.uint8))
        >>> output = bank(torch.tensor([3, 1]), torch.eye(2, 3).expand(2, 2, 3))
        >>> [tuple(kept.shape) for kept in output.maps[-2:]]
        [(2, 24, 6, 6), (2, 96, 3, 3)]
    """

    def __init__(self, teacher: Teacher, maps: Sequence[int], half: bool = True) -> None:
        self.teacher, self.half = teacher, half
        count = len(teacher.encoder.map_channels)
        self.kept = sorted({index % count for index in maps})
        self.count = count
        self.maps: dict[int, Tensor] = {}
        self.features: Tensor | None = None
        self.queries: Tensor | None = None

    @torch.no_grad()
    def fill(self, images: Tensor, report: Callable[[int, int], None] | None = None) -> None:
        """Ask the teacher about every face and its mirror image, once.

        Args:
            images: uint8 (N,H,W) or (N,H,W,3), in the order that `Views.index` counts.
            report: called with (done, all).
        """
        device = next(self.teacher.parameters()).device
        maps: dict[int, list[Tensor]] = {index: [] for index in self.kept}
        features: list[Tensor] = []
        for start in range(0, len(images), BATCH):
            x = self.teacher.encoder.preprocessing.batch(images[start : start + BATCH]).to(device)
            seen = [self.teacher.look(one) for one in (x, x.flip(-1))]
            for index in self.kept:
                both = torch.stack([maps_of[index] for maps_of, _ in seen], dim=1)
                maps[index].append(both.half() if self.half else both.float())
            features.append(torch.stack([feature.float() for _, feature in seen], dim=1))
            if report is not None:
                report(min(start + BATCH, len(images)), len(images))
        self.maps = {index: torch.cat(parts) for index, parts in maps.items()}
        found = torch.cat(features)
        self.features = found.mean(1) if self.teacher.mirror_mean else found[:, 0]
        projector = self.teacher.projector
        if projector is not None:
            parts_of = torch.split(self.features, BATCH)
            self.queries = torch.cat([projector(part).float() for part in parts_of])

    @torch.no_grad()
    def __call__(self, index: Tensor, geometry: Tensor) -> TeacherOutput:
        """Return what the teacher would make of views.

        Args:
            index: int64 (B,), rows of the faces.
            geometry: (B,2,3), the views' affine maps.

        Raises:
            TrainingError: the bank is empty.
        """
        if self.features is None:
            raise TrainingError("the teacher has not been asked yet: call fill(images) first")
        mirror = torch.cat([-geometry[..., :1], geometry[..., 1:]], dim=-1)
        maps = [geometry.new_zeros(0)] * self.count
        for number in self.kept:
            found = self._sampled(number, index, geometry)
            if self.teacher.mirror_mean:
                found = (found + self._sampled(number, index, mirror)) / 2
            maps[number] = found
        queries = None if self.queries is None else self.queries[index]
        return TeacherOutput(maps, self.features[index], queries)

    def _sampled(self, number: int, index: Tensor, geometry: Tensor) -> Tensor:
        """Return a kept map read through affine maps, (B,C,H,W) float32."""
        # By hand: a library's determinant and a constant from the host both wait for the device.
        (a, b), (c, d) = (row.unbind(-1) for row in geometry[:, :, :2].unbind(1))
        turned = a * d < b * c
        kept = self.maps[number][index, turned.long()].float()
        grid = sampling_grid(geometry.float(), kept.shape[-1])
        sign = torch.where(turned, -1.0, 1.0).view(-1, 1, 1)
        grid = torch.stack([grid[..., 0] * sign, grid[..., 1]], dim=-1)
        return F.grid_sample(
            kept, grid, mode="bilinear", padding_mode="border", align_corners=False
        )
