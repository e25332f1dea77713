"""`fisher`: Fisher vectors of dense gradient descriptors and their places.

A strong label-free teacher that needs no training by gradient.
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from asdcfer.models.encoder import Encoder
from asdcfer.models.label_free.dense_descriptors import DESCRIPTOR_DIM, multiscale_descriptors
from asdcfer.models.label_free.gaussian_mixture import fit_gaussian_mixture, log_densities

CHUNK = 50
"""Images encoded at a time: about 1,700 descriptors of 128 numbers each."""
PLACE_SPREAD = 0.25
"""Places are divided by this: about the deviation of a uniform place, so that both coordinates
weigh as much as one direction of the descriptor.
"""


class Fisher(Encoder):
    """Fisher vectors: how a face's descriptors deviate from a mixture of Gaussians.

    The mixture is over what edges look like and where they are.

    Descriptors of several scales, their principal directions joined with their place in the face,
    are assigned softly to the `components` of a mixture learnt from unlabeled faces. For each
    component k with weight w, mean m and deviation s, over the N descriptors z with
    responsibilities r:

        a_k = sum r (z - m) / s / (N sqrt w)
        b_k = sum r ((z - m)^2 / s^2 - 1) / (N sqrt(2 w))

    (a, b) is put under the signed square root, each component scaled to unit length, averaged over
    the face and its mirror image, and projected to the `dims` principal directions over the
    training faces (`whitening` 0 keeps their variances, 1 makes them equal).

    `fit` learns all of it from images without labels. One map of one position, (B, dims, 1, 1), so
    that the global pooling is the feature.

    Args:
        channels: 1; the descriptors are of gray images.
        components: Gaussians of the mixture.
        directions: principal directions of the descriptors that are kept.
        scales: sides of the descriptors' cells, pixels.
        stride: distance of two descriptors, pixels.
        dims: width of the feature; at most the number of images that `fit` is given.
        whitening: 0 .. 1.
        tta: average over the face and its mirror image.

    Source: Perronnin, Sanchez and Mensink, ECCV 2010; Simonyan et al., Fisher vector faces in the
        wild, BMVC 2013 (places joined with descriptors).
        NOTE: our reading: ASDC-FER does not say what its teacher is; this one is ours.

    Example:
        >>> Fisher(components=4, dims=16).map_channels
        [16]
    """

    center: Tensor
    axes: Tensor
    weight: Tensor
    mean: Tensor
    variance: Tensor
    projection_center: Tensor
    projection: Tensor
    fitted: Tensor

    def __init__(
        self,
        channels: int = 1,
        components: int = 64,
        directions: int = 62,
        scales: Sequence[int] = (2, 3, 4, 6),
        stride: int = 2,
        dims: int = 1024,
        whitening: float = 0.0,
        tta: bool = True,
    ) -> None:
        super().__init__()
        if channels != 1:
            raise ValueError("fisher describes gray images; set preprocessing.channels to 1")
        if (
            not 1 <= directions <= DESCRIPTOR_DIM
            or components < 1
            or dims < 1
            or not 0 <= whitening <= 1
            or not scales
            or min(scales) < 2
            or stride < 1
        ):
            raise ValueError(
                "directions must be in 1..128, components, dims and stride at least 1, whitening "
                "in 0..1 and scales at least 2"
            )
        self.scales, self.stride, self.whitening, self.tta = (
            tuple(scales),
            stride,
            whitening,
            tta,
        )
        self.map_channels = [dims]
        width = directions + 2
        for name, shape in {
            "center": (DESCRIPTOR_DIM,),
            "axes": (DESCRIPTOR_DIM, directions),
            "weight": (components,),
            "mean": (components, width),
            "variance": (components, width),
            "projection_center": (2 * components * width,),
            "projection": (2 * components * width, dims),
        }.items():
            self.register_buffer(
                name, torch.ones(shape) if name in ("weight", "variance") else torch.zeros(shape)
            )
        self.register_buffer("fitted", torch.zeros((), dtype=torch.int64))

    def forward_maps(self, x: Tensor) -> list[Tensor]:
        """Return the feature as one map of one position: (B,1,S,S) -> [(B, dims, 1, 1)]."""
        if not self.fitted:
            raise RuntimeError(
                "a Fisher vector is learnt before it is used: call fit(images) first"
            )
        with torch.autocast(x.device.type, enabled=False):
            projected = torch.cat(
                [
                    (self.fisher_vectors(part.float()) - self.projection_center) @ self.projection
                    for part in torch.split(x, self._chunk)
                ]
            )
        return [projected[:, :, None, None]]

    @torch.no_grad()
    def fit(
        self,
        images: np.ndarray | Tensor,
        descriptors: int = 400_000,
        rounds: int = 25,
        seed: int = 0,
        faces: int | None = None,
        report: Callable[[int, int], None] | None = None,
    ) -> "Fisher":
        """Learn directions, mixture and projection from images without labels.

        Args:
            images: uint8 (N,H,W) or (N,H,W,3).
            descriptors: how many to learn the mixture from.
            rounds: of expectation and maximization.
            seed: of the draw.
            faces: about how many of them, evenly spaced, the projection is learnt from; None takes
                all, and they are what a fit spends most of its time on.
            report: called with (done, all) images as they are encoded.

        Returns:
            Itself.

        Raises:
            ValueError: fewer faces than directions.
        """
        if faces is not None and faces < self.projection.shape[1]:
            raise ValueError(
                f"faces must be at least dims ({self.projection.shape[1]}), not {faces}: so many "
                "directions are learnt from them"
            )
        generator = torch.Generator().manual_seed(seed)
        chunks = self._prepared(images)
        with torch.autocast(self.center.device.type, enabled=False):
            found, places = self._draw(chunks, descriptors, generator)
            self.center.copy_(found.mean(0))
            values, vectors = torch.linalg.eigh(torch.cov(found.T))
            kept = slice(-self.axes.shape[1], None)
            # Half whitened: the weak directions of a descriptor are partly noise.
            axes = vectors[:, kept] * values[kept].clamp_min(1e-8) ** -0.25
            self.axes.copy_(axes / ((found - self.center) @ axes).std())
            mixture = fit_gaussian_mixture(
                self._local(found, places), len(self.weight), rounds, generator
            )
            for name in ("weight", "mean", "variance"):
                getattr(self, name).copy_(getattr(mixture, name))
            if faces is not None:
                chunks = self._prepared(images[:: max(1, -(-len(images) // faces))])
            self._learn_projection(chunks, generator, report)
        self.fitted.fill_(len(images))
        return self

    def fisher_vectors(self, x: Tensor) -> Tensor:
        """Return the unprojected Fisher vectors, of unit length.

        Args:
            x: normalized images (B,1,S,S).

        Returns:
            (B, 2 components (directions + 2)).
        """
        vectors = self._one_sided(x)
        return F.normalize(vectors + self._one_sided(x.flip(-1)) if self.tta else vectors, dim=1)

    def _one_sided(self, x: Tensor) -> Tensor:
        found, places = multiscale_descriptors(x, self.scales, self.stride)
        z = self._local(found, places.expand(len(x), -1, -1))
        responsibility = (
            log_densities(z, self.weight, self.mean, self.variance).softmax(dim=2).transpose(1, 2)
        )
        mass = responsibility.sum(2, keepdim=True)
        first, second = responsibility @ z, responsibility @ z.square()
        root = self.weight.sqrt()[:, None] * found.shape[1]
        a = (first - mass * self.mean) / self.variance.sqrt() / root
        b = (
            (second - 2 * first * self.mean + mass * self.mean.square()) / self.variance - mass
        ) / (root * 2**0.5)
        vector = torch.cat([a, b], dim=2)
        return F.normalize(vector.sign() * vector.abs().sqrt(), dim=2).flatten(1)

    def _local(self, found: Tensor, places: Tensor) -> Tensor:
        return torch.cat([(found - self.center) @ self.axes, places / PLACE_SPREAD], dim=-1)

    def _prepared(self, images: np.ndarray | Tensor) -> list[np.ndarray | Tensor]:
        return [images[start : start + self._chunk] for start in range(0, len(images), self._chunk)]

    @property
    def _chunk(self) -> int:
        """Images encoded at a time: a GPU wants more of them."""
        return CHUNK if self.center.device.type == "cpu" else 8 * CHUNK

    def _batch(self, images: np.ndarray | Tensor) -> Tensor:
        return self.preprocessing.batch(images).to(self.center.device)

    def _draw(
        self, faces: list[np.ndarray | Tensor], wanted: int, generator: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        chunks = torch.randperm(len(faces), generator=generator)[
            : max(1, min(len(faces), wanted // (60 * self._chunk)))
        ].tolist()
        found, places = [], []
        for chunk in chunks:
            local, where = multiscale_descriptors(
                self._batch(faces[chunk]), self.scales, self.stride
            )
            each = min(local.shape[1], max(1, wanted // (len(chunks) * len(local))))
            picked = torch.randint(local.shape[1], (len(local), each), generator=generator).to(
                local.device
            )
            found.append(
                local.gather(1, picked[..., None].expand(-1, -1, local.shape[2])).flatten(0, 1)
            )
            places.append(where[picked].flatten(0, 1))
        return torch.cat(found), torch.cat(places)

    def _learn_projection(
        self,
        faces: list[np.ndarray | Tensor],
        generator: torch.Generator,
        report: Callable[[int, int], None] | None,
    ) -> None:
        """Find the principal directions of all Fisher vectors.

        Source: randomised subspace iteration (Halko, Martinsson and Tropp, 2011).
        """
        total, encoded = sum(map(len, faces)), []
        for done, part in enumerate(faces, 1):
            encoded.append(self.fisher_vectors(self._batch(part)).half())
            if report is not None:
                report(min(done * self._chunk, total), total)
        rows = torch.cat(encoded)
        del encoded
        center = (
            torch.stack([part.float().sum(0) for part in torch.split(rows, 2048)]).sum(0) / total
        )
        dims = self.projection.shape[1]
        # Faces beyond the rank there is leave zero directions behind.
        sketch = min(dims + 64, total, rows.shape[1])
        basis = torch.randn(rows.shape[1], sketch, generator=generator).to(rows.device)
        for _ in range(3):
            basis = torch.linalg.qr(
                sum(
                    (part := block.float() - center).T @ (part @ basis)
                    for block in torch.split(rows, 2048)
                )
            )[0]
        inner = (
            sum(
                (part := (block.float() - center) @ basis).T @ part
                for block in torch.split(rows, 2048)
            )
            / total
        )
        values, vectors = torch.linalg.eigh(inner)
        values, vectors = values.flip(0)[:dims].clamp_min(1e-12), vectors.flip(1)[:, :dims]
        directions = basis @ vectors * values.pow(-self.whitening / 2)
        # A common scale: the feature's mean square is 1 over the training faces.
        scale = (values.pow(1 - self.whitening)).mean().rsqrt()
        self.projection.zero_()
        self.projection[:, : directions.shape[1]].copy_(directions * scale)
        self.projection_center.copy_(center)
