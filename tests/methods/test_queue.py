import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from asdcfer.methods.moco_options import MocoOptions
from asdcfer.methods.queue import FeatureQueue, cut_queues
from tests.reference.queue import LoopQueue


def numbered(first: int, count: int) -> torch.Tensor:
    return torch.arange(first, first + count, dtype=torch.float32)[:, None].expand(
        count, 3
    ) + torch.tensor([0.0, 0.25, 0.5])


@settings(max_examples=60, deadline=None)
@given(size=st.integers(1, 12), batches=st.lists(st.integers(0, 30), max_size=8))
def test_any_batches_end_where_one_key_at_a_time_puts_them(size, batches):
    queue, reference, first = FeatureQueue(3, size), LoopQueue(size), 1
    for count in batches:
        queue.enqueue(numbered(first, count))
        reference.enqueue(numbered(first, count).tolist())
        first += count
        assert queue.filled == len(reference.negatives()) == min(first - 1, size)
        assert queue.negatives().tolist() == reference.negatives()
        assert int(queue.position) == reference.next


def test_it_starts_empty_and_never_shows_rows_that_were_not_written():
    queue = FeatureQueue(4, 10)
    assert queue.negatives().shape == (0, 4)
    queue.enqueue(torch.ones(3, 4))
    assert queue.negatives().shape == (3, 4)
    assert queue.negatives().min() == 1


@settings(max_examples=20, deadline=None)
@given(
    size=st.integers(1, 9),
    before=st.lists(st.integers(1, 12), max_size=4),
    after=st.integers(1, 12),
)
def test_a_checkpoint_brings_it_back_and_it_goes_on_the_same(size, before, after):
    queue, first = FeatureQueue(3, size), 0
    for count in before:
        queue.enqueue(numbered(first, count))
        first += count
    other = FeatureQueue(3, size)
    other.load_state_dict({name: tensor.clone() for name, tensor in queue.state_dict().items()})
    assert other.filled == queue.filled
    for one in (queue, other):
        one.enqueue(numbered(first, after))
    assert torch.equal(queue.negatives(), other.negatives())
    assert torch.equal(queue.keys, other.keys)


def test_a_loss_survives_an_enqueue_before_its_backward_step():
    queue = FeatureQueue(3, 4)
    queue.enqueue(torch.randn(4, 3))
    query = torch.randn(2, 3, requires_grad=True)
    negatives = queue.negatives()
    loss = (query @ negatives.T).sum()
    queue.enqueue(torch.randn(2, 3))
    loss.backward()
    torch.testing.assert_close(query.grad, negatives.sum(0).expand(2, 3))


def test_keys_are_stored_without_gradient_and_in_the_precision_of_the_queue():
    queue = FeatureQueue(3, 4)
    queue.enqueue(torch.randn(2, 3, requires_grad=True, dtype=torch.bfloat16))
    assert queue.negatives().dtype == torch.float32
    assert not queue.negatives().requires_grad


def test_what_it_holds_does_not_change_with_what_was_given():
    queue, keys = FeatureQueue(3, 4), torch.ones(2, 3)
    queue.enqueue(keys)
    keys.zero_()
    assert queue.negatives().min() == 1


def test_wrong_shapes_and_sizes_are_refused():
    with pytest.raises(ValueError, match="shape"):
        FeatureQueue(3, 4).enqueue(torch.zeros(2, 5))
    with pytest.raises(ValueError, match="at least one"):
        FeatureQueue(3, 0)


def test_it_knows_how_full_it_is_after_a_checkpoint_and_after_it_was_cleared():
    queue, other = FeatureQueue(3, 5), FeatureQueue(3, 5)
    queue.enqueue(numbered(1, 4))
    other.load_state_dict(queue.state_dict())
    assert other.filled == 4
    assert torch.equal(other.negatives(), queue.negatives())
    other.clear()
    assert other.filled == 0
    assert len(other.negatives()) == 0
    other.enqueue(numbered(7, 2))
    assert other.negatives().tolist() == numbered(7, 2).tolist()


def test_its_counts_stay_exact_in_any_precision_of_the_model():
    queue = FeatureQueue(3, 300).to(torch.bfloat16)
    queue.enqueue(numbered(1, 257))
    other = FeatureQueue(3, 300).to(torch.bfloat16)
    other.load_state_dict(queue.state_dict())
    # Eight bits of bfloat16 would tell 256.
    assert other.filled == 257
    assert int(other.position) == 257


@pytest.mark.parametrize("images", [1, 7, 30, 1000])
@pytest.mark.parametrize("least", [0, 5])
def test_queues_are_cut_to_half_the_images_and_nothing_else_changes(images, least):
    options = MocoOptions(queue_size=16)
    cut = cut_queues(options, images, "queue_size", least=least)
    assert cut.queue_size == min(16, max(images // 2, least))
    assert cut.model_copy(update={"queue_size": 16}) == options
    assert cut_queues(options, images) == options, "no queue was named"
