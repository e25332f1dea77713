"""Masked reconstruction: hidden pixels are predicted from what is around them."""

from torch import Tensor

from asdcfer.losses.float32 import in_float32


@in_float32
def masked_reconstruction(predicted: Tensor, pixels: Tensor, hidden: Tensor) -> Tensor:
    """Return the mean squared error of the hidden pixels; what was seen counts nothing.

    L = mean_b mean_{p hidden} mean_c ( x^_cp - x_cp )^2

    Args:
        predicted: (B,C,S,S), carries the gradient.
        pixels: (B,C,S,S), normalized.
        hidden: (B,S,S) bool; an image without a hidden pixel counts 0.

    Returns:
        Scalar, >= 0; about 1 for a prediction of 0 where images are normalized by themselves.

    Source: MAE (He et al., CVPR 2022), section 3, "reconstruction target": the error on masked
        patches alone.

    Example:
        >>> import torch
        >>> hidden = torch.tensor([[[True, False]]])
        >>> predicted = torch.tensor([[[[1.0, 9.0]]]])
        >>> masked_reconstruction(predicted, torch.zeros(1, 1, 1, 2), hidden).item()
        1.0
    """
    error = (predicted - pixels).square().mean(dim=1) * hidden
    return (error.sum(dim=(1, 2)) / hidden.sum(dim=(1, 2)).clamp_min(1)).mean()
