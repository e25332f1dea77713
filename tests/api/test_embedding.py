"""`api.embed`: the same features as `asdcfer.embed`, streamed, resumed, in constant memory."""

import csv
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

import asdcfer
from asdcfer import api
from asdcfer.data.pack import load_pack
from asdcfer.data.pack_writing import PackItem, write_pack
from asdcfer.embedding import face_blocks
from asdcfer.embedding.feature_store import FeatureStore
from asdcfer.errors import DataError, InputError, WeightsError
from tests.recognition.standin import hopper_path


def settings(encoder, **more) -> api.EmbedSettings:
    return api.EmbedSettings(encoder, device="cpu", **more)


def test_features_of_a_pack_are_those_of_the_function_of_arrays(few, encoder, tmp_path, heard):
    done = api.embed(few, tmp_path / "f.npy", settings(encoder), progress=heard)
    found = np.load(done.out)
    assert np.array_equal(found, asdcfer.embed(few.images, encoder))
    assert (done.faces, done.dim) == found.shape
    with done.ids.open(newline="") as file:
        assert [row["id"] for row in csv.DictReader(file)] == few.ids
    assert heard.calls["embedding"][-1] == (len(few), len(few))
    assert (done.skipped, done.skipped_list, done.resumed) == (0, None, 0)
    assert not (tmp_path / "f.npy.partial").exists()


def test_features_of_a_folder_are_those_of_a_pack_of_it(few, encoder, tmp_path):
    folder = tmp_path / "faces"
    folder.mkdir()
    for row in range(5):
        Image.fromarray(np.asarray(few.images[row])).save(folder / f"{row}.png")
    done = api.embed(folder, tmp_path / "f.npy", settings(encoder))
    pack = api.prepare(folder, tmp_path / "pack", api.PrepareSettings(kind="unlabeled"))
    again = api.embed(pack, tmp_path / "p.npy", settings(encoder))
    assert np.array_equal(np.load(done.out), np.load(again.out))


@pytest.mark.slow
def test_photos_are_cut_as_prepare_cuts_them(encoder, tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "hopper.jpg").write_bytes(hopper_path().read_bytes())
    Image.new("RGB", (80, 60)).save(photos / "nobody.png")
    done = api.embed(photos, tmp_path / "f.npy", settings(encoder, detect=True))
    pack = api.prepare(photos, tmp_path / "pack", api.PrepareSettings(detect=True))
    assert np.array_equal(np.load(done.out), asdcfer.embed(pack.images, encoder))
    assert done.skipped == 1
    assert done.skipped_list.read_text() == "id,reason\nnobody.png,no face found\n"


def test_an_interrupted_run_goes_on_to_the_same_bits(few, encoder, tmp_path, monkeypatch):
    monkeypatch.setattr(face_blocks, "ROWS", 20)
    whole = np.load(api.embed(few, tmp_path / "whole.npy", settings(encoder)).out)
    added = FeatureStore.add
    calls = []

    def add(self, *arguments, **more):
        if len(calls) == 3:
            raise KeyboardInterrupt
        calls.append(1)
        added(self, *arguments, **more)

    out = tmp_path / "f.npy"
    with monkeypatch.context() as patch:
        patch.setattr(FeatureStore, "add", add)
        with pytest.raises(KeyboardInterrupt):
            api.embed(few, out, settings(encoder))
    assert not out.exists()
    with pytest.raises(InputError, match=r"interrupted run left .*resume=True"):
        api.embed(few, out, settings(encoder))
    with pytest.raises(InputError, match="another model or other settings"):
        api.embed(few, out, settings("nano", resume=True))
    done = api.embed(few, out, settings(encoder, resume=True))
    assert done.resumed == 60
    assert np.array_equal(np.load(out), whole)
    assert not (tmp_path / "f.npy.partial").exists()


