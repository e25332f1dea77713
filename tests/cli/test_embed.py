"""`asdcfer embed`, end to end: files, summaries, resumption after a kill, refusals."""

import csv
import json
import signal
import sys
import time

import numpy as np
import pytest

import asdcfer as package
from tests.data.trees import save
from tests.interrupting import start_interruptible


def test_a_folder_becomes_features_with_ids_and_a_list_of_what_was_left_out(
    asdcfer, toy_run, tmp_path
):
    for seed in range(3):
        save(tmp_path / "faces" / f"{seed}.png", seed)
    (tmp_path / "faces" / "broken.png").write_text("a")
    out = tmp_path / "f.npy"
    done = asdcfer("embed", tmp_path / "faces", "--model", toy_run / "run", "--out", out)
    assert done.returncode == 0, done
    assert f"{out}: 3 features of " in done.stdout
    assert "skipped 1, listed with reasons in" in done.stdout
    assert np.load(out).shape[0] == 3
    with open(tmp_path / "f.ids.csv", newline="") as file:
        assert [row["id"] for row in csv.DictReader(file)] == ["0.png", "1.png", "2.png"]
    assert "broken.png,not an image" in (tmp_path / "f.skipped.csv").read_text()


def test_splits_of_a_pack_and_a_summary_for_programs(asdcfer, toy_run, tmp_path):
    words = ["--model", toy_run / "run", "--splits", "public,private", "--json"]
    done = asdcfer("embed", toy_run / "pack", "--out", tmp_path / "f.csv", *words)
    told = json.loads(done.stdout)
    assert (told["faces"], told["skipped"], told["resumed"]) == (48, 0, 0)
    with open(told["out"], newline="") as file:
        rows = list(csv.DictReader(file))
    pack = package.load_pack(toy_run / "pack")
    found = [[float(row[f"feature_{i}"]) for i in range(told["dim"])] for row in rows]
    encoder = package.load_encoder(toy_run / "run")
    wanted = package.embed(pack.images[pack.rows("public", "private")], encoder)
    np.testing.assert_allclose(np.array(found), wanted, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["pack", "--out", "f.txt"], "must end in .parquet, .npy, .csv"),
        (["pack", "--out", "f.npy", "--detect"], "leave --detect away"),
        (["pack", "--out", "there.npy"], "use --force to replace it"),
        (["pack", "--out", "f.npy", "--splits", "test"], "has no split 'test'"),
        (["nowhere", "--out", "f.npy"], "nothing at"),
    ],
)
def test_bad_input_is_one_line(asdcfer, toy_run, tmp_path, words, told):
    (tmp_path / "there.npy").write_text("mine")
    (tmp_path / "pack").symlink_to(toy_run / "pack")
    done = asdcfer("embed", *words, "--model", toy_run / "run", cwd=tmp_path)
    assert told in done.fault
    assert (tmp_path / "there.npy").read_text() == "mine"
    assert not (tmp_path / "f.npy").exists()


@pytest.mark.slow
def test_a_process_that_is_interrupted_is_continued(asdcfer, toy_run, tmp_path):
    for seed in range(600):
        save(tmp_path / "faces" / f"{seed:04}.png", seed)
    words = ["embed", str(tmp_path / "faces"), "--model", str(toy_run / "run")]
    out, partial = tmp_path / "f.npy", tmp_path / "f.npy.partial" / "rows.jsonl"
    process = start_interruptible([sys.executable, "-m", "asdcfer", *words, "--out", str(out)])
    while process.poll() is None and not (partial.is_file() and partial.stat().st_size):
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    process.wait(60)
    if not out.exists():  # a fast machine may have finished
        done = asdcfer(*words, "--out", out, "--resume", "--json")
        assert json.loads(done.stdout)["resumed"] >= 256
    asdcfer(*words, "--out", tmp_path / "whole.npy")
    assert np.array_equal(np.load(out), np.load(tmp_path / "whole.npy"))


def test_a_folder_of_parquet_files_holds_the_rows_of_one_file(asdcfer, toy_run, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    words = ["embed", toy_run / "pack", "--model", toy_run / "run", "--device", "cpu", "--out"]
    asdcfer(*words, tmp_path / "one.parquet")
    done = asdcfer(*words, tmp_path / "many", "--shard", 50, "--json")
    told = json.loads(done.stdout)
    assert (told["out"], told["ids"]) == (str(tmp_path / "many"), str(tmp_path / "many"))
    whole = parquet.read_table(tmp_path / "one.parquet")
    assert parquet.read_table(tmp_path / "many").equals(whole)
    parts = sorted((tmp_path / "many").iterdir())
    assert len(parts) == -(-len(whole) // 50)
    again = asdcfer(*words, tmp_path / "many", "--shard", 50, "--resume", "--json")
    assert json.loads(again.stdout)["resumed"] == told["faces"] == len(whole)
    assert "use --force to replace it" in asdcfer(*words, tmp_path / "many", "--shard", 5).fault
    assert "or become a folder by --shard" in asdcfer(*words, tmp_path / "other").fault
