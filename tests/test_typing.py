"""What a type checker sees of the public names, from a user's file."""

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("mypy")

SNIPPET = """
import asdcfer
from asdcfer import Recognizer, api, embed, load_encoder, load_pack

reveal_type(Recognizer("light"))
reveal_type(load_encoder("light_encoder"))
reveal_type(load_pack("packs/fer2013"))
reveal_type(embed([], "light_encoder"))
reveal_type(asdcfer.api.evaluate("light").results)
reveal_type(api.audit(["sample"]).exact)
reveal_type(asdcfer.api.probe)
asdcfer.load_encoders
api.probe("light_encoder", draws=3)
"""
SEEN = (
    'Revealed type is "asdcfer.predict.recognizer.Recognizer"',
    'Revealed type is "asdcfer.models.encoder.Encoder"',
    'Revealed type is "asdcfer.data.pack.Pack"',
    'Revealed type is "numpy.ndarray[',
    'Revealed type is "list[',
    'Revealed type is "int"',
    "settings: asdcfer.api.settings.ProbeSettings | None",
    'Module has no attribute "load_encoders"',
    'Unexpected keyword argument "draws" for "probe"',
)


@pytest.mark.slow
def test_a_type_checker_sees_public_names_as_what_they_are(tmp_path: Path) -> None:
    file = tmp_path / "user.py"
    file.write_text(SNIPPET, encoding="utf-8")
    (tmp_path / "mypy.ini").write_text(
        "[mypy]\nfollow_imports = silent\nignore_missing_imports = true\n", encoding="utf-8"
    )
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", "mypy.ini", "user.py"],
        cwd=tmp_path,
        env={"MYPYPATH": str(Path(__file__).parents[1] / "src"), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    lines = [
        line
        for line in done.stdout.splitlines()
        if line.startswith("user.py") and " defined in " not in line
    ]
    assert len(lines) == len(SEEN), done.stdout + done.stderr
    for line, words in zip(lines, SEEN, strict=True):
        assert words.replace("builtins.", "") in line.replace("builtins.", ""), done.stdout