def test_a_run_that_was_killed_when_all_was_written_is_complete(few, encoder, tmp_path, heard):
    done = api.embed(few, tmp_path / "f.npy", settings(encoder))
    before = done.out.stat()
    again = api.embed(few, done.out, settings(encoder, resume=True), progress=heard)
    assert (again.faces, again.dim, again.ids) == (done.faces, done.dim, done.ids)
    assert again.resumed == len(few)
    assert done.out.stat() == before
    assert "is complete already" in heard.lines[-1]


def test_results_that_are_there_are_replaced_only_where_that_was_asked_for(few, encoder, tmp_path):
    out = tmp_path / "f.npy"
    out.write_text("mine")
    for resume in (False, True):
        with pytest.raises(InputError, match="force=True"):
            api.embed(few, out, settings(encoder, resume=resume))
    assert out.read_text() == "mine"
    api.embed(few, out, settings(encoder, force=True))
    assert len(np.load(out)) == len(few)


@pytest.mark.parametrize(
    ("name", "more", "told"),
    [
        ("text.txt", {}, "neither a pack, a folder nor a picture"),
        ("folder", {"splits": ["train"]}, "`splits` are of packs"),
        ("folder", {"detector_model": "x.onnx"}, "for `detect=True`"),
        ("folder", {"batch_size": 0}, "batch_size 0"),
        ("folder", {}, "no face can be used; the first of 1: broken.png: not an image"),
        ("empty", {}, "holds no picture"),
        ("nowhere", {}, "nothing at"),
        ("sample", {"detect": True}, "cropped already"),
        ("sample", {"splits": ["test"]}, "no split 'test'"),
    ],
)
def test_bad_input_is_told_in_a_line(encoder, tmp_path, name, more, told):
    (tmp_path / "text.txt").write_text("a")
    (tmp_path / "empty").mkdir()
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "broken.png").write_text("a")
    data = name if name == "sample" else tmp_path / name
    with pytest.raises((DataError, InputError), match=told):
        api.embed(data, tmp_path / "f.npy", settings(encoder, **more))
    assert not (tmp_path / "f.npy").exists()
    assert not (tmp_path / "f.npy.partial").exists()


def test_a_model_that_is_not_there_is_told(few, tmp_path):
    with pytest.raises(WeightsError, match="no weights 'nani'"):
        api.embed(few, tmp_path / "f.npy", settings("nani"))


PROGRAM = """
import sys
from asdcfer import api
from asdcfer.models.encoder import EncoderSpec
from asdcfer.models.registry import build_encoder
arguments = {"maps": [0], "cells": [16]}
encoder = build_encoder(EncoderSpec(name="mobile", arguments={"width": 0.25}, pooling="grid",
                                    pooling_arguments=arguments, preprocessing={"size": 32}))
pack, out = sys.argv[1:]
done = api.embed(pack, out, api.EmbedSettings(encoder, device="cpu"))
# ru_maxrss begins with what the parent held.
(peak,) = (line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(int(peak) // 1024, done.faces * done.dim * 4 >> 20)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    # Arrow keeps some forty megabytes for itself, once it has had that many.
    ("suffix", "counts"),
    [(".npy", (2000, 10_000)), (".parquet", (6000, 14_000))],
)
def test_memory_does_not_grow_with_the_number_of_faces(tmp_path, suffix, counts):
    """Peak of a process in MiB, for one pack and for another of many more faces."""
    peaks, sizes = [], []
    for count in counts:
        image = np.random.default_rng(0).integers(0, 256, (16, 16), np.uint8)
        items = (PackItem(image, f"face {i}") for i in range(count))
        path = write_pack(tmp_path / f"{count}", items, expressions=["a"], source={"name": "x"})
        assert len(load_pack(path)) == count
        words = [sys.executable, "-c", PROGRAM, str(path), str(tmp_path / f"{count}{suffix}")]
        told = subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()
        peaks.append(int(told[0]))
        sizes.append(int(told[1]))
    more = sizes[1] - sizes[0]
    assert more > 60, sizes
    # What is held would be there at least once; the rest is what allocators keep for themselves.
    assert peaks[1] - peaks[0] < more / 2, (peaks, sizes)
