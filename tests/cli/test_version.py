"""`asdcfer --version`."""

from typer.testing import CliRunner

import asdcfer
from asdcfer.cli.main import app


def test_the_version_is_printed() -> None:
    done = CliRunner().invoke(app, ["--version"])
    assert done.exit_code == 0
    assert done.stdout == f"asdcfer {asdcfer.__version__}\n"
