"""Options in messages: as Python takes them below the command line, as they are typed on it."""

import ast
import re
from pathlib import Path
from typing import get_args

import pytest
import typer

from asdcfer.cli.main import VERBS, app
from asdcfer.cli.option_words import as_typed
from asdcfer.data.datasets.label_orders import ORDERS
from asdcfer.data.datasets.list_columns import ROLES
from asdcfer.evaluation.axes import AXES
from asdcfer.evaluation.probes.linear import Prior
from asdcfer.evaluation.probes.registry import PROBES
from asdcfer.models.pooling import FLATTENED, POOLINGS
from asdcfer.recognition.detector import DETECTORS

SOURCE = Path(__file__).parents[2] / "src" / "asdcfer"
ABOVE = {"cli", "app", "__main__.py"}
COMMANDS = {"provenance.py", "display.py"}
"""Files whose words with dashes are those of git, or printed by `asdcfer predict` alone."""


@pytest.mark.parametrize(
    ("message", "typed"),
    [
        ("give `resume=True` or `force=True`", "give --resume or --force"),
        ("another `out`", "another --out"),
        ("name those with another `table`", "name those with another --out"),
        ('`device="cpu"`', "--device cpu"),
        ("`tta=twice`: expected none", "--tta twice: expected none"),
        ("leave `detector_model` away", "leave --detector-model away"),
        ("or use `detect=False`", "or use --no-detect"),
        ("see `asdcfer models`", "see `asdcfer models`"),
        ("nothing of the kind", "nothing of the kind"),
    ],
)
def test_arguments_become_options(message: str, typed: str) -> None:
    assert as_typed(message) == typed


def messages(file: Path) -> list[str]:
    """Return the strings of a file that are raised, or told as a progress."""
    return [
        text
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Raise)
        or (isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "message")
        for text in texts(node)
    ]


def texts(tree: ast.AST) -> list[str]:
    """Return the strings of code that are no docstrings, f-strings put together again."""
    skipped = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            skipped |= {id(part) for part in node.values}
            parts = [part.value if isinstance(part, ast.Constant) else "X" for part in node.values]
            found.append("".join(map(str, parts)))
    found += [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in skipped
    ]
    return found


@pytest.mark.parametrize(
    "file",
    [f for f in sorted(SOURCE.rglob("*.py")) if f.relative_to(SOURCE).parts[0] not in ABOVE],
    ids=lambda f: str(f.relative_to(SOURCE)),
)
def test_no_message_below_the_command_line_names_its_options(file: Path) -> None:
    if file.name in COMMANDS:
        return
    for text in texts(ast.parse(file.read_text(encoding="utf-8"))):
        # A whole command is what mends the fault, and is typed as it stands.
        # The two dashes of a style belong to a page.
        rest = re.sub(r'asdcfer [a-z]+( .*)?|style="[^"]*"', "", text)
        assert not re.search(r"(?<![\w-])--[a-z]", rest), (
            f"{file}: {text!r} names an option; write the argument in backticks (`force=True`)"
        )


@pytest.mark.slow
def test_what_a_message_names_can_be_typed() -> None:
    group = typer.main.get_command(app)
    options = {
        word
        for verb in VERBS
        for parameter in group.commands[verb].params  # type: ignore[attr-defined]
        for word in (*parameter.opts, *parameter.secondary_opts)
    }
    for file in sorted(SOURCE.rglob("*.py")):
        if file.relative_to(SOURCE).parts[0] in ABOVE:
            continue
        for text in messages(file):
            for option in re.findall(r"(?<!\w)--[a-z-]+", as_typed(text)):
                assert option in options, f"{file}: {text!r} names no option of any verb"


@pytest.mark.parametrize(
    ("verb", "option", "names"),
    [
        ("prepare", "--labels-order", ORDERS),
        ("prepare", "--columns", ROLES),
        ("predict", "--detector", DETECTORS),
        ("probe", "--kinds", PROBES),
        ("probe", "--pooling", [*POOLINGS, FLATTENED]),
        ("probe", "--prior", get_args(Prior)),
        ("evaluate", "--axes", AXES),
    ],
)
def test_the_help_of_an_option_names_all_it_takes(verb, option, names) -> None:
    group = typer.main.get_command(app)
    (found,) = (p for p in group.commands[verb].params if option in p.opts)  # type: ignore[attr-defined]
    assert set(re.findall(r"\w+", found.help)) >= set(names)
