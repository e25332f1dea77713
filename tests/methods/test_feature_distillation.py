"""Imitation: clean targets by index, a frozen teacher, and a student that learns."""

import pytest
import torch

from asdcfer.augmentation.views import ViewMaker, ViewOptions, Views
from asdcfer.errors import TrainingError
from asdcfer.methods.feature_distillation import FeatureDistillation, FeatureDistillationOptions
from asdcfer.models.encoder import EncoderSpec
from asdcfer.models.registry import build_encoder

SPEC = EncoderSpec(name="mobile", arguments={"width": 0.25})


def _method(**options: object) -> FeatureDistillation:
    torch.manual_seed(0)
    return FeatureDistillation(
        build_encoder(SPEC), build_encoder(SPEC), FeatureDistillationOptions(**options)
    )


def _faces(n: int = 12) -> torch.Tensor:
    return torch.randint(
        0, 256, (n, 48, 48), dtype=torch.uint8, generator=torch.Generator().manual_seed(1)
    )


def test_targets_are_the_teachers_clean_features_centered_and_scaled() -> None:
    method, faces = _method(), _faces()
    method.prepare(faces)
    with torch.no_grad():
        clean = method.teacher.encoder(SPEC.preprocessing.batch(faces.numpy()))
    clean = clean - clean.mean(0)
    torch.testing.assert_close(
        method.targets, clean / clean.square().mean().sqrt(), rtol=1e-4, atol=1e-5
    )
    each = _method(standardize="each")
    each.prepare(faces)
    assert each.targets.square().mean(0).max().item() == pytest.approx(1, abs=1e-4)


def test_the_index_chooses_the_target() -> None:
    method, faces = _method(), _faces()
    method.prepare(faces)
    method.eval()
    crop = torch.randn(3, 1, 48, 48)
    losses = [
        method.training_step(Views([crop], index=torch.tensor(rows))).loss.item()
        for rows in ([0, 1, 2], [3, 4, 5], [0, 1, 2])
    ]
    assert losses[0] == losses[2] != losses[1]


def test_a_view_of_a_partner_has_the_partners_target() -> None:
    method, faces = _method(), _faces()
    method.prepare(faces)
    method.eval()
    crops = [torch.randn(3, 1, 48, 48) for _ in range(2)]
    index, partner = torch.tensor([0, 1, 2]), torch.tensor([5, 1, 7])
    both = method.training_step(Views(crops, index=index, partner=partner)).loss
    alone = [
        method.training_step(Views([crop], index=rows)).loss
        for crop, rows in zip(crops, (index, partner), strict=True)
    ]
    torch.testing.assert_close(both, torch.stack(alone).mean())


@pytest.mark.slow
@pytest.mark.parametrize(("form", "hidden"), [("squared", 0), ("cosine", 0), ("squared", 16)])
def test_a_few_steps_explain_more(form: str, hidden: int) -> None:
    method, faces = _method(form=form, hidden=hidden), _faces(16)
    method.prepare(faces)
    before = method.teacher.fingerprint()
    make = ViewMaker(ViewOptions(views=1))
    optimizer = torch.optim.AdamW(method.parameters(), lr=1e-2)
    losses = []
    for step in range(40):
        index = torch.arange(16)
        result = method.train().training_step(
            make(faces[index], SPEC.preprocessing, torch.Generator().manual_seed(step), index)
        )
        optimizer.zero_grad()
        result.loss.backward()
        optimizer.step()
        losses.append(result.loss.item())
    assert sum(losses[-5:]) < 0.97 * sum(losses[:5])
    assert method.teacher.fingerprint() == before
    method.check()


def test_without_preparation_it_says_what_is_missing() -> None:
    with pytest.raises(TrainingError, match="prepare"):
        _method().training_step(Views([torch.randn(2, 1, 48, 48)], index=torch.tensor([0, 1])))


def test_what_the_teacher_said_is_kept_and_only_believed_for_the_same_faces(
    tmp_path, monkeypatch
) -> None:
    faces, store = _faces(), tmp_path / "faces.safetensors"
    first = _method()
    first.prepare(faces, store=store)
    second = _method()
    monkeypatch.setattr(second, "_asked", lambda *_: pytest.fail("asked again"))
    second.prepare(faces, store=store)
    assert torch.equal(first.targets, second.targets)
    third = _method()
    third.prepare(faces.flip(0), store=store)
    torch.testing.assert_close(third.targets, first.targets.flip(0), rtol=1e-3, atol=1e-4)
    store.write_bytes(b"not a file of tensors")
    fourth = _method()
    fourth.prepare(faces, store=store)
    assert torch.equal(fourth.targets, first.targets)


def test_a_fitted_head_begins_where_a_random_one_has_yet_to_come() -> None:
    def first_loss(start: str) -> float:
        method, faces = _method(heads_start=start), _faces(40)
        method.prepare(faces)
        method.fit_heads(faces)
        x = SPEC.preprocessing.batch(faces.numpy())
        method.eval()
        with torch.no_grad():
            return method.training_step(Views([x], index=torch.arange(40))).loss.item()

    assert first_loss("fitted") < 0.5 * first_loss("random")


def test_a_head_with_a_hidden_layer_cannot_begin_fitted() -> None:
    with pytest.raises(TrainingError, match="set hidden=0"):
        _method(heads_start="fitted", hidden=8)
