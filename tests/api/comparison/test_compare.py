import errno
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from asdcfer import api
from asdcfer.api.comparison import compare as module
from asdcfer.errors import AsdcferError, RecipeError
from asdcfer.evaluation.comparison_row import read_row
from asdcfer.files import atomic_write
from asdcfer.models.weights import load_encoder, weights_hash
from tests.api.comparison.standin import FAILING, QUICK, TOY, settings
from tests.factories import Heard

ROOT = Path(__file__).parents[3]


def statuses(found: api.Comparison) -> dict[str, str]:
    return {f"{row.name} {row.seed}": row.status for row in found.rows}


@pytest.mark.slow
def test_rows_table_and_page_are_written_and_nothing_is_made_twice(pack, tmp_path, heard) -> None:
    out = tmp_path / "out"
    given = settings(seeds=(0, 1), references=("random",))
    found = api.compare([TOY, "moco"], pack, given, out, progress=heard)
    assert set(statuses(found).values()) == {"finished"}
    assert len(found.rows) == 6
    assert heard.lines[-1] != ""
    assert {each.name for each in found.summaries} == {TOY, "moco", "random"}
    for name in ("table.md", "table.csv", "table.json", "comparison.html"):
        assert (out / name).is_file()
    assert not list(out.glob("rows/*/*/checkpoint"))
    files = {path: path.read_bytes() for path in out.rglob("*.json")}
    again = Heard()
    api.compare([TOY, "moco"], pack, given, out, progress=again)
    assert {path: path.read_bytes() for path in out.rglob("*.json")} == files
    assert not any("row" in line for line in again.lines)


@pytest.mark.slow
def test_moved_faces_keep_their_rows(pack, tmp_path, monkeypatch) -> None:
    out = tmp_path / "out"
    api.compare(["moco"], pack, settings(), out)
    shutil.copytree(pack.path, tmp_path / "elsewhere")
    monkeypatch.chdir(tmp_path)
    heard = Heard()
    found = api.compare(["moco"], "elsewhere", settings(), out, progress=heard)
    assert not any("row" in line for line in heard.lines)
    assert "* data: elsewhere" in (out / "table.md").read_text()
    assert statuses(found) == {"moco 0": "finished"}


def test_a_full_disk_ends_it_and_its_row_goes_on(pack, tmp_path, monkeypatch) -> None:
    def refused(*_: object) -> None:
        with atomic_write(tmp_path / "weights"):
            raise OSError(errno.ENOSPC, "No space left on device")

    out = tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr(module, "row_encoder", refused)
        with pytest.raises(AsdcferError, match="No space left on device"):
            api.compare([TOY, "random"], pack, settings(), out)
    assert [read_row(file).status for file in out.glob("rows/*/row.json")] == ["started"]
    assert statuses(api.compare([TOY], pack, settings(), out)) == {f"{TOY} 0": "finished"}


@pytest.mark.slow
def test_a_failure_is_a_row_with_its_reason_and_is_tried_again(pack, tmp_path) -> None:
    out = tmp_path / "out"
    found = api.compare([FAILING, TOY], pack, settings(), out)
    assert statuses(found) == {f"{FAILING} 0": "failed", f"{TOY} 0": "finished"}
    (failed,) = (row for row in found.rows if row.status == "failed")
    assert failed.reason == "ZeroDivisionError: my loss is broken"
    assert "ZeroDivisionError: my loss is broken" in (out / "table.md").read_text()
    heard = Heard()
    api.compare([FAILING, TOY], pack, settings(), out, progress=heard)
    assert any("row 1 of 1" in line for line in heard.lines)


@pytest.mark.slow
@pytest.mark.parametrize("at", ["moco, seed 0: teacher", "moco, seed 0: knn", "row 2 of 2"])
def test_a_kill_loses_no_finished_row(pack, tmp_path, at) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-m", "tests.api.comparison.standin", pack.path, out, at]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == -9, done.stderr
    kept = next(out.glob("rows/*Toy-seed0/row.json"))
    before = kept.read_bytes()
    found = api.compare([TOY, "moco"], pack, settings(), out)
    assert set(statuses(found).values()) == {"finished"}
    assert kept.read_bytes() == before
    whole = api.compare(["moco"], pack, settings(), tmp_path / "whole")
    assert len(whole.rows) == 1
    one, other = (
        weights_hash(load_encoder(folder / "rows" / "moco-seed0" / "teacher"))
        for folder in (out, tmp_path / "whole")
    )
    assert one == other, "resumed, it is what it would have been"


@pytest.mark.slow
def test_ctrl_c_writes_the_table_so_far_and_goes_on_later(pack, tmp_path, monkeypatch) -> None:
    calls, heard = [], Heard()

    def interrupted(contestant, *rest):
        calls.append(contestant.name)
        if contestant.name == TOY:
            raise KeyboardInterrupt
        return original(contestant, *rest)

    original = module.row_encoder
    monkeypatch.setattr(module, "row_encoder", interrupted)
    with pytest.raises(KeyboardInterrupt):
        api.compare(["random", TOY], pack, settings(), tmp_path, progress=heard)
    assert "the same command goes on" in heard.lines[-1]
    tree = json.loads((tmp_path / "table.json").read_text())
    assert [row["name"] for row in tree["rows"]] == ["random"]
    monkeypatch.setattr(module, "row_encoder", original)
    found = api.compare(["random", TOY], pack, settings(), tmp_path)
    assert len(found.rows) == 2
    assert calls == ["random", TOY]


@pytest.mark.slow
def test_a_row_of_an_edited_recipe_is_made_again(pack, tmp_path) -> None:
    recipe = tmp_path / "mine.yaml"
    text = "name: mine\nteacher: {{method: moco, options: {{queue_size: {}}}}}\nstudent: null\n"
    recipe.write_text(text.format(40))
    out, heard = tmp_path / "out", Heard()
    first = api.compare([str(recipe)], pack, settings(), out).rows[0]
    recipe.write_text(text.format(20))
    second = api.compare([str(recipe)], pack, settings(), out, progress=heard).rows[0]
    assert first.key != second.key
    assert any("was begun with other settings" in line for line in heard.lines)
    assert read_row(out / "rows" / "mine-seed0" / "row.json") == second


@pytest.mark.parametrize(
    ("contestants", "changes", "said"),
    [
        (["moko"], {}, "did you mean moco"),
        (["moco"], {"budget": "1h"}, "two budgets"),
        (["moco"], {"references": ("nobody",)}, "'nobody'"),
    ],
)
def test_faults_are_told_before_anything_is_trained(
    pack, tmp_path, contestants, changes, said
) -> None:
    with pytest.raises(RecipeError, match=said):
        api.compare(contestants, pack, settings(**changes), tmp_path / "out")
    assert not list(tmp_path.rglob("row.json"))


@pytest.mark.slow
def test_other_settings_in_the_same_folder_are_refused(pack, tmp_path) -> None:
    api.compare(["random"], pack, settings(), tmp_path)
    with pytest.raises(RecipeError, match="steps differ; use the same ones"):
        api.compare(["random"], pack, settings(steps=9), tmp_path)
    api.compare(["random"], pack, settings(steps=9), tmp_path, force=True)
    assert QUICK.draws == 1
