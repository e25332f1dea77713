"""Entry point: the list of verbs, and what becomes of errors and Ctrl-C."""

import importlib
import os
import sys
from collections.abc import Sequence
from typing import Annotated, NoReturn

import typer

from asdcfer import __version__
from asdcfer.cli.option_words import as_typed
from asdcfer.console import escape_what_cannot_be_printed
from asdcfer.errors import AsdcferError, InputError
from asdcfer.extras import install_hint
from asdcfer.full_disk import takes_no_more

VERBS: dict[str, str] = {
    "run": "Teacher, student, probes and report in one go (what `make run` calls).",
    "prepare": "Turn a data set, a folder of images or videos into a pack.",
    "audit": "Find duplicate images inside and across splits and packs.",
    "pretrain": "Train a teacher on unlabeled faces by momentum contrast.",
    "distill": "Train a student under a frozen teacher.",
    "probe": "Measure a frozen encoder: kNN, linear probe, few labels.",
    "embed": "Write the features of faces as Parquet, NumPy or CSV.",
    "pick": "Select the faces to label first, for a list or Label Studio.",
    "adapt": "From your own faces and few labels to a model.",
    "compare": "Train methods under one budget and measure them in one table.",
    "finetune": "Train an encoder and a classifier on labels.",
    "evaluate": "Measure shipped or fine-tuned weights on a data set.",
    "report": "Draw one self-contained HTML page from finished runs.",
    "predict": "Recognize expressions in photos, folders and videos.",
    "summarize": "Persons, shares of time and events from a table of predict.",
    "export": "Write a model as ONNX, checked against torch.",
    "share": "Write weights as a folder that a model hub takes.",
    "app": "Serve the web page, also to label faces, and the HTTP interface.",
    "models": "List the weights in the package.",
    "recipes": "List the recipes, or print one with its effective values.",
}
"""Verb -> its line in the list. `asdcfer.cli.VERB` holds the command, a function of the same name,
and imports nothing heavy at its top.
"""

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help=(
        "Facial expression recognition learnt without labels: pretrain, distill, probe, recognize."
    ),
    epilog=(
        "Start with: asdcfer run --recipe sample   |   asdcfer predict photo.jpg   |   asdcfer "
        "VERB --help"
    ),
)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"asdcfer {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Facial expression recognition learnt without labels: pretrain, distill, probe, recognize."""


for _verb, _line in VERBS.items():
    app.command(_verb, short_help=_line)(
        getattr(importlib.import_module(f"asdcfer.cli.{_verb}"), _verb)
    )


RESUMED = {"adapt", "run", "pretrain", "distill", "finetune", "embed", "predict"}
"""Verbs with `--resume`."""


def how_to_go_on(words: Sequence[str]) -> str:
    """Return what is said of a command that was interrupted.

    Args:
        words: of the command line, after `asdcfer`.

    Example:
        >>> how_to_go_on(["prepare", "faces", "pack"])
        'no output was replaced; run the same command again'
    """
    verb = next((word for word in words if word in VERBS), "")
    if verb in RESUMED:
        return "what was finished is kept; go on with the same command and --resume"
    if verb == "compare":
        return "what was finished is kept; the same command goes on where it stopped"
    if verb == "prepare" and "--detect" in words:
        return "what was read of videos is kept; the same command goes on where it stopped"
    if verb in ("prepare", "export", "share"):
        return "no output was replaced; run the same command again"
    return "what was finished is kept; run the same command again"


def _interrupted() -> NoReturn:
    print(f"asdcfer: interrupted; {how_to_go_on(sys.argv[1:])}", file=sys.stderr)
    sys.exit(130)


WRITTEN = {"--out", "--annotate"}
"""Options that name what is written, which nobody means to be all of the current folder."""


def _refuse_empty(words: Sequence[str]) -> None:
    """Refuse a path that is empty: it would be the current folder.

    Other options may be given nothing, and say themselves what that means.

    Raises:
        InputError: one is, as where a variable of the shell has no value.
    """
    for before, word in zip(("", *words), words, strict=False):
        if not word and (not before.startswith("-") or before in WRITTEN):
            where = f" (after {before})" if before else ""
            raise InputError(
                f"an argument is empty{where}; has a variable of the shell no value? Write . for "
                "the current folder"
            )


def main() -> None:
    """Run the command line; an `AsdcferError` becomes one line and exit status 2."""
    escape_what_cannot_be_printed()
    try:
        _refuse_empty(sys.argv[1:])
        app()
    except AsdcferError as error:
        print(f"asdcfer: {as_typed(str(error))}", file=sys.stderr)
        sys.exit(2)
    except ModuleNotFoundError as error:
        package = (error.name or "").split(".")[0]
        if package in ("", "asdcfer"):
            raise  # a fault of ours
        print(
            f"asdcfer: this needs the package {package}, which is not installed: "
            f"{install_hint(package)}",
            file=sys.stderr,
        )
        sys.exit(2)
    except SystemExit as stop:
        # Typer turns Ctrl-C into this without a word; a verb that has said something itself exits
        # otherwise.
        if not isinstance(getattr(stop.__context__, "__cause__", None), KeyboardInterrupt):
            raise
        _interrupted()
    except KeyboardInterrupt:
        _interrupted()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        if not takes_no_more(error):
            raise
        print(
            f"asdcfer: cannot write {error.filename or 'any more'}: {error.strerror}",
            file=sys.stderr,
        )
        sys.exit(2)
