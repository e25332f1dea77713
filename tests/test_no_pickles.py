"""No pickle is ever loaded: every file of every kind is replaced by one, and read as it is used.

A pickle that is loaded makes a marker. So does one inside of an array, an archive or the metadata
of a table. The source is searched for whatever could load one, or run a text.
"""

import ast
import contextlib
import io
import json
import os
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import asdcfer
from asdcfer.data.sample import sample_pack
from asdcfer.errors import AsdcferError

ROOT = Path(__file__).parents[1]


class Bomb:
    """Makes a folder where it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self.marker = str(marker)

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return os.makedirs, (self.marker, 0o777, True)


def _plain(bomb: Bomb, path: Path) -> None:
    path.write_bytes(pickle.dumps(bomb))


def _array(bomb: Bomb, path: Path) -> None:
    with path.open("wb") as file:
        np.save(file, np.array([bomb], object), allow_pickle=True)


def _archive(bomb: Bomb, path: Path) -> None:
    with path.open("wb") as file:
        np.savez(file, labels=np.array([bomb], object), allow_pickle=True)


def _of_torch(bomb: Bomb, path: Path) -> None:
    file = io.BytesIO()
    torch.save({"state_dict": bomb}, file)
    path.write_bytes(file.getvalue())


def _old_torch(bomb: Bomb, path: Path) -> None:
    file = io.BytesIO()
    torch.save({"state_dict": bomb}, file, _use_new_zipfile_serialization=False)
    path.write_bytes(file.getvalue())


def _joblib(bomb: Bomb, path: Path) -> None:
    joblib = pytest.importorskip("joblib")
    joblib.dump(bomb, path)


def _parquet(bomb: Bomb, path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow", reason="the extra [table] is not installed")
    pyarrow_parquet = pytest.importorskip("pyarrow.parquet")
    metadata = {
        b"ARROW:extension:name": b"arrow.py_extension_type",
        b"ARROW:extension:metadata": pickle.dumps(bomb),
    }
    kinds = {"file": pyarrow.string(), "image": pyarrow.binary()}
    fields = [pyarrow.field(name, kind, metadata=metadata) for name, kind in kinds.items()]
    table = pyarrow.table([["a.jpg"], [b"x"]], schema=pyarrow.schema(fields))
    pyarrow_parquet.write_table(table, path, store_schema=True)


def _yaml(bomb: Bomb, path: Path) -> None:
    path.write_text(f"name: !!python/object/apply:os.makedirs ['{bomb.marker}']\n")


PICKLES = (_plain, _array, _archive, _of_torch, _old_torch, _joblib, _parquet, _yaml)


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    return tmp_path / "it-was-loaded"


def test_these_pickles_do_what_they_say(tmp_path: Path, marker: Path) -> None:
    def loads(write: Callable[[Bomb, Path], None], load: Callable[[Path], object]) -> bool:
        write(Bomb(marker), tmp_path / "file")
        with contextlib.suppress(Exception):
            load(tmp_path / "file")
        made = marker.is_dir()
        shutil.rmtree(marker, ignore_errors=True)
        return made

    assert loads(_plain, lambda path: pickle.loads(path.read_bytes()))
    assert loads(_array, lambda path: np.load(path, allow_pickle=True))
    assert loads(_archive, lambda path: np.load(path, allow_pickle=True)["labels"])
    assert loads(_of_torch, lambda path: torch.load(path, weights_only=False))
    assert loads(_old_torch, lambda path: torch.load(path, weights_only=False))
    assert loads(_joblib, lambda path: __import__("joblib").load(path))
    assert loads(_yaml, lambda path: __import__("yaml").unsafe_load(path.read_text()))


def _opened(path: Path) -> object:
    from asdcfer.data.resolve_data import open_pack

    with open_pack(path / "pack") as found:
        return found


def _yunet(path: Path) -> object:
    from asdcfer.recognition.detector import YuNet

    return YuNet(model=path)


Loader = tuple[Callable[[Path], object], tuple[Callable[[Path], object], ...]]


def _loaders() -> dict[str, Loader]:
    """Return kind of file or folder -> what writes a good one, and all that read it."""
    from asdcfer.api.comparison.shared_facts import _noted
    from asdcfer.data.datasets.label_orders import read_classes
    from asdcfer.data.pack import load_pack
    from asdcfer.embedding.feature_store import FeatureStore
    from asdcfer.evaluation.comparison_row import read_row
    from asdcfer.evaluation.ferplus import ferplus_task
    from asdcfer.evaluation.probes.feature_cache import read_cached
    from asdcfer.evaluation.result import read_result, write_result
    from asdcfer.models.weights import load_encoder, load_model, load_teacher
    from asdcfer.predict.journal import Journal
    from asdcfer.predict.table_io import files_in_table
    from asdcfer.recognition.onnx_runtime import OnnxRuntime
    from asdcfer.reporting.runs import read_encoders, read_run
    from asdcfer.sklearn.classifier_files import SavedClassifier, read_classifier, write_classifier
    from asdcfer.summary.score_table import read_names, read_scores
    from asdcfer.training.engine.checkpoint import SafetensorsCheckpointIO, plain_value
    from asdcfer.training.pretrain.recipe_files import load_recipe
    from asdcfer.training.run_record import read_record
    from tests.evaluation.standin import toy_result
    from tests.factories import a_model, an_encoder
    from tests.summary.standin import table

    def store(path: Path) -> None:
        with FeatureStore(path, {"model": "a"}, 2) as made:
            made.add(np.ones((1, 2), np.float32), [{"id": "a"}], [], inputs=1)

    def go_on(path: Path) -> list[object]:
        with FeatureStore(path, {"model": "a"}, 2, resume=True) as found:
            return [list(found.rows()), list(found.left_out()), list(found.features())]

    def journal(path: Path) -> None:
        with Journal(path, {"model": "a"}) as made:
            made.add([{"file": "a.jpg"}])
            made.finish("a.jpg")

    def resume(path: Path) -> object:
        with Journal(path, {"model": "a"}, resume=True) as found:
            return list(found.rows())

    def copied_pack(path: Path) -> None:
        shutil.copytree(sample_pack().path, path / "pack")
        shutil.copy(sample_pack().path.parent / "ferplus_votes.npy", path)

    def classifier(path: Path) -> None:
        weight = np.ones((2, 3), np.float32)
        write_classifier(path, SavedClassifier(None, weight, weight[:, 0], ["a", "b"], 1.0))

    def run(path: Path) -> None:
        path.mkdir()
        asdcfer.models.weights.save_encoder(path / "student" / "encoder", an_encoder(), {})
        (path / "run.json").write_text("{}")
        (path / "student" / "metrics.csv").write_text("step,loss\n1,2\n")
        write_result(path / "probes" / "a.json", toy_result(0.5))

    def text(content: str) -> Callable[[Path], object]:
        return lambda path: path.write_text(content)

    from asdcfer.models import weights

    tree = {"state_dict": {"w": torch.ones(2)}}
    checkpoint = SafetensorsCheckpointIO()
    shipped = Path(weights.__file__).parents[1] / "weights" / "light.onnx"
    return {
        "pack": (
            copied_pack,
            (
                lambda path: load_pack(path / "pack", verify=True),
                lambda path: ferplus_task(load_pack(path / "pack"), None),
                _opened,
            ),
        ),
        "encoder": (
            lambda path: weights.save_encoder(path / "a", an_encoder(), {}),
            (lambda path: load_encoder(path), lambda path: load_teacher(path / "a.safetensors")),
        ),
        "model": (
            lambda path: weights.save_model(path / "a", a_model()),
            (lambda path: load_model(path), lambda path: load_model(path / "a.safetensors")),
        ),
        "a.pt": (text("x"), (load_encoder, load_model)),
        "checkpoint": (
            lambda path: checkpoint.save_checkpoint(tree, path),
            (checkpoint.load_checkpoint, lambda path: plain_value(path, "state_dict")),
        ),
        "store": (store, (go_on,)),
        "cached.npy": (
            lambda path: np.save(path, np.ones((1, 2), np.float32)),
            (lambda path: read_cached(path, 1, 2),),
        ),
        "journal": (journal, (resume, lambda path: list(Journal.read(path)))),
        **{
            f"scores.{kind}": (
                lambda path: table(path, {("a.mp4", 0): "hhs"}),
                (read_scores, files_in_table),
            )
            for kind in ("csv", "tsv", "json", "jsonl", "parquet")
        },
        "names.csv": (text("file,face,person\na,0,b\n"), (read_names,)),
        "recipe.yaml": (text("name: x\n"), (load_recipe,)),
        "data.yaml": (text("names: [a, b]\n"), (read_classes,)),
        "classifier": (lambda path: classifier(path / "a"), (lambda p: read_classifier(p / "a"),)),
        "row.json": (text("{}"), (read_row, _noted, read_record)),
        "result.json": (lambda path: write_result(path, toy_result(0.5)), (read_result,)),
        "run": (run, (lambda path: read_encoders(read_run(path)),)),
        "a.onnx": (
            lambda path: shutil.copy(shipped, path),
            (OnnxRuntime, _yunet),
        ),
    }


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted(_loaders()))
def test_every_file_replaced_by_a_pickle_is_not_loaded(
    kind: str, tmp_path: Path, marker: Path
) -> None:
    make, readers = _loaders()[kind]
    good = tmp_path / "good" / kind
    good.parent.mkdir()
    make(good)
    for reader in readers:
        with contextlib.suppress(AsdcferError):  # YuNet refuses another network
            reader(good)
    files = [good] if good.is_file() else sorted(p for p in good.rglob("*") if p.is_file())
    assert files
    for file in files:
        for write in PICKLES:
            bad = tmp_path / "bad" / kind
            shutil.rmtree(bad.parent, ignore_errors=True)
            bad.parent.mkdir()
            shutil.copytree(good, bad) if good.is_dir() else shutil.copy(good, bad)
            place = bad / file.relative_to(good)
            write(Bomb(marker), place)
            _describe(place)
            for reader in readers:
                with contextlib.suppress(Exception):
                    reader(bad)
                assert not marker.exists(), f"{write.__name__} as {place.name} of {kind}"


def _describe(weights: Path) -> None:
    """Write the hash of weights, and of a pack's file, where a reader would stop at another."""
    import hashlib

    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    card = weights.with_suffix(".json")
    for description, name in ((card, "file"), (weights.with_name("pack.json"), weights.name)):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            about = json.loads(description.read_text())
            about["hashes"][name] = digest
            description.write_text(json.dumps(about))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["list.csv", "list.json", "a.npy", "a.npz", "a.pkl", "a.parquet"])
