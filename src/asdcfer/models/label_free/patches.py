"""`patches`: k-means features of whitened image patches.

The baseline without any network that a deep encoder must beat.
"""

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from asdcfer.models.encoder import Encoder
from asdcfer.models.pooling import grid_means

CONTRAST_FLOOR = 0.0025
"""Added to a patch's variance, in normalized units: 10 gray levels squared (Coates and Ng) where an
image's deviation is 64 levels.
"""

CHUNK = {"cpu": 4, "other": 256}
"""Images convolved at a time: on a CPU their responses (3 MB an image at 400 centroids) should stay
in the cache, three times as fast.
"""


class Patches(Encoder):
    """K-means features: likeness of each patch to each learnt patch, averaged over a grid.

    For every patch p of the normalized image, with `u = (p - mean p) / sqrt(var p + floor)`,
    whitening W about the mean m of training patches and centroids D of unit length: `z = D W (u -
    m)`, and the map holds `max(0, z - threshold)` and `max(0, -z - threshold)`, averaged over the
    cells of a grid. As mean removal, whitening and centroids are linear, all of it is one
    convolution, a division by the patch's deviation and a shift.

    `fit` learns m, W and D from images without labels. They are buffers, so weights are saved and
    loaded as for any encoder; `forward` before `fit` raises. Use `pooling="grid"` with the same
    number of cells to keep the layout (2 centroids grid^2 dimensions), or any other pooling.

    Args:
        channels: 1 or 3.
        patch: side of a patch, pixels.
        centroids: how many.
        grid: cells along each side of the average grid; also the side of the map.
        threshold: of the two-sided soft threshold, at least 0.
        whitening: added to the eigenvalues of the patches' covariance, above 0.

    Source: Coates and Ng, The importance of encoding versus training with sparse coding and vector
        quantization, ICML 2011, sections 3.1 to 3.3; Coates, Ng and Lee, AISTATS 2011, section 3
        (normalization and ZCA whitening).

    Example:
        >>> encoder = Patches(patch=6, centroids=8, grid=3)
        >>> encoder.map_channels
        [16]
    """

    filters: Tensor
    shift: Tensor
    fitted: Tensor

    def __init__(
        self,
        channels: int = 1,
        patch: int = 8,
        centroids: int = 400,
        grid: int = 5,
        threshold: float = 0.25,
        whitening: float = 0.1,
    ) -> None:
        super().__init__()
        if patch < 2 or centroids < 1 or grid < 1 or threshold < 0 or not whitening > 0:
            raise ValueError(
                "patch must be at least 2, centroids and grid at least 1, threshold at least 0 "
                "and whitening above 0"
            )
        self.patch, self.grid, self.threshold, self.whitening = patch, grid, threshold, whitening
        self.map_channels = [2 * centroids]
        self.register_buffer("filters", torch.zeros(centroids, channels, patch, patch))
        self.register_buffer("shift", torch.zeros(centroids))
        self.register_buffer("fitted", torch.zeros((), dtype=torch.int64))

    @torch.no_grad()
    def fit(
        self,
        images: np.ndarray | Tensor,
        patches: int = 400_000,
        rounds: int = 50,
        seed: int = 0,
        report: Callable[[int, int], None] | None = None,
    ) -> "Patches":
        """Learn whitening and centroids from random patches of images, without labels.

        Args:
            images: uint8 (N,H,W) or (N,H,W,3), as `Preprocessing.batch` takes them.
            patches: how many patches to draw.
            rounds: passes of spherical k-means.
            seed: of the draw; the same seed and images give the same features.
            report: called with (round, rounds) after each pass, for a progress bar.

        Returns:
            Itself.
        """
        with torch.autocast(self.filters.device.type, enabled=False):
            self._learn(images, patches, rounds, torch.Generator().manual_seed(seed), report)
        return self

    def _learn(
        self,
        images: np.ndarray | Tensor,
        patches: int,
        rounds: int,
        generator: torch.Generator,
        report: Callable[[int, int], None] | None,
    ) -> None:
        drawn = self._contrast_normalized(self._draw(images, patches, generator))
        mean = drawn.mean(0)
        centered = drawn - mean
        values, vectors = torch.linalg.eigh(centered.T @ centered / len(centered))
        whiten = (vectors * (values.clamp_min(0) + self.whitening).rsqrt()) @ vectors.T
        centroids = spherical_kmeans(
            centered @ whiten, len(self.filters), rounds, generator, report
        )
        filters = centroids @ whiten
        self.shift.copy_(filters @ mean)
        # Removing a patch's mean is linear: it goes into the filters, which then ignore the mean by
        # themselves.
        filters = filters - filters.mean(1, keepdim=True)
        self.filters.copy_(filters.view_as(self.filters))
        self.fitted.fill_(len(drawn))

    def forward_maps(self, x: Tensor) -> list[Tensor]:
        """Return one map, the grid of averages: (B,C,S,S) -> [(B, 2 centroids, grid, grid)]."""
        # An exported graph has neither the question nor the chunks: its batch may be of any size.
        if torch.compiler.is_exporting():
            return [self._responses(x)]
        if not self.fitted:
            raise RuntimeError("patches are learnt before they are used: call fit(images) first")
        # Variances as differences of squares need the full precision.
        with torch.autocast(x.device.type, enabled=False):
            return [
                torch.cat(
                    [
                        self._responses(part.float())
                        for part in torch.split(x, CHUNK.get(x.device.type, CHUNK["other"]))
                    ]
                )
            ]

    def _responses(self, x: Tensor) -> Tensor:
        numbers = self.filters[0].numel()
        box = x.new_ones(1, x.shape[1], self.patch, self.patch) / numbers
        mean = F.conv2d(x, box)
        variance = (F.conv2d(x.square(), box) - mean.square()).clamp_min(0)
        # Most of the time goes to passes over the response map, so there are three: z - threshold
        # in one, then max(0, z - threshold), and max(0, -z - threshold) as -min(z - threshold, -2
        # threshold) - 2 threshold, whose constants wait until after the averages.
        z = torch.addcmul(
            -(self.shift + self.threshold).view(1, -1, 1, 1),
            F.conv2d(x, self.filters),
            (variance + CONTRAST_FLOOR).rsqrt(),
        )
        above = grid_means(z.clamp_min(0), self.grid)
        below = -grid_means(z.clamp_max(-2 * self.threshold), self.grid) - 2 * self.threshold
        return torch.cat([above, below], 1)

    def _draw(
        self, images: np.ndarray | Tensor, patches: int, generator: torch.Generator
    ) -> Tensor:
        """Return random patches, (patches, C p p), spread evenly over the images."""
        each = max(1, -(-patches // len(images)))
        chosen = (
            torch.randperm(len(images), generator=generator)[: -(-patches // each)]
            .sort()
            .values.numpy()
        )
        found = []
        for start in range(0, len(chosen), 512):
            x = self.preprocessing.batch(np.asarray(images[chosen[start : start + 512]])).to(
                self.filters.device
            )
            side = x.shape[-1] - self.patch + 1
            windows = x.unfold(2, self.patch, 1).unfold(3, self.patch, 1)
            rows, columns = (
                torch.randint(side, (len(x), each), generator=generator) for _ in range(2)
            )
            # Advanced indices around a slice come first: (n, each, C, p, p).
            picked = windows[torch.arange(len(x))[:, None], :, rows, columns]
            found.append(picked.reshape(len(x) * each, -1))
        return torch.cat(found)[:patches]

    @staticmethod
    def _contrast_normalized(drawn: Tensor) -> Tensor:
        centered = drawn - drawn.mean(1, keepdim=True)
        return centered * (centered.square().mean(1, keepdim=True) + CONTRAST_FLOOR).rsqrt()


def spherical_kmeans(
    points: Tensor,
    clusters: int,
    rounds: int,
    generator: torch.Generator,
    report: Callable[[int, int], None] | None = None,
) -> Tensor:
    """Return unit centroids (clusters, D) such that the points lie close to multiples of them.

    Each round gives every point to the centroid with the largest |projection|, sums the points of a
    centroid weighted by their projection, and scales to unit length; centroids that nothing belongs
    to are drawn anew.

    Args:
        points: (N,D).
        clusters: how many.
        rounds: passes over the points.
        generator: of the start.
        report: called with (round, rounds) after each pass.

    Source: Coates and Ng, Learning feature representations with k-means, 2012, algorithm 1.

    Example:
        >>> points = torch.tensor([[2.0, 0.0], [-3.0, 0.0], [0.0, 1.0], [0.0, 2.0]])
        >>> found = spherical_kmeans(points, 2, 10, torch.Generator().manual_seed(0))
        >>> found.abs().round().sum(0).tolist()
        [1.0, 1.0]
    """
    centroids = F.normalize(
        torch.randn(clusters, points.shape[1], generator=generator).to(points), dim=1
    )
    for turn in range(rounds):
        # The old centroid is kept in the sum: it damps the first rounds.
        sums = centroids.clone()
        counts = torch.zeros(clusters, device=points.device)
        for part in torch.split(points, 20_000):
            projections = part @ centroids.T
            owner = projections.abs().argmax(1)
            strength = projections.gather(1, owner[:, None])
            sums.index_add_(0, owner, part * strength)
            counts += torch.bincount(owner, minlength=clusters)
        centroids = F.normalize(sums, dim=1)
        empty = torch.nonzero(counts == 0)[:, 0]
        if len(empty) and turn < rounds - 1:
            centroids[empty] = F.normalize(
                torch.randn(len(empty), points.shape[1], generator=generator).to(points), dim=1
            )
        if report is not None:
            report(turn + 1, rounds)
    return centroids
