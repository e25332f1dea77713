"""The command `asdcfer`: one verb a file, each imported only when it is used, so that `asdcfer
--help` stays quick.
"""

from asdcfer.cli.main import main

__all__ = ["main"]
