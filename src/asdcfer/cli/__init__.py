"""The command `asdcfer`: one verb a file, which parses, calls `asdcfer.api`, and prints."""

from asdcfer.cli.main import main

__all__ = ["main"]
