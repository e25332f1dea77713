"""Which cells are hidden, how many, and from whom."""

import pytest
import torch

from asdcfer.losses.attention import spatial_attention
from asdcfer.methods.attention_hiding import AttentionHiding, HidingOptions
from tests.factories import SMALL, small_encoder, some_views


def hiding(**options):
    torch.manual_seed(1)
    return AttentionHiding(small_encoder(), HidingOptions(**SMALL | options)).train()


def test_the_most_attended_cells_are_hidden_from_queries_and_not_from_keys():
    method, views = hiding(hidden_start=0.25), some_views(count=3)
    keys = [method.momentum_network(crop) for crop in views.crops]
    shown = method.shown(views, keys)
    for crop, view, key, hidden in zip(views.crops, shown, keys, method.hidden, strict=True):
        attention = spatial_attention(key.maps[-2]).flatten(1)
        cells = hidden.cells.flatten(1)
        count = cells.shape[1] // 4
        assert cells.sum(1).tolist() == [count] * 3
        for b in range(3):
            assert attention[b][cells[b]].min() >= attention[b][~cells[b]].max()
        changed = (view != crop).any(1)
        assert not (changed & ~hidden.pixels).any()
        assert changed.float().mean() > 0.1


def test_the_hidden_share_grows_along_the_run_and_is_kept_over_a_resume():
    method = hiding(hidden_start=0.2, hidden_end=0.6, hidden_until=0.5)
    shares = []
    for progress in (0.0, 0.25, 0.5, 1.0):
        method.after_step(progress)
        shares.append(method.hidden_share)
    assert shares == pytest.approx([0.2, 0.4, 0.6, 0.6])
    method.after_step(0.25)
    other = hiding(hidden_start=0.2, hidden_end=0.6, hidden_until=0.5)
    other.load_state_dict(method.state_dict())
    assert other.hidden_share == pytest.approx(0.4)


def test_random_cells_take_the_place_of_attended_ones_in_the_same_number():
    feature_map = torch.zeros(200, 1, 4, 4)
    feature_map[:, :, 0] = 5.0
    attended = hiding(hidden_start=0.25).chosen_cells(feature_map)
    assert attended[:, 0].all()
    mixed = hiding(hidden_start=0.25, hidden_random=0.5).chosen_cells(feature_map)
    assert mixed.flatten(1).sum(1).tolist() == [4] * 200
    # Half stay, and a part of what chance fills falls there again.
    assert 0.5 < mixed[:, 0].float().mean() < 0.75
    anywhere = hiding(hidden_start=0.25, hidden_random=1.0).chosen_cells(feature_map)
    assert anywhere[:, 0].float().mean().item() == pytest.approx(0.25, abs=0.07)
