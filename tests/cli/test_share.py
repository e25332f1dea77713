"""`asdcfer share`, end to end."""

import json


def test_a_folder_for_a_hub(asdcfer, toy_run, tmp_path):
    done = asdcfer("share", toy_run / "run", tmp_path / "to", "--name", "Toy", "--json")
    assert done.returncode == 0, done
    told = json.loads(done.stdout)
    assert told["files"] == ["README.md", "model.json", "model.safetensors"]
    assert "# Toy" in (tmp_path / "to" / "README.md").read_text()
    assert "is there already" in asdcfer("share", toy_run / "run", tmp_path / "to").fault
    assert "no weights" in asdcfer("share", "nani", tmp_path / "new").fault


def test_it_says_what_it_wrote(asdcfer, toy_run, tmp_path):
    done = asdcfer("share", toy_run / "run", tmp_path / "to")
    assert "README.md, model.json, model.safetensors; 0 measured numbers" in done.stdout
