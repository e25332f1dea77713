"""CapturedStep: one optimizer update that a GPU records once and then replays.

No step waits for the host.
"""

import warnings
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from asdcfer.methods.method import StepResult

WARM = 3
"""Updates made before the recording: lazy states and kernels must exist by then."""


class CapturedStep:
    """An update of the weights as a function of the batch's rows.

    On a CPU, or with `capture` off, every call computes as usual. On a GPU the first call makes
    `warm` updates with its rows, and then records views, forward pass, backward pass and update as
    one CUDA graph, which later calls replay with new rows and fresh random numbers. What is
    computed must not depend on values that only the device knows.

    Args:
        step: rows of the images (B,) -> loss and parts; its random numbers come from the device's
            global generator.
        optimizer: with `capturable=True` on a GPU and learning rates that are tensors on it.
        parameters: that are trained.
        clip_norm: largest norm of the whole gradient; None for none.
        capture: record on a GPU.
        warm: updates made before the recording, at least 1; enough to fill a queue, whose length a
            recording fixes.

    Example:
        >>> layer = nn.Linear(1, 1)
        >>> optimizer = torch.optim.SGD(layer.parameters(), lr=0.1)
        >>> def loss_of(rows):
        ...     return StepResult(layer(rows[:, None].float()).square().mean())
        >>> step = CapturedStep(loss_of, optimizer, list(layer.parameters()))
        >>> rows = torch.tensor([1, 2])
        >>> float(step(rows).loss) > float(step(rows).loss)
        True
    """

    def __init__(
        self,
        step: Callable[[Tensor], StepResult],
        optimizer: Optimizer,
        parameters: Sequence[nn.Parameter],
        clip_norm: float | None = None,
        capture: bool = True,
        warm: int = WARM,
    ) -> None:
        self.step, self.optimizer, self.parameters, self.clip_norm = (
            step,
            optimizer,
            list(parameters),
            clip_norm,
        )
        self.capture, self.warm = capture, max(1, warm)
        self.calls = 0
        self.rows: Tensor | None = None
        self.graph: torch.cuda.CUDAGraph | None = None
        self.result: StepResult | None = None

    def __call__(self, rows: Tensor) -> StepResult:
        """Make one update with the images of these rows.

        What is returned is overwritten by the next call once a graph is recorded.
        """
        self.calls += 1
        if not (self.capture and rows.is_cuda):
            return self._update(rows)
        if self.graph is None:
            return self._record(rows)
        assert self.rows is not None
        assert self.result is not None
        self.rows.copy_(rows)
        self.graph.replay()
        return self.result

    def _update(self, rows: Tensor) -> StepResult:
        self.optimizer.zero_grad(set_to_none=True)
        result = self.step(rows)
        torch.autograd.backward(result.loss)
        if self.clip_norm is not None:
            nn.utils.clip_grad_norm_(self.parameters, self.clip_norm, foreach=True)
        self.optimizer.step()
        return StepResult(result.loss.detach(), result.parts)

    def _record(self, rows: Tensor) -> StepResult:
        """Make the first updates on a stream of their own, and record the next.

        Recording wants the first ones there.

        Returns:
            What the last of them came to: what is recorded is computed when it is replayed.
        """
        self.rows = rows.clone()
        stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]  # torch has no type
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(self.warm):
                made = self._update(self.rows)
        torch.cuda.current_stream().wait_stream(stream)
        torch.cuda.synchronize()
        self.optimizer.zero_grad(set_to_none=True)
        graph = torch.cuda.CUDAGraph()
        try:
            with torch.cuda.graph(graph, capture_error_mode="thread_local"):
                self.result = self._update(self.rows)
        except RuntimeError as error:
            warnings.warn(
                (
                    "the step could not be recorded and is computed anew each time: "
                    f"{str(error).splitlines()[0]}"
                ),
                stacklevel=2,
            )
            torch.cuda.synchronize()
            self.capture = False
            return self._update(self.rows)
        self.graph = graph
        return made
