import subprocess
import sys

import pytest

from asdcfer.nearest_name import did_you_mean


@pytest.mark.parametrize(
    ("name", "valid", "told"),
    [
        ("light_encodr", ["light", "light_encoder"], "; did you mean light_encoder?"),
        ("ligth", ["light", "nano"], "; did you mean light?"),
        ("zebra", ["nano", "light"], "; valid here: light, nano"),
        ("zebra", [], ""),
    ],
)
def test_the_nearest_name_or_all_of_them(name, valid, told) -> None:
    assert did_you_mean(name, valid) == told


def test_the_place_of_a_key_stands_before_it() -> None:
    assert did_you_mean("epoch", ["epochs"], "teacher") == "; did you mean teacher.epochs?"


@pytest.mark.parametrize("module", ["asdcfer.nearest_name", "asdcfer.models.find_weights"])
def test_names_are_looked_up_without_what_the_small_install_leaves_out(module) -> None:
    code = (
        "import sys\n"
        "for name in ('torch', 'pydantic'): sys.modules[name] = None\n"
        f"import {module}\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
