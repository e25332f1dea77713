"""Names of a model hub: read from the cache, fetched once, and refused in one line otherwise."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import asdcfer
from asdcfer.errors import MissingPackageError, WeightsError
from asdcfer.models import hub
from asdcfer.models.find_weights import find_encoder, find_model
from asdcfer.models.hub import HubName, hub_folder, parse_hub_name, wanted_files
from asdcfer.models.label_names import split_labels
from asdcfer.models.weights import weights_hash
from tests.factories import a_model, saved
from tests.hub_server import COMMIT, hub_server, lay_out_cache


def files_of(weights: Path) -> dict[str, bytes]:
    """The two files that `asdcfer share` writes of weights, and a README."""
    return {
        "model.safetensors": weights.read_bytes(),
        "model.json": weights.with_suffix(".json").read_bytes(),
        "README.md": b"# toy\n",
    }


def command(cache: Path, address: str, *words: object, **more: str):
    """Run `asdcfer WORDS` in a process of its own, which knows another hub and an empty cache."""
    told = {"HF_HUB_CACHE": str(cache), "HF_ENDPOINT": address, "HF_HOME": str(cache.parent)}
    return subprocess.run(
        [sys.executable, "-m", "asdcfer", *map(str, words)],
        env={**os.environ, **told, **more},
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache of huggingface_hub; a request ends the test."""
    pytest.importorskip("huggingface_hub", reason="the extra [hub] is not installed")
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "cache"))

    def refuse(*args, **kwargs):
        raise AssertionError("the network was asked")

    monkeypatch.setattr("huggingface_hub.HfApi.model_info", refuse)
    return tmp_path / "cache"


def test_names_are_taken_apart():
    assert parse_hub_name("hf:user/name") == HubName("user/name")
    assert parse_hub_name("hf:user/n.a-me@refs/pr/1") == HubName("user/n.a-me", "refs/pr/1")
    assert str(HubName("user/name", "v1")) == "hf:user/name@v1"
    assert split_labels("hf:user/name@v1:fer2013") == ("hf:user/name@v1", "fer2013")
    assert split_labels("hf:user") == ("hf:user", None)


@pytest.mark.parametrize(
    "text", ["hf:", "hf:name", "hf:a/b/c", "hf:a/b@", "hf:a/b@x@y", "hf:../b c"]
)
def test_what_is_written_otherwise_is_refused_before_anything_is_imported(text, monkeypatch):
    monkeypatch.setattr(hub, "_import_hub", lambda: pytest.fail("imported"))
    with pytest.raises(WeightsError, match=r"write hf:user/name, or hf:user/name@revision"):
        hub_folder(text)


def test_only_files_that_run_no_code_are_wanted():
    listed = ["a.safetensors", "a.json", "a.onnx", "a.bin", "train.py", "config.json", "README.md"]
    assert wanted_files([*listed, "b*.safetensors", "b*.json", "notes.md"]) == [
        "README.md",
        "a.json",
        "a.onnx",
        "a.safetensors",
    ]
    assert all(name.endswith(hub.FETCHED) for name in wanted_files(listed))


def test_the_missing_package_is_named_with_its_extra(monkeypatch):
    def gone(name):
        raise ModuleNotFoundError("gone", name=name)

    monkeypatch.setattr(hub, "importlib", SimpleNamespace(import_module=gone))
    with pytest.raises(MissingPackageError, match=r"pip install 'asdcfer\[hub\]'"):
        asdcfer.load_encoder("hf:user/name")


def test_what_is_cached_is_read_without_the_network(cache, tmp_path):
    weights = saved(tmp_path)
    snapshot = lay_out_cache(cache, "user/name", files_of(weights))
    for name in ("hf:user/name", "hf:user/name@main", f"hf:user/name@{COMMIT}"):
        assert find_encoder(name) == snapshot / "model.safetensors"
    loaded = asdcfer.load_encoder("hf:user/name")
    assert weights_hash(loaded) == weights_hash(asdcfer.load_encoder(weights))
    faces = np.zeros((2, 48, 48), np.uint8)
    assert np.array_equal(asdcfer.embed(faces, "hf:user/name"), asdcfer.embed(faces, weights))


def test_a_model_answers_from_the_cache_and_a_card_of_other_bytes_is_refused(cache, tmp_path):
    from asdcfer.models.weights import save_model

    weights = save_model(tmp_path / "model", a_model(), {})
    snapshot = lay_out_cache(cache, "user/name", files_of(weights))
    assert find_model("hf:user/name") == snapshot / "model.safetensors"
    assert asdcfer.load_model("hf:user/name").expressions == a_model().expressions
    blob = (snapshot / "model.safetensors").resolve()
    blob.write_bytes(blob.read_bytes()[:-1] + b"x")
    with pytest.raises(WeightsError, match="SHA-256"):
        asdcfer.load_model("hf:user/name")


