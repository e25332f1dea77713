"""What becomes of Ctrl-C and of a full disk, whatever the verb."""

import ast
import errno
import sys
from pathlib import Path

import pytest

from asdcfer.cli.main import VERBS, how_to_go_on, main
from tests.data.trees import fer_csv, fer_rows


@pytest.mark.parametrize(
    ("error", "status", "line"),
    [
        (
            KeyboardInterrupt(),
            130,
            "asdcfer: interrupted; no output was replaced; run the same command again",
        ),
        (
            OSError(errno.ENOSPC, "No space left on device", "some/file"),
            2,
            "asdcfer: cannot write some/file: No space left on device",
        ),
    ],
)
def test_one_line_and_the_right_status(monkeypatch, capsys, tmp_path, error, status, line) -> None:
    (tmp_path / "fer.csv").write_text(fer_csv(fer_rows(21)))

    def write_pack(*args: object, **options: object) -> None:
        raise error

    monkeypatch.setattr("asdcfer.data.prepare_pack.write_pack", write_pack)
    monkeypatch.setattr(
        sys, "argv", ["asdcfer", "prepare", str(tmp_path / "fer.csv"), str(tmp_path / "pack")]
    )
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == status
    assert capsys.readouterr().err.splitlines()[-1] == line


@pytest.mark.parametrize(
    ("words", "where"),
    [
        (["predict", ""], " (after predict)"),
        (["prepare", "", "packs/mine"], " (after prepare)"),
        (["embed", "faces", "--out", ""], " (after --out)"),
        ([""], ""),
    ],
)
def test_an_empty_word_is_not_the_current_folder(monkeypatch, capsys, words, where) -> None:
    monkeypatch.setattr(sys, "argv", ["asdcfer", *words])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"asdcfer: an argument is empty{where}; has a variable of the shell no")


def test_an_option_that_is_no_path_says_itself_what_an_empty_word_means(
    monkeypatch, capsys
) -> None:
    words = ["probe", "light_encoder", "--data", "sample", "--kinds", ""]
    monkeypatch.setattr(sys, "argv", ["asdcfer", *words])
    with pytest.raises(SystemExit):
        main()
    assert "asdcfer: --kinds names no probe" in capsys.readouterr().err


@pytest.mark.parametrize("verb", VERBS)
def test_what_is_said_after_ctrl_c_can_be_done(verb) -> None:
    """--resume is named for verbs that have it, and for no other."""
    file = Path(__file__).parents[2] / "src" / "asdcfer" / "cli" / f"{verb}.py"
    text = file.read_text(encoding="utf-8")
    resumes = "resume: " in text or "@training_verb" in text
    assert ("--resume" in how_to_go_on(["--anything", verb, "x"])) == resumes


def test_other_errors_of_the_system_keep_their_traceback(monkeypatch, tmp_path) -> None:
    def located(name: str) -> None:
        raise PermissionError(errno.EPERM, "a bug")

    monkeypatch.setattr("asdcfer.api.data_inputs.resolve_data_path", located)
    monkeypatch.setattr(sys, "argv", ["asdcfer", "audit", str(tmp_path)])
    with pytest.raises(PermissionError, match="a bug"):
        main()


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_parses_calls_and_prints(verb) -> None:
    """No more than forty lines below its options and its help."""
    file = Path(__file__).parents[2] / "src" / "asdcfer" / "cli" / f"{verb}.py"
    (function,) = (
        node
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name == verb
    )
    body = function.body[1:]
    assert (body[-1].end_lineno or 0) - body[0].lineno < 40, verb
