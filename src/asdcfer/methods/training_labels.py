"""TrainingLabels: the expressions of the training faces, for methods that learn from them."""

import torch
from torch import Tensor, nn

from asdcfer.augmentation.views import Views
from asdcfer.errors import TrainingError


class TrainingLabels(nn.Module):
    """The label of every training face, looked up by the index of a batch.

    They are given anew whenever training starts, so a checkpoint need not hold them.

    Example:
        >>> labels = TrainingLabels()
        >>> labels.take(torch.tensor([3, -1, 0]))
        >>> labels.of(Views([torch.zeros(2, 1, 8, 8)], index=torch.tensor([2, 0]))).tolist()
        [0, 3]
    """

    labels: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("labels", torch.zeros(0, dtype=torch.int64), persistent=False)

    def take(self, labels: Tensor, expressions: int | None = None) -> None:
        """Keep the labels.

        Args:
            labels: int64 (N,), -1 where a face has none.
            expressions: how many there may be; None allows any number.

        Raises:
            TrainingError: a label is beyond that number.
        """
        found = int(labels.max()) + 1 if len(labels) else 0
        if expressions is not None and found > expressions:
            raise TrainingError(
                f"the faces have {found} expressions and the method expects {expressions}; set "
                f"options.expressions={found}"
            )
        self.labels = labels.to(self.labels.device)

    def of(self, views: Views) -> Tensor:
        """Return the labels (B,) of the faces of a batch, -1 where a face has none.

        Raises:
            TrainingError: labels or index are missing.
        """
        if not len(self.labels) or views.index is None:
            raise TrainingError(
                "this method learns from labels: call take_labels(labels) first, and make views "
                "with their index"
            )
        return self.labels[views.index.to(self.labels.device)]