def test_a_cache_that_holds_half_of_it_is_not_taken(cache, tmp_path):
    files = files_of(saved(tmp_path))
    del files["model.safetensors"]
    lay_out_cache(cache, "user/name", files)
    with pytest.raises(WeightsError, match="the network was asked"):
        hub_folder("hf:user/name")


@pytest.mark.slow
def test_a_name_is_fetched_once_and_read_offline_from_then_on(tmp_path):
    pytest.importorskip("huggingface_hub", reason="the extra [hub] is not installed")
    weights = saved(tmp_path)
    repos = {"user/name": {**files_of(weights), "old.bin": b"pickle", "run.py": b"import os"}}
    out = tmp_path / "features.npy"
    with hub_server(repos) as (address, asked):
        embed = ("embed", "sample", "--splits", "public", "--out", out, "--model", "hf:user/name")
        done = command(tmp_path / "cache", address, *embed)
        assert done.returncode == 0, done.stderr
        fetched = {line.rpartition("/")[2] for line in asked if "/resolve/" in line}
        assert fetched == {"model.safetensors", "model.json", "README.md"}
        asked.clear()
        again = command(tmp_path / "cache", address, *embed, "--force")
        assert again.returncode == 0, again.stderr
        assert asked == []
    offline = command(tmp_path / "cache", address, *embed, "--force", HF_HUB_OFFLINE="1")
    assert offline.returncode == 0, offline.stderr
    assert len(np.load(out)) > 100


REFUSED = {
    "pickled": {"pytorch_model.bin": b"pickle", "README.md": b""},
    "foreign": {"model.safetensors": b"x", "config.json": b"{}", "pytorch_model.bin": b""},
    "graph": {"model.onnx": b"x"},
    "plain": {"README.md": b""},
}


@pytest.mark.slow
def test_what_cannot_be_taken_is_refused_in_one_line_and_not_fetched(tmp_path):
    pytest.importorskip("huggingface_hub", reason="the extra [hub] is not installed")
    repos = {f"user/{name}": files for name, files in REFUSED.items()}
    program = f"""
import sys
from asdcfer.errors import WeightsError
from asdcfer.models.find_weights import find_encoder
for name in {[*map("hf:{}".format, repos), "hf:user/none", "hf:user/plain@v9"]}:
    try:
        find_encoder(name)
    except WeightsError as error:
        print(error)
"""
    told = {"HF_HUB_CACHE": str(tmp_path / "cache"), "HF_HOME": str(tmp_path)}
    with hub_server(repos) as (address, asked):
        told["HF_ENDPOINT"] = address
        done = subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, **told},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert not [line for line in asked if "/resolve/" in line]
    assert done.returncode == 0, done.stderr
    pickled, foreign, graph, plain, none, revision = done.stdout.splitlines()
    assert "as pytorch_model.bin only" in pickled
    assert "safetensors" in pickled
    for line in (foreign, plain):
        assert "is not laid out as `asdcfer share` does" in line
    assert "ONNX file only" in graph
    assert "there is no hf:user/none on the hub" in none
    assert "has no revision 'v9'" in revision


@pytest.mark.slow
def test_without_a_network_one_line_says_so(tmp_path):
    pytest.importorskip("huggingface_hub", reason="the extra [hub] is not installed")
    for more, words in (
        ({}, "cannot be fetched from"),
        ({"HF_HUB_OFFLINE": "1"}, "HF_HUB_OFFLINE"),
    ):
        done = command(
            tmp_path / "cache",
            "http://127.0.0.1:9",
            "predict",
            "a.jpg",
            "--model",
            "hf:user/name",
            **more,
        )
        assert done.returncode == 2
        (line,) = done.stderr.strip().splitlines()
        assert line.startswith("asdcfer: hf:user/name is not in the cache")
        assert words in line


def test_the_folder_that_share_writes_is_one_that_the_hub_reads(cache, tmp_path):
    """Its README is parsed by huggingface_hub itself; its files load by a name of the hub."""
    from huggingface_hub import ModelCard

    from asdcfer import api

    shared = api.share("nano", tmp_path / "shared", onnx=False)
    card = ModelCard((shared.out / "README.md").read_text(encoding="utf-8"))
    assert card.data.license == "mit"
    assert card.data.pipeline_tag == "image-classification"
    assert len(card.data.eval_results) == shared.results > 0
    assert all(0 < result.metric_value < 1 for result in card.data.eval_results)
    files = {path.name: path.read_bytes() for path in shared.out.iterdir()}
    lay_out_cache(cache, "user/nano", files)
    assert "contempt" in asdcfer.load_model("hf:user/nano").expressions
    assert "contempt" not in asdcfer.load_model("hf:user/nano:fer2013").expressions
