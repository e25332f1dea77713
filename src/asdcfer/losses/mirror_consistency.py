"""Mirror consistency: the map of a mirror image is the mirror image of the map."""

import torch
import torch.nn.functional as F
from torch import Tensor

from asdcfer.losses.float32 import in_float32


@in_float32
def mirror_distance(feature_map: Tensor, mirrored_map: Tensor) -> Tensor:
    """Return how far the map of a mirror image is from the mirrored map, position by position.

    L = mean_b mean_hw || unit F(x)_hw - unit F(flip x)_h,W-1-w ||^2

    Args:
        feature_map: (B,C,H,W) of the faces.
        mirrored_map: (B,C,H,W) of their mirror images, as the encoder gives it.

    Returns:
        Scalar in 0..4.

    Source: NOTE: our reading of the title "Mirrored self-supervised learning" (Pan et al., ICIP
        2022), whose text was not to be had. Unit vectors, so that shrinking the map lowers nothing.

    Example:
        >>> face = torch.tensor([[[[1.0, 0.0]], [[0.0, 1.0]]]])
        >>> mirror_distance(face, face.flip(3)).item(), mirror_distance(face, face).item()
        (0.0, 2.0)
    """
    one, other = F.normalize(feature_map, dim=1), F.normalize(mirrored_map.flip(3), dim=1)
    return (one - other).square().sum(dim=1).mean(dim=(1, 2)).mean()


@in_float32
def half_means(feature_map: Tensor) -> Tensor:
    """Return the mean of the left and of the right half of a map.

    A middle column counts for both halves.

    Args:
        feature_map: (B,C,H,W).

    Returns:
        (B,2,C), left first.

    Example:
        >>> half_means(torch.tensor([[[[1.0, 2.0, 3.0]]]])).flatten().tolist()
        [1.5, 2.5]
    """
    half = (feature_map.shape[3] + 1) // 2
    left, right = feature_map[..., :half], feature_map[..., -half:]
    return torch.stack([left.mean(dim=(2, 3)), right.mean(dim=(2, 3))], dim=1)
