"""Public names of the packages: functions where they are functions, and nothing heavy."""

import importlib
import subprocess
import sys

import pytest

IMPORTS = (
    "from asdcfer.losses import info_nce",
    "import asdcfer.losses.info_nce; from asdcfer.losses import info_nce",
    "import asdcfer.methods.moco; from asdcfer.losses import info_nce",
    "import importlib; importlib.import_module('asdcfer.losses.info_nce')\n"
    "from asdcfer.losses import info_nce",
)


@pytest.mark.slow
@pytest.mark.parametrize("statement", IMPORTS)
def test_a_function_named_as_its_module_is_the_function(statement):
    code = f"{statement}\nassert info_nce.__name__ == 'info_nce' and callable(info_nce)"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("package", ["losses", "methods", "models"])
def test_every_public_name_is_there_and_no_module(package):
    module = importlib.import_module(f"asdcfer.{package}")
    assert len(module.__all__) == len(set(module.__all__))
    for name in module.__all__:
        assert not isinstance(getattr(module, name), type(sys)), name
        assert name in dir(module)


def test_public_names_cost_nothing_before_they_are_used():
    code = (
        "import sys, asdcfer, asdcfer.methods, asdcfer.models\n"
        "assert not {'torch', 'cv2', 'lightning'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
