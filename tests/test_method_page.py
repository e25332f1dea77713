"""docs/method.md names a test for every trap, and the tests that it names are there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_every_trap_has_its_row_and_every_test_named_there_exists() -> None:
    page = (ROOT / "docs" / "method.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) [^|]+ \| (.+) \|$", page, re.MULTILINE)
    assert [int(number) for number, _ in rows] == list(range(1, 11))
    for number, cell in rows:
        place = ""
        for words in re.findall(r"`([^`]+)`", cell):
            # A second test of a row is in the file of the first.
            place, _, name = (
                words.rpartition(": ")
                if ": " in words
                else (place, "", words)
                if words.startswith("test_")
                else (words, "", "")
            )
            files = (
                [ROOT / place]
                if (ROOT / place).is_file()
                else sorted((ROOT / place).rglob("test_*.py"))
            )
            assert files, f"trap {number}: there is no {place}"
            assert not name or any(
                f"def {name}(" in file.read_text(encoding="utf-8") for file in files
            ), f"trap {number}: {place} has no {name}"
