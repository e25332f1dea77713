"""TermBalance: scales that give each term of a loss the same pull on the encoder."""

from collections.abc import Mapping, Sequence

import torch
import torch.distributed as dist
from torch import Tensor, nn

from asdcfer.errors import TrainingError


class TermBalance(nn.Module):
    """Measure the gradient of each term once, and scale the terms alike from then on.

        s_i = mean_j |g_j| / |g_i|,   g_i = gradient of term i at the encoder's weights

    Terms of different kinds (a contrast in nats, a distance of unit vectors, a regression of a
    thousand numbers) pull very differently; a weight says little before they are scaled. The
    scales are measured in one step and then frozen, so that the loss stays one function.

    Args:
        names: of the terms.
        step: which batch measures, from 1; before it all scales are 1.

    Attributes:
        scales: (terms,), float32.

    Source: Chen et al., GradNorm, ICML 2018, balances in every step. NOTE: our reading: once.

    Example:
        >>> weight = torch.nn.Parameter(torch.ones(1))
        >>> balance = TermBalance(["steep", "flat"], step=1)
        >>> scales = balance({"steep": 9 * weight.sum(), "flat": weight.sum()}, [weight])
        >>> [round(value.item(), 2) for value in scales.values()]
        [0.56, 5.0]
    """

    scales: Tensor
    steps: Tensor

    def __init__(self, names: Sequence[str], step: int) -> None:
        super().__init__()
        self.names, self.step = list(names), step
        self.register_buffer("scales", torch.ones(len(self.names)))
        self.register_buffer("steps", torch.zeros((), dtype=torch.int64))
        # Reading the counter waits for the device, so it is read only until scales are there.
        self._measured = False

    def forward(
        self, losses: Mapping[str, Tensor], parameters: Sequence[nn.Parameter]
    ) -> dict[str, Tensor]:
        """Return the scale of each term, and measure where it is due.

        Args:
            losses: scalars with gradient, by name; those of other names are left alone.
            parameters: of the encoder.
        """
        if not self._measured:
            done = int(self.steps)
            if done < self.step:
                self.steps += 1
            if done == self.step - 1:
                self._measure(losses, parameters)
            self._measured = done >= self.step - 1
        return dict(zip(self.names, self.scales.clone().unbind(), strict=True))

    def _measure(self, losses: Mapping[str, Tensor], parameters: Sequence[nn.Parameter]) -> None:
        trained = [parameter for parameter in parameters if parameter.requires_grad]
        norms = torch.stack([_gradient_norm(losses[name], trained) for name in self.names])
        if dist.is_initialized():
            dist.all_reduce(norms)
        if not torch.isfinite(norms).all() or (norms <= 0).any():
            told = dict(zip(self.names, norms.tolist(), strict=True))
            raise TrainingError(
                f"terms cannot be balanced in step {self.step}: their gradients are {told}; take a "
                "later balance_step, or switch off the term without one"
            )
        self.scales.copy_(norms.mean() / norms)


def _gradient_norm(loss: Tensor, parameters: Sequence[nn.Parameter]) -> Tensor:
    """Return the length of a term's gradient."""
    if not loss.requires_grad:
        return loss.new_zeros(())
    found = torch.autograd.grad(loss, parameters, retain_graph=True, allow_unused=True)
    squares = [gradient.float().square().sum() for gradient in found if gradient is not None]
    return torch.stack(squares).sum().sqrt() if squares else loss.new_zeros(())
