"""Views: several random versions of each face of a batch, made on the device the images are on."""

import math
from dataclasses import dataclass, field
from typing import Literal, Protocol

import torch
import torch.nn.functional as F
from pydantic import BaseModel, ConfigDict, Field, model_validator
from torch import Tensor

from asdcfer.augmentation.draws import draw_uniform
from asdcfer.augmentation.erasing import ERASE_DRAWS, erase_regions, part_boxes, random_boxes
from asdcfer.augmentation.geometry import GEOMETRY_DRAWS, affine_maps, sampling_grid
from asdcfer.augmentation.photometric import (
    BLUR_DRAWS,
    LIGHT_DRAWS,
    relight,
    sharpest_sigma,
    soften,
)
from asdcfer.augmentation.warp import local_displacement

DRAWS = (GEOMETRY_DRAWS, LIGHT_DRAWS, BLUR_DRAWS, ERASE_DRAWS)


class Normalizer(Protocol):
    """The part of an encoder's preprocessing that views need."""

    def in_channels(self, pixels: Tensor) -> Tensor:
        """Give float pixels (N,1 or 3,H,W) the encoder's number of channels."""

    def normalized(self, pixels: Tensor) -> Tensor:
        """Normalize float pixels (N,C,S,S) in 0..1."""


class ViewOptions(BaseModel):
    """How views are made.

    Mild by default, because a hard crop or a strong turn changes what expression one sees.

    Attributes:
        size: side of a view, pixels.
        views: views per image, 2 or more for a contrast.
        crop_area: least and largest share of the image's area.
        aspect: least and largest width / height of a crop.
        hflip: probability of a mirror image.
        rotate: largest angle either way, degrees.
        brightness, contrast: largest relative change of an image's light. An encoder that
            normalizes each image by itself undoes them, up to saturation.
        gamma: largest change of the logarithm of the tone curve's exponent.
        shading: largest slope of light across the face, as change of brightness (0..1) from the
            middle to the rim.
        blur: probability of a slight blur.
        erase: probability that a region is hidden.
        erase_region: "random" hides a rectangle anywhere, "parts" one eye or the mouth (for upright
            cropped faces).
        warp_negatives: locally warped versions per image, each a negative of its own face; for
            methods that compare them, whose `reads_warps` says so.
        warp_amplitude: largest displacement of a node of the warp, as a fraction of half the view's
            width.
        warp_grid: random nodes of the warp along a side.
        temporal: the later half of the views is made of another moment of the face's track, at most
            so many seconds away; 0 makes all views of one moment. For packs made from videos: a
            face that no other moment is known of is its own partner. Method `motion` has an option
            of its own in its place.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    size: int = Field(48, ge=8, le=512)
    views: int = Field(2, ge=1, le=16)
    crop_area: tuple[float, float] = (0.5, 1.0)
    aspect: tuple[float, float] = (0.9, 1.1)
    hflip: float = Field(0.5, ge=0, le=1)
    rotate: float = Field(8.0, ge=0, le=180)
    brightness: float = Field(0.2, ge=0, le=1)
    contrast: float = Field(0.3, ge=0, le=1)
    gamma: float = Field(0.0, ge=0, le=2)
    shading: float = Field(0.0, ge=0, le=1)
    blur: float = Field(0.2, ge=0, le=1)
    erase: float = Field(0.0, ge=0, le=1)
    erase_region: Literal["random", "parts"] = "random"
    warp_negatives: int = Field(0, ge=0, le=8)
    warp_amplitude: float = Field(0.12, ge=0, le=1)
    warp_grid: int = Field(5, ge=2, le=16)
    temporal: float = Field(0.0, ge=0)

    @model_validator(mode="after")
    def _ranges(self) -> "ViewOptions":
        if not 0 < self.crop_area[0] <= self.crop_area[1] <= 1:
            raise ValueError(
                "crop_area must be two rising shares of the image in 0..1, for example [0.5, "
                f"1.0], not {list(self.crop_area)}"
            )
        if not 0 < self.aspect[0] <= self.aspect[1]:
            raise ValueError(
                "aspect must be two rising ratios width / height, for example [0.9, 1.1], not "
                f"{list(self.aspect)}"
            )
        if self.temporal > 0 and self.views < 2:
            raise ValueError("temporal needs 2 views or more, of which the later half is another's")
        return self


@dataclass(frozen=True)
class Views:
    """Views of one batch.

    Attributes:
        crops: `views` tensors (B,C,S,S), normalized: positives of one another, row by row.
        warps: `warp_negatives` tensors (B,C,S,S), normalized: row b is a negative of row b of every
            crop.
        pixels: the crops before normalization, 0..1, for a teacher that normalizes in another way.
        index: (B,) rows of the images in their pack, where known.
        geometry: for each crop the affine maps (B,2,3) from its coordinates to those of the image,
            as `geometry.affine_maps` makes them; empty where the crops were not made from images.
        partner: (B,) rows of the faces that the later half of the crops shows, another moment of
            each; None where all crops show the faces of `index`.
    """

    crops: list[Tensor]
    warps: list[Tensor] = field(default_factory=list)
    pixels: list[Tensor] = field(default_factory=list)
    index: Tensor | None = None
    geometry: list[Tensor] = field(default_factory=list)
    partner: Tensor | None = None

    def rows_of(self, crop: int) -> Tensor | None:
        """Return the rows (B,) of the faces that a crop shows, None where they are not known.

        Args:
            crop: its number.
        """
        late = self.partner is not None and crop >= first_of_partners(len(self.crops))
        return self.partner if late else self.index

    def to(self, device: torch.device | str) -> "Views":
        """Return the same views on another device."""
        crops, warps, pixels, geometry = (
            [tensor.to(device) for tensor in tensors]
            for tensors in (self.crops, self.warps, self.pixels, self.geometry)
        )
        index, partner = (
            None if rows is None else rows.to(device) for rows in (self.index, self.partner)
        )
        return Views(crops, warps, pixels, index, geometry, partner)


def first_of_partners(views: int) -> int:
    """Return the number of the first view that shows another moment of a face.

    Example:
        >>> [first_of_partners(views) for views in (1, 2, 3, 4)]
        [1, 1, 2, 2]
    """
    return (views + 1) // 2


@dataclass(frozen=True)
class Partners:
    """Another moment of each face of a batch.

    Attributes:
        images: uint8, of the shape of the batch.
        rows: (B,) of the training faces.
    """

    images: Tensor
    rows: Tensor


class ViewMaker:
    """Make views of whole batches.

    Crop, flip, rotation and local warp are one sampling grid, so that every pixel is interpolated
    exactly once, and warped and unwarped views are equally sharp: a network cannot tell a warp by
    its blur. Own torch operations are used instead of kornia's pipeline because they take about a
    third of its time on the same batch (benchmarks/views.py prints the ratio): kornia resamples
    once per transform and keeps its draws in Python objects.

    All random numbers come from the generator, drawn on its own device: a generator on the CPU
    gives the same views on every device.

    Example:
        >>> from asdcfer.models.preprocessing import Preprocessing
        >>> faces = torch.randint(0, 256, (4, 48, 48), dtype=torch.uint8)
        >>> make = ViewMaker(ViewOptions(views=2, warp_negatives=1))
        >>> views = make(faces, Preprocessing(), torch.Generator().manual_seed(0))
        >>> len(views.crops), len(views.warps), views.crops[0].shape
        (2, 1, torch.Size([4, 1, 48, 48]))
    """

    def __init__(self, options: ViewOptions) -> None:
        self.options = options

    def __call__(
        self,
        images: Tensor,
        preprocessing: Normalizer,
        generator: torch.Generator | None = None,
        index: Tensor | None = None,
        partners: Partners | None = None,
    ) -> Views:
        """Return the views of a batch.

        Args:
            images: uint8 (B,H,W) gray or (B,H,W,3) RGB.
            preprocessing: the encoder's, for channels and normalization.
            generator: source of all random numbers; None uses the global one of the images' device.
            index: (B,) rows in the pack, carried through.
            partners: another moment of each face, of which the later half of the views is made.
                Their draws are those of the face itself.
        """
        with torch.autocast(images.device.type, enabled=False), torch.no_grad():
            faces = later = self._float_pixels(images, preprocessing)
            if partners is not None:
                later = self._float_pixels(partners.images, preprocessing)
            count = self.options.views
            own = first_of_partners(count)
            views = [
                self._view(faces if number < own else later, generator, warped=False)
                for number in range(count)
            ]
            pixels = [view for view, _ in views]
            warped = [
                self._view(faces, generator, warped=True)[0]
                for _ in range(self.options.warp_negatives)
            ]
            return Views(
                [preprocessing.normalized(view) for view in pixels],
                [preprocessing.normalized(view) for view in warped],
                pixels,
                index,
                [maps for _, maps in views],
                None if partners is None else partners.rows,
            )

    def _float_pixels(self, images: Tensor, preprocessing: Normalizer) -> Tensor:
        """Return (B,C,H,W) in 0..1, brought down to about the view's resolution.

        Bilinear sampling alone would alias large photos.
        """
        pixels = images[:, None] if images.ndim == 3 else images.permute(0, 3, 1, 2)
        pixels = preprocessing.in_channels(pixels.float() / 255).contiguous()
        finest = math.ceil(self.options.size / math.sqrt(self.options.crop_area[0]))
        if min(pixels.shape[-2:]) > 1.5 * finest:
            pixels = F.interpolate(
                pixels, size=(finest, finest), mode="bilinear", antialias=True, align_corners=False
            ).clamp_(0, 1)
        return pixels

    def _view(
        self, faces: Tensor, generator: torch.Generator | None, warped: bool
    ) -> tuple[Tensor, Tensor]:
        """Return one view of each face, (B,C,S,S) in 0..1, and where it was read, (B,2,3)."""
        options, batch = self.options, len(faces)
        draws = draw_uniform((batch, sum(DRAWS)), generator, faces.device)
        geometry, light, blur, erase = torch.split(draws, list(DRAWS), dim=1)
        displacement = None
        if warped:
            nodes = (
                2
                * draw_uniform(
                    (batch, 2, options.warp_grid, options.warp_grid), generator, faces.device
                )
                - 1
            )
            displacement = local_displacement(nodes, options.size, options.warp_amplitude)
        maps = affine_maps(
            geometry, options.crop_area, options.aspect, options.hflip, options.rotate
        )
        grid = sampling_grid(maps, options.size, displacement)
        view = F.grid_sample(
            faces, grid, mode="bilinear", padding_mode="border", align_corners=False
        )
        view = relight(
            view, light, options.brightness, options.contrast, options.gamma, options.shading
        )
        view = soften(view, blur, options.blur, sharpest_sigma(options.size))
        if options.erase > 0:
            parts = options.erase_region == "parts"
            boxes = part_boxes(erase[:, 1:]) if parts else random_boxes(erase[:, 1:])
            view = erase_regions(view, boxes, erase[:, 0] < options.erase, grid if parts else None)
        return view, maps
