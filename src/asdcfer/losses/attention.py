"""Attention of a feature map: where, and in which channels, a network responds."""

from torch import Tensor

from asdcfer.losses.float32 import in_float32


@in_float32
def spatial_attention(feature_map: Tensor, temperature: float = 0.5) -> Tensor:
    """Return how much each position of a map counts; the mean over positions is 1.

    S = H W softmax_hw( mean_c |F| / temperature )

    Args:
        feature_map: (B,C,H,W).
        temperature: > 0; small looks at few positions, large at all alike.

    Returns:
        (B,H,W), positive, each image summing to H W.

    Source: FGD (Yang et al., CVPR 2022), eq. 1 and 3, temperature 0.5.

    Example:
        >>> import torch
        >>> spatial_attention(torch.ones(1, 3, 2, 2))[0].tolist()
        [[1.0, 1.0], [1.0, 1.0]]
    """
    magnitude = feature_map.abs().mean(dim=1)
    return (magnitude.flatten(1) / temperature).softmax(dim=1).view_as(magnitude) * magnitude[
        0
    ].numel()


@in_float32
def channel_attention(feature_map: Tensor, temperature: float = 0.5) -> Tensor:
    """Return how much each channel of a map counts; the mean over channels is 1.

    C = C softmax_c( mean_hw |F| / temperature )

    Args:
        feature_map: (B,C,H,W).
        temperature: > 0.

    Returns:
        (B,C), positive, each image summing to C.

    Source: FGD (Yang et al., CVPR 2022), eq. 2 and 4.

    Example:
        >>> import torch
        >>> channel_attention(torch.ones(1, 3, 2, 2))[0].tolist()
        [1.0, 1.0, 1.0]
    """
    return (feature_map.abs().mean(dim=(2, 3)) / temperature).softmax(dim=1) * feature_map.shape[1]
