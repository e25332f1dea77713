"""SwAV: its step, its queue, and that its assignment keeps it from collapse."""

from typing import ClassVar

import pytest
import torch

from asdcfer.methods.swav import Swav, SwavOptions
from tests.factories import some_views
from tests.methods.any_method import HEADS, AnyMethod, short_run, spread_of_projections
from tests.reference import losses as slow


class TestSwav(AnyMethod):
    method = Swav
    options: ClassVar = HEADS | {"prototypes": 6, "queue_size": 24, "prototypes_start": 0.0}
    variants: ClassVar = {
        "plain": {},
        "without queue": {"queue_size": 0},
        "queue at once": {"queue_start": 0.0},
    }
    impossible: ClassVar = {"prototypes": 1}
    fall = 0.02

    def test_the_loss_of_a_step_equals_the_loops(self):
        method, views = self.make(queue_size=0), some_views(count=5, views=3)
        with torch.no_grad():
            rows = method.prototypes.weight
            cosines = [
                slow._cosines(z.double().tolist(), rows.double().tolist())
                for z in method.embed(views)
            ]
        targets = [slow.sinkhorn(cosines[i], 0.05, 3) for i in range(2)]
        pairs = [
            slow.soft_target_cross_entropy(cosines[j], targets[i], 0.1)
            for i in range(2)
            for j in range(3)
            if j != i
        ]
        loss = method.training_step(views).loss.item()
        assert loss == pytest.approx(sum(pairs) / len(pairs), rel=1e-4)

    def test_earlier_embeddings_join_the_assignment_from_their_share_of_the_run_on(self):
        method, views = self.make(queue_start=0.5), self.batch()
        with torch.no_grad():
            z = method.embed(views)[0]
        method.training_step(self.batch(seed=1))
        alone = method._assigned(0, z)
        assert method.queues[0].filled == 12
        assert torch.equal(alone, method._assigned(0, z))
        method.after_step(0.5)
        joined = method._assigned(0, z)
        assert joined.shape == alone.shape
        assert not torch.equal(joined, alone)
        lengths = method.queues[1].negatives().norm(dim=1)
        assert torch.allclose(lengths, torch.ones(12))

    def test_prototypes_stand_still_at_the_beginning(self):
        method = self.make(prototypes_start=0.1)
        method.training_step(self.batch()).loss.backward()
        assert method.prototypes.weight.grad.abs().sum() == 0
        method.after_step(0.1)
        method.training_step(self.batch()).loss.backward()
        assert method.prototypes.weight.grad.abs().sum() > 0

    def test_the_queue_is_cut_to_half_the_images(self):
        assert Swav.fit_to_dataset(SwavOptions(queue_size=500), 100).queue_size == 50
        assert Swav.fit_to_dataset(SwavOptions(queue_size=40), 100).queue_size == 40

    @pytest.mark.slow
    def test_it_does_not_collapse_and_uses_its_prototypes(self):
        method, views = short_run(self.make(), 40), some_views(count=32, seed=3)
        assert spread_of_projections(method, views) > 0.1
        with torch.no_grad():
            answers = method.prototypes(method.embed(views)[0]).argmax(dim=1)
        assert len(answers.unique()) > 1
