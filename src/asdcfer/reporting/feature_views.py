"""What a report shows of the encoders themselves: where they look, and how their features lie."""

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from asdcfer.data.pack import Pack
from asdcfer.data.splits import evenly_spaced
from asdcfer.evaluation.probes.features import embed
from asdcfer.losses.attention import spatial_attention
from asdcfer.models.encoder import Encoder

FACES = 8
POINTS = 1000
TEMPERATURE = 0.5


def shown_rows(pack: Pack, count: int) -> np.ndarray:
    """Return rows to show, the same ones every time.

    They are of the test split where there is one, of every expression in turn where it has labels.
    """
    split = next(
        (name for name in ("private", "test", "public") if name in pack.splits), pack.splits[0]
    )
    rows = pack.rows(split)
    known = rows[pack.labels[rows] >= 0]
    if not len(known):
        return evenly_spaced(rows, count)
    # First of each expression, second of each, and so on.
    rank = np.zeros(len(known), int)
    for label in np.unique(pack.labels[known]):
        own = pack.labels[known] == label
        rank[own] = np.arange(own.sum())
    order = np.lexsort((pack.labels[known], rank))
    chosen: np.ndarray = known[order[:count]]
    return chosen


def attention_over(encoder: Encoder, images: np.ndarray) -> np.ndarray | None:
    """Return where an encoder responds: float32 (N,H,W), 0..1 in every image.

    It is the attention of the last map that has more than one position.

    Args:
        encoder: any.
        images: uint8 (N,H,W) or (N,H,W,3).

    Returns:
        None where no map has more than one position.

    Source: FGD (Yang et al., CVPR 2022), eq. 1, as in `losses.attention.spatial_attention`.
    """
    encoder.eval()
    with torch.inference_mode():
        maps = [
            m
            for m in encoder.forward_maps(encoder.preprocessing.batch(images))
            if m.shape[-1] * m.shape[-2] > 1
        ]
        if not maps:
            return None
        # Temperature shapes contrast only: every image is stretched to 0..1 afterwards.
        attention = spatial_attention(
            maps[-1].float() / maps[-1].float().abs().mean((1, 2, 3), keepdim=True).clamp_min(1e-6),
            TEMPERATURE,
        )
        large = F.interpolate(
            attention[:, None], size=images.shape[1:3], mode="bicubic", align_corners=False
        )[:, 0]
    low, high = large.amin((1, 2), keepdim=True), large.amax((1, 2), keepdim=True)
    return ((large - low) / (high - low).clamp_min(1e-6)).numpy()


def captions(pack: Pack, rows: np.ndarray) -> list[str]:
    """Return the expression of each row, "" where it has none."""
    return [pack.expressions[label] if label >= 0 else "" for label in pack.labels[rows]]


def flat(encoder: Encoder, pack: Pack) -> tuple[np.ndarray, np.ndarray, str]:
    """Return features in two dimensions (N,2), their labels (N,), and how it was done.

    t-SNE of the 50 principal components; the components themselves where there are too few faces.
    """
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    rows = shown_rows(pack, POINTS)
    features = embed(np.asarray(pack.images[rows]), encoder).astype(np.float64)
    features = (features - features.mean(0)) / max(float(features.std()), 1e-9)
    components: Any = PCA(
        min(50, *features.shape),
        svd_solver="full" if min(features.shape) < 200 else "randomized",
        random_state=0,
    ).fit_transform(features)
    if len(rows) < 40:
        two = np.zeros((len(rows), 2))
        two[:, : min(2, components.shape[1])] = components[:, :2]
        return two, pack.labels[rows], f"principal components, {len(rows):,} faces"
    found = TSNE(
        2, perplexity=min(30, len(rows) / 4), init="pca", random_state=0, n_jobs=1
    ).fit_transform(components.astype(np.float32))
    return found, pack.labels[rows], f"t-SNE, {len(rows):,} faces"
