"""Feature regression: the student predicts the teacher's whole feature vector."""

import torch.nn.functional as F
from torch import Tensor

from asdcfer.losses.float32 import in_float32


@in_float32
def feature_regression(predicted: Tensor, teacher_feature: Tensor, form: str = "squared") -> Tensor:
    """Return how badly the teacher's standardized feature was predicted.

    squared: L = mean_b mean_d ( W f_s + w - f_t )^2;   cosine: L = mean_b ( 1 - cos( W f_s + w, f_t
    ) )

    Args:
        predicted: (B,D_t), the student's feature after a linear layer; carries the gradient.
        teacher_feature: (B,D_t), each dimension standardized over the data.
        form: "squared" or "cosine". Squared explains variance: 1 is the error of always answering
            with the mean.

    Returns:
        Scalar, >= 0.

    Source: NOTE: ours, not the paper's. k-means and Fisher-vector features are strong label-free
        teachers for faces, and have no map or query to imitate.

    Example:
        >>> import torch
        >>> feature_regression(torch.zeros(2, 3), torch.ones(2, 3)).item()
        1.0
    """
    if form == "squared":
        return (predicted - teacher_feature).square().mean(dim=1).mean()
    if form == "cosine":
        return (1 - F.cosine_similarity(predicted, teacher_feature, dim=1)).mean()
    raise ValueError(f"form must be 'squared' or 'cosine', not {form!r}")