def test_a_data_set_that_is_or_holds_a_pickle_is_not_loaded(
    name: str, tmp_path: Path, marker: Path
) -> None:
    from asdcfer.api.prepare_audit import prepare

    for number, write in enumerate(PICKLES):
        folder = tmp_path / f"set{number}"
        folder.mkdir()
        write(Bomb(marker), folder / name)
        for source in (folder, folder / name):
            with contextlib.suppress(AsdcferError):
                prepare(source, tmp_path / f"pack{number}")
            assert not marker.exists(), write.__name__


FORBIDDEN_IMPORTS = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "shelve"} | {
    "marshal",
    "jsonpickle",
    "pty",
    "telnetlib",
}
FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__"}
FORBIDDEN_METHODS = {
    ("torch", "load"),
    ("torch", "hub"),
    ("yaml", "load"),
    ("yaml", "full_load"),
    ("yaml", "unsafe_load"),
    ("yaml", "load_all"),
    ("os", "system"),
    ("os", "popen"),
    ("pandas", "read_pickle"),
    ("tempfile", "mktemp"),
}
ALLOWED = {("plain_yaml.py", "yaml.load")}
"""With a loader that is a subclass of the safe one and only leaves things out."""


def _complaints(tree: ast.AST) -> list[str]:
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
            names = [module] if module else [alias.name for alias in node.names]
            found += [name for name in names if name.partition(".")[0] in FORBIDDEN_IMPORTS]
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Name) and node.func.id in FORBIDDEN_CALLS:
            found.append(node.func.id)
        if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
            pair = (node.func.value.id, node.func.attr)
            if pair in FORBIDDEN_METHODS:
                found.append(".".join(pair))
            given = {keyword.arg: keyword.value for keyword in node.keywords}
            never = given.get("allow_pickle")
            if pair in {("np", "load"), ("np", "save")} and not (
                isinstance(never, ast.Constant) and never.value is False
            ):
                found += [".".join(pair)] if pair[1] == "load" else []
        for keyword in node.keywords:
            true = isinstance(keyword.value, ast.Constant) and keyword.value.value is True
            if keyword.arg in ("shell", "allow_pickle", "trust_remote_code") and true:
                found.append(f"{keyword.arg}=True")
    return found


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("import pickle", 1),
        ("from joblib import load", 1),
        ("torch.load(p)", 1),
        ("np.load(p)", 1),
        ("np.load(p, allow_pickle=False)", 0),
        ("np.load(p, allow_pickle=True)", 2),
        ("subprocess.run(w, shell=True)", 1),
        ("eval('1')", 1),
        ("model.eval()", 0),
        ("yaml.load(t, L)", 1),
        ("yaml.safe_dump(t)", 0),
    ],
)
def test_the_search_finds_what_it_looks_for(text: str, count: int) -> None:
    assert len(_complaints(ast.parse(text))) == count


def test_the_source_holds_nothing_that_loads_pickles_or_runs_texts() -> None:
    found = {
        (file.name, complaint)
        for folder in ("src", "benchmarks")
        for file in sorted((ROOT / folder).rglob("*.py"))
        for complaint in _complaints(ast.parse(file.read_text(encoding="utf-8")))
    }
    assert found - ALLOWED == set()
