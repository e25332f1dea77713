"""A teacher's file: read and hashed once, without a word to the random numbers of others."""

import pytest
import torch

from asdcfer.errors import WeightsError
from asdcfer.models.heads import Projector
from asdcfer.models.registry import build_encoder
from asdcfer.models.weights import load_teacher, save_encoder, weights_hash
from asdcfer.training import teacher_file
from asdcfer.training.teacher_file import TeacherFile
from tests.training.standin import SPEC


@pytest.fixture(params=["alone", "with a projector"])
def saved(tmp_path, request):
    encoder = build_encoder(SPEC)
    projector = Projector(encoder.feature_dim, 8, 4) if request.param != "alone" else None
    return save_encoder(tmp_path / "teacher" / "encoder", encoder, projector=projector)


def test_the_file_is_read_and_hashed_once(saved, monkeypatch) -> None:
    reads, hashes = [], []
    monkeypatch.setattr(
        teacher_file, "load_teacher", lambda place: reads.append(place) or load_teacher(place)
    )
    monkeypatch.setattr(
        teacher_file, "weights_hash", lambda part: hashes.append(part) or weights_hash(part)
    )
    file = TeacherFile(saved)
    assert not reads, "nothing is read before it is asked for"
    for _ in range(2):
        file.teacher()
        file.draw_as_if_read()
        assert file.hashes["teacher"] == weights_hash(file.encoder)
    assert reads == [saved]
    assert len(hashes) == (1 if file.hashes["projector"] == "none" else 2)


def test_reading_draws_nothing_and_drawing_leaves_the_state_that_reading_left(saved) -> None:
    torch.manual_seed(3)
    before = torch.get_rng_state()
    file = TeacherFile(saved)
    file.teacher()
    assert torch.equal(torch.get_rng_state(), before)
    file.draw_as_if_read()
    after = torch.get_rng_state()
    torch.manual_seed(3)
    load_teacher(saved)
    assert torch.equal(torch.get_rng_state(), after)


def test_each_teacher_is_a_copy(saved) -> None:
    file = TeacherFile(saved)
    one, two = file.teacher(), file.teacher()
    one.encoder.to(torch.float64)
    assert next(two.encoder.parameters()).dtype == torch.float32
    assert weights_hash(two.encoder) == file.hashes["teacher"]
    assert not any(parameter.requires_grad for parameter in two.parameters())
    assert (two.projector is None) == (file.hashes["projector"] == "none")


def test_what_it_says_of_faces_lies_beside_it(saved, tmp_path) -> None:
    assert TeacherFile(saved).neighbor == tmp_path / "teacher" / "faces.safetensors"
    assert TeacherFile("light_encoder").neighbor is None
    with pytest.raises(WeightsError):
        _ = TeacherFile(tmp_path / "nowhere").hashes
