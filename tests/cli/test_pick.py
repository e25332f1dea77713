"""`asdcfer pick`, end to end."""

import json

import pytest


def test_a_folder_to_label_in(asdcfer, toy_run, tmp_path):
    words = ["--encoder", toy_run / "run", "--method", "central", "--count", 5]
    words += ["--out", tmp_path / "to"]
    done = asdcfer("pick", toy_run / "unlabeled", *words)
    assert done.returncode == 0, done
    assert "5 of 108 faces, by central" in done.stdout
    assert f"asdcfer app --label {tmp_path / 'to'}" in done.stdout
    assert len(list((tmp_path / "to" / "faces").iterdir())) == 5
    again = asdcfer("pick", toy_run / "unlabeled", *words, "--force", "--json")
    told = json.loads(again.stdout)
    assert (told["method"], len(told["faces"])) == ("central", 5)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["pack"], "choose among all faces by --among all"),
        (["unlabeled", "--method", "uncertain"], "--method uncertain needs --model"),
        (["unlabeled", "--splits", "test"], "no split 'test'"),
        (["nowhere"], "nothing at"),
    ],
)
def test_bad_input_is_one_line(asdcfer, toy_run, tmp_path, words, told):
    done = asdcfer("pick", toy_run / words[0], *words[1:], "--out", tmp_path / "to")
    assert told in done.fault
    assert not (tmp_path / "to").exists()
