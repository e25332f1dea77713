"""Optional packages: which extra of asdcfer brings each, and the error where one is missing."""

from importlib.util import find_spec

from asdcfer.errors import MissingPackageError

EXTRAS = {
    "fastapi": "app",
    "huggingface_hub": "hub",
    "lightning": "train",
    "matplotlib": "plot",
    "onnx": "onnx",
    "onnxruntime": "onnx",
    "onnxscript": "onnx",
    "pandas": "pandas",
    "pi_heif": "heic",
    "pyarrow": "table",
    "python_multipart": "app",
    "ray": "ray",
    "skimage": "lbp",
    "tensorboard": "tensorboard",
    "uvicorn": "app",
}
"""Name of an import -> the extra that installs it."""


def install_hint(package: str) -> str:
    """Return the command that installs a package, by the extra that holds it.

    Example:
        >>> install_hint("pyarrow"), install_hint("torch")
        ("pip install 'asdcfer[table]'", 'pip install asdcfer')
    """
    extra = EXTRAS.get(package)
    return f"pip install 'asdcfer[{extra}]'" if extra else "pip install asdcfer"


def missing_package(package: str, purpose: str, instead: str = "") -> MissingPackageError:
    """Return the error that says what needs a package, and how to install it or do without.

    Args:
        package: name of its import.
        purpose: what needs it, as the subject of a sentence.
        instead: how to do without, as the end of the sentence.

    Example:
        >>> print(missing_package("matplotlib", "a timeline", "leave `plot` away"))
        a timeline needs matplotlib: pip install 'asdcfer[plot]', or leave `plot` away
    """
    rest = f", or {instead}" if instead else ""
    return MissingPackageError(f"{purpose} needs {package}: {install_hint(package)}{rest}")


def require(package: str, purpose: str, instead: str = "") -> None:
    """Raise where an optional package is not installed; nothing is imported.

    Args:
        package: name of its import, of the top level.
        purpose: what needs it, as the subject of a sentence.
        instead: how to do without, as the end of the sentence.

    Raises:
        MissingPackageError: it is not installed.
    """
    try:
        found = find_spec(package) is not None
    except ModuleNotFoundError:
        found = False
    if not found:
        raise missing_package(package, purpose, instead)
