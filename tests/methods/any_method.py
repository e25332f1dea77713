"""What holds for every method: tests that a test class inherits."""

from dataclasses import fields, replace
from typing import Any, ClassVar

import pytest
import torch
from torch import nn

from asdcfer.augmentation.views import Views
from asdcfer.errors import TrainingError
from asdcfer.methods.method import Method
from asdcfer.methods.queue import FeatureQueue
from asdcfer.models.feature_extraction import eval_mode
from asdcfer.training.engine.health import feature_spread
from tests.factories import small_encoder, small_teacher, some_views

HEADS = {"projector_hidden": 32, "projector_dim": 16}
"""Options of a projector that is as small as its tests need."""


def trained(method: Method) -> dict[str, nn.Parameter]:
    """Return the parameters that an optimizer gets, by name."""
    return {name: p for name, p in method.named_parameters() if p.requires_grad}


def clear_queues(method: Method) -> None:
    """Forget all keys: the same batch again and again must not meet its own stale ones."""
    for module in method.modules():
        if isinstance(module, FeatureQueue):
            module.clear()


def steps(method: Method, batches: list[Views], rate: float = 0.05) -> list[float]:
    """Train a method on batches, one step each, and return the losses."""
    optimizer = torch.optim.SGD(trained(method).values(), lr=rate, momentum=0.9)
    losses = []
    for number, views in enumerate(batches):
        optimizer.zero_grad()
        result = method.training_step(views)
        result.loss.backward()
        optimizer.step()
        method.after_step((number + 1) / len(batches))
        losses.append(result.loss.item())
    return losses


def short_run(method: Method, count: int = 60, rate: float = 0.1) -> Method:
    """Train a method for so many steps on 64 faces, a few seconds, and return it."""
    batches = [some_views(count=16, seed=seed) for seed in range(4)]
    steps(method, (batches * (count // 4 + 1))[:count], rate)
    return method


def spread_of_projections(method: Method, views: Views) -> float:
    """Return how far the projections of a batch spread; near 0 when all are the same."""
    assert method.projector is not None
    with torch.no_grad(), eval_mode(method.encoder), eval_mode(method.projector):
        return feature_spread(method.projector(method.encoder(views.crops[0])))


class AnyMethod:
    """Tests that a method inherits.

    Attributes:
        method: the class.
        options: small settings.
        variants: name -> further settings; each is trained for a few steps.
        views: settings of the views.
        impossible: settings that are refused.
        teacher: width of the teacher's projector; None for a teacher without one.
    """

    method: ClassVar[type[Method]]
    options: ClassVar[dict[str, Any]] = HEADS
    variants: ClassVar[dict[str, dict[str, Any]]] = {"plain": {}}
    views: ClassVar[dict[str, Any]] = {}
    impossible: ClassVar[dict[str, Any]] = {"projector_dim": 0}
    teacher: ClassVar[int | None] = 16
    fall: ClassVar[float] = 0.05

    def make(self, seed: int = 0, **options: Any) -> Method:
        torch.manual_seed(1 + seed)
        settings = self.method.Options(**self.options | options)
        encoder = small_encoder(seed)
        if self.method.needs_teacher:
            teacher = small_teacher(self.teacher)
            torch.manual_seed(1 + seed)
            return self.method(encoder, teacher, settings).train()  # type: ignore[call-arg]
        method = self.method(encoder, settings).train()  # type: ignore[call-arg]
        if method.needs_labels:
            method.take_labels(torch.arange(32) % 3)
        return method

    def batch(self, seed: int = 0, count: int = 12) -> Views:
        views = some_views(count=count, seed=seed, **self.views)
        return replace(views, index=torch.arange(count))

    @pytest.mark.slow
    def test_a_few_steps_on_one_batch_lower_the_loss(self, variant: str) -> None:
        method, views = self.make(**self.variants[variant]), self.batch()
        optimizer = torch.optim.SGD(trained(method).values(), lr=0.05, momentum=0.9)
        losses = []
        for step in range(12):
            clear_queues(method)
            result = method.training_step(views)
            optimizer.zero_grad()
            result.loss.backward()
            assert [n for n, p in trained(method).items() if p.grad is None] == []
            optimizer.step()
            method.after_step(step / 12)
            losses.append(result.loss.item())
        assert min(losses[-3:]) < losses[0] - self.fall * abs(losses[0]), losses
        assert result.parts
        assert all(part.ndim == 0 and not part.requires_grad for part in result.parts.values())
        # The frozen teacher, where there is one, is as it was.
        method.check()

    def test_bfloat16_gives_a_finite_float32_loss(self, variant: str) -> None:
        method = self.make(**self.variants[variant])
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = method.training_step(self.batch(count=4)).loss
        assert loss.dtype == torch.float32
        assert loss.isfinite()

    @pytest.mark.slow
    def test_saved_and_loaded_it_goes_on_to_the_same_bits(self) -> None:
        def run(method: Method, seeds: list[int]) -> dict[str, torch.Tensor]:
            optimizer = torch.optim.SGD(trained(method).values(), lr=0.1)
            for seed in seeds:
                torch.manual_seed(seed)
                optimizer.zero_grad()
                method.training_step(self.batch(seed)).loss.backward()
                optimizer.step()
                method.after_step((seed + 1) / 4)
            return method.state_dict()

        options = list(self.variants.values())[-1]
        whole = run(self.make(**options), [0, 1, 2, 3])
        half = run(self.make(**options), [0, 1])
        saved = {name: tensor.clone() for name, tensor in half.items()}
        other = self.make(seed=5, **options)
        other.load_state_dict(saved)
        resumed = run(other, [2, 3])
        assert whole.keys() == resumed.keys()
        assert [name for name in whole if not torch.equal(whole[name], resumed[name])] == []

    def test_too_few_views_are_refused(self) -> None:
        least = getattr(self.method, "least_views", 1)
        if least > 1:
            method, views = self.make(), self.batch(count=2)
            few = replace(views, crops=views.crops[: least - 1])
            with pytest.raises(TrainingError, match=f"at least {least} views"):
                method.training_step(few)

    def test_it_says_whether_it_reads_warped_faces(self) -> None:
        read: list[str] = []

        class Watched(Views):
            def __getattribute__(self, name: str) -> Any:
                read.append(name)
                return super().__getattribute__(name)

        views = some_views(count=4, **self.views | {"warp_negatives": 1})
        known = {one.name: getattr(views, one.name) for one in fields(views)}
        watched = Watched(**known | {"index": torch.arange(4)})
        read.clear()
        self.make().training_step(watched)
        assert ("warps" in read) is self.method.reads_warps

    def test_options_are_checked(self) -> None:
        with pytest.raises(ValueError, match="extra"):
            self.method.Options(no_such_option=1)
        for name, value in self.impossible.items():
            with pytest.raises(ValueError, match=name):
                self.method.Options(**{name: value})

    def test_its_encoder_and_projector_are_its_own_and_fit_each_other(self) -> None:
        method = self.make()
        modules = set(method.modules())
        assert method.encoder in modules
        if method.projector is not None:
            assert method.projector in modules
            feature = torch.zeros(2, method.encoder.feature_dim)
            with eval_mode(method.projector):
                assert method.projector(feature).ndim == 2
