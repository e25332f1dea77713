"""A sharded pack trains as any pack: each image once an epoch, the right part for each process, and
resumed in the middle of an epoch to the same bits.
"""

import copy
from pathlib import Path

import numpy as np
import pytest
import torch

from asdcfer import api
from asdcfer.data.pack import Pack, load_pack
from asdcfer.data.pack_shards import ShardedImages
from asdcfer.data.pack_writing import PackItem
from asdcfer.data.sharded_pack import write_sharded_pack
from asdcfer.errors import DataError
from asdcfer.methods.feature_distillation import FeatureDistillation, FeatureDistillationOptions
from asdcfer.models.encoder import EncoderSpec
from asdcfer.models.registry import build_encoder
from asdcfer.training.engine.sampler import Share
from asdcfer.training.pretrain.recipe_files import load_recipe
from asdcfer.training.pretrain.shard_stream import WINDOW, ShardSampler, ShardStream
from tests.training.standin import faces, moco, stage, trained


def sharded(path: Path, count: int = 64, each: int = 5) -> Pack:
    made = (PackItem(image, f"{row}") for row, image in enumerate(faces(count).numpy()))
    return load_pack(write_sharded_pack(path, made, each, expressions=[], source={"name": "x"}))


def stream_of(pack: Pack, rows: np.ndarray | None = None) -> ShardStream:
    assert isinstance(pack.images, ShardedImages)
    return ShardStream(pack.images, np.arange(len(pack)) if rows is None else rows, 1)


def taken(sampler: ShardSampler, batches: int) -> list[list[int]]:
    return [batch.tolist() for batch, _ in zip(sampler, range(batches), strict=False)]


def test_it_is_indexed_like_the_tensor(tmp_path: Path) -> None:
    pack = sharded(tmp_path / "p")
    rows = np.flatnonzero(np.arange(64) % 3 > 0)
    stream, tensor = stream_of(pack, rows), faces(64)[torch.from_numpy(rows)]
    assert stream.shape == tuple(tensor.shape)
    assert sum(stream.sizes) == len(stream) == len(rows)
    index = torch.tensor([40, 0, 7, 7])
    assert stream[:].equal(tensor)
    assert stream[index].equal(tensor[index])
    stream.open_window([0, 11], [3])
    assert stream[:].equal(tensor)


def test_an_epoch_shows_each_image_once_a_few_shards_at_a_time(tmp_path: Path) -> None:
    stream = stream_of(sharded(tmp_path / "p"))
    sampler = ShardSampler(stream, 8, seed=3)
    assert (sampler.steps_per_epoch, sampler.images_per_epoch) == (8, 64)
    first, second = np.split(np.array(taken(sampler, 16)), 2)
    assert sorted(first.ravel().tolist()) == sorted(second.ravel().tolist()) == list(range(64))
    assert first.tolist() != second.tolist()
    for window in range(0, 13, WINDOW):
        shown = first.ravel()[window * 5 : (window + WINDOW) * 5]
        assert len(np.unique(shown // 5)) <= WINDOW + 1
    for position in range(16):
        assert (
            taken(ShardSampler(stream, 8, seed=3, position=position), 3)
            == taken(ShardSampler(stream, 8, seed=3), position + 3)[position:]
        )


def test_processes_read_shards_of_their_own_for_as_many_steps(tmp_path: Path) -> None:
    stream = stream_of(sharded(tmp_path / "p"))
    samplers = [ShardSampler(stream, 4, seed=1, share=Share(rank, 3)) for rank in range(3)]
    assert {sampler.steps_per_epoch for sampler in samplers} == {4}
    shown = [np.array(taken(sampler, 4)).ravel() for sampler in samplers]
    assert len(np.unique(np.concatenate(shown))) == 48
    shards = [set((rows // 5).tolist()) for rows in shown]
    assert not shards[0] & shards[1] | shards[1] & shards[2] | shards[0] & shards[2]
    with pytest.raises(DataError, match="too few for 20 processes"):
        ShardSampler(stream, 4, seed=1, share=Share(0, 20))


def test_a_window_holds_its_shards_alone(tmp_path: Path) -> None:
    stream = stream_of(sharded(tmp_path / "p"))
    for batch in taken(ShardSampler(stream, 8, seed=0), 24):
        assert len(batch) == 8
        assert len(stream._window) <= WINDOW


@pytest.mark.slow
def test_training_goes_on_in_the_middle_of_an_epoch(tmp_path: Path) -> None:
    stream = stream_of(sharded(tmp_path / "p"))
    settings = stage(epochs=2, checkpoint_every=3)
    whole = trained(moco(), stream, settings, tmp_path / "whole")

    class Enough(Exception):  # noqa: N818 - ends a run from outside
        pass

    half = moco()
    after, count = half.after_step, [0]

    def stop(progress: float) -> None:
        count[0] += 1
        if count[0] == 5:
            raise Enough
        after(progress)

    half.after_step = stop
    with pytest.raises(Enough):
        trained(half, stream, settings, tmp_path / "parts")
    resumed = trained(moco(), stream, settings, tmp_path / "parts", resume=True)
    for one, other in zip(
        whole.encoder.state_dict().values(), resumed.encoder.state_dict().values(), strict=True
    ):
        assert one.equal(other)


def test_a_student_by_imitation_learns_from_a_stream_as_from_memory(tmp_path: Path) -> None:
    pack = sharded(tmp_path / "p")
    stream, store = stream_of(pack), tmp_path / "answers.safetensors"
    whole = faces(64)
    spec = EncoderSpec(name="mobile", arguments={"width": 0.25})
    student, teacher = build_encoder(spec), build_encoder(spec)
    options = FeatureDistillationOptions(heads_start="fitted")
    streamed = FeatureDistillation(student, teacher, options)
    streamed.prepare(stream, store=store)
    streamed.fit_heads(stream)
    kept = store.read_bytes()
    remembered = FeatureDistillation(copy.deepcopy(student), teacher, options)
    remembered.prepare(whole, store=store)
    remembered.fit_heads(whole)
    assert store.read_bytes() == kept, "the same faces, so nobody is asked again"
    assert torch.equal(streamed.targets, remembered.targets)
    assert torch.equal(streamed.head.network[0].weight, remembered.head.network[0].weight)


@pytest.mark.slow
def test_the_command_takes_a_sharded_pack_like_any_other(tmp_path: Path) -> None:
    path = sharded(tmp_path / "p").path
    changes = ["teacher.batch_size=8", "teacher.epochs=1", "teacher.health.every_epochs=1"]
    recipe = load_recipe("sample", changes)
    done = api.pretrain(recipe, path, tmp_path / "run")
    assert done.weights.is_file()
