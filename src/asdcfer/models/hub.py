"""Weights of a model hub by name, `hf:user/name@revision`: fetched once, then read from the cache.

Nothing is asked of the network unless a name begins with `hf:`, and nothing again once a revision
lies in the cache of huggingface_hub. Only files that cannot run code are fetched.
"""

import importlib
import os
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asdcfer.errors import WeightsError
from asdcfer.extras import missing_package

PREFIX = "hf:"
FETCHED = (".safetensors", ".json", ".onnx", ".md")
"""Suffixes of the files that are fetched; whatever else is in a repository stays there."""
PICKLED = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".npy", ".npz", ".msgpack")
"""Suffixes of weights that are never read."""

_WRITTEN = re.compile(r"hf:([\w.-]+/[\w.-]+)(?:@([^\s@:]+))?")
_SAFE = re.compile(r"[\w./ -]+")
"""Names of files that hold no wildcard."""
_PATIENCE = 20
"""Seconds until the hub must have said what a repository holds."""


@dataclass(frozen=True)
class HubName:
    """A repository of a model hub.

    Attributes:
        repo: "user/name".
        revision: a branch, a tag or a commit; None is the branch "main".
    """

    repo: str
    revision: str | None = None

    def __str__(self) -> str:
        return PREFIX + self.repo + (f"@{self.revision}" if self.revision else "")


def is_hub_name(path_or_name: str | os.PathLike[str]) -> bool:
    """Tell whether something names weights of a model hub.

    Example:
        >>> is_hub_name("hf:user/name"), is_hub_name("runs/a/model")
        (True, False)
    """
    return os.fspath(path_or_name).startswith(PREFIX)


def parse_hub_name(path_or_name: str | os.PathLike[str]) -> HubName:
    """Return the repository and the revision of `hf:user/name` or `hf:user/name@revision`.

    Raises:
        WeightsError: it is written in another way.

    Example:
        >>> parse_hub_name("hf:user/name@v1.0")
        HubName(repo='user/name', revision='v1.0')
    """
    text = os.fspath(path_or_name)
    found = _WRITTEN.fullmatch(text)
    if found is None:
        raise WeightsError(
            f"{text!r} is no name of a model hub: write hf:user/name, or hf:user/name@revision "
            "with a branch, a tag or a commit"
        )
    return HubName(found[1], found[2])


def hub_folder(path_or_name: str | os.PathLike[str], suffix: str = ".safetensors") -> Path:
    """Return the folder in the cache that holds the weights of a hub's name.

    A revision that lies there is taken as it is, without asking the network. Otherwise weights with
    their cards, ONNX files and the README are fetched; an interrupted download goes on.

    Args:
        path_or_name: `hf:user/name` or `hf:user/name@revision`.
        suffix: of the files that must be there: ".safetensors" beside a card, or ".onnx".

    Raises:
        WeightsError: another way of writing, no such repository or revision, no network, or a
            repository that is not laid out as `asdcfer share` does; of that nothing is fetched.
        MissingPackageError: huggingface_hub is not installed.
    """
    name = parse_hub_name(path_or_name)
    hub = _import_hub()
    cached = _cached(hub, name)
    if cached is not None and _holds(_files_in(cached), suffix):
        return cached
    listed = _asked(hub, name, lambda: _listed(hub, name))
    _check_layout(name, listed, suffix)
    return Path(_asked(hub, name, lambda: _fetched(hub, name, wanted_files(listed))))


def wanted_files(names: Iterable[str]) -> list[str]:
    """Return the files of a repository that are fetched: weights with cards, ONNX, the README.

    Example:
        >>> wanted_files(["model.safetensors", "model.json", "model.onnx", "README.md", "a.bin"])
        ['README.md', 'model.json', 'model.onnx', 'model.safetensors']
        >>> wanted_files(["large.safetensors", "config.json", "train.py"])
        []
    """
    names = {name for name in names if _SAFE.fullmatch(name)}
    cards = {_card(name) for name in names if name.endswith(FETCHED[0])} & names
    weights = {name for name in names if name.endswith(FETCHED[0]) and _card(name) in names}
    files = weights | cards | {name for name in names if name.endswith(".onnx")}
    return sorted(files | ({"README.md"} & names if files else set()))


def _card(weights: str) -> str:
    return weights.removesuffix(FETCHED[0]) + ".json"


def _holds(names: Iterable[str], suffix: str) -> bool:
    return any(name.endswith(suffix) for name in wanted_files(names))


def _files_in(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]


def _check_layout(name: HubName, listed: list[str], suffix: str) -> None:
    if _holds(listed, suffix):
        return
    if suffix == ".onnx":
        raise WeightsError(
            f"{name} holds no ONNX file; take its weights with `backend='torch'`, or make one: "
            f"asdcfer export {name} model.onnx"
        )
    if _holds(listed, ".onnx"):
        raise WeightsError(
            f"{name} holds an ONNX file only, which recognizes and does nothing else: use "
            "`backend='onnx'`"
        )
    if not any(file.endswith(suffix) for file in listed):
        pickled = [file for file in listed if file.endswith(PICKLED)]
        if pickled:
            raise WeightsError(
                f"{name} holds its weights as {pickled[0]} only, which can run code when it is "
                f"read and so never is; ask its author for safetensors (nothing was fetched)"
            )
    raise WeightsError(
        f"{name} is not laid out as `asdcfer share` does: it lacks NAME.safetensors with its card "
        "NAME.json beside it (nothing was fetched)"
    )


def _import_hub() -> Any:
    """Import huggingface_hub, which says nothing of this machine to its makers then."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    if not sys.stderr.isatty():
        os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    try:
        return importlib.import_module("huggingface_hub")
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "huggingface_hub":
            raise
        raise missing_package(
            "huggingface_hub", "a name of a model hub", "fetch its files yourself into one folder"
        ) from error


def _cached(hub: Any, name: HubName) -> Path | None:
    try:
        found = hub.snapshot_download(name.repo, revision=name.revision, local_files_only=True)
    except hub.errors.LocalEntryNotFoundError as error:
        # Files that are not wanted are missing by intention; newer versions call that incomplete.
        found = getattr(error, "snapshot_path", None)
    except (hub.errors.HFValidationError, ValueError) as error:
        raise WeightsError(f"{name} cannot be a name of the hub: {_line(error)}") from error
    return None if found is None else Path(found)


def _listed(hub: Any, name: HubName) -> list[str]:
    # Not `list_repo_files`, which tries for a minute where there is no network.
    about = hub.HfApi().model_info(name.repo, revision=name.revision, timeout=_PATIENCE)
    return [file.rfilename for file in about.siblings or ()]


def _fetched(hub: Any, name: HubName, files: list[str]) -> str:
    return str(hub.snapshot_download(name.repo, revision=name.revision, allow_patterns=files))


def _asked(hub: Any, name: HubName, ask: Any) -> Any:
    """Ask the hub, and say what went wrong in one line."""
    errors = hub.errors
    try:
        return ask()
    except errors.GatedRepoError as error:
        raise WeightsError(
            f"{name} wants that you accept its terms on its page, and log in: hf auth login"
        ) from error
    except errors.RepositoryNotFoundError as error:
        raise WeightsError(
            f"there is no {PREFIX}{name.repo} on the hub, or it is private: check the name, or log "
            "in with: hf auth login"
        ) from error
    except errors.RevisionNotFoundError as error:
        raise WeightsError(
            f"{PREFIX}{name.repo} has no revision {name.revision or 'main'!r}; name a branch, a "
            "tag or a commit of it"
        ) from error
    except errors.OfflineModeIsEnabled as error:
        raise WeightsError(
            f"{name} is not in the cache, and HF_HUB_OFFLINE forbids to fetch it: unset it, or copy"
            " the cache of a machine that has it"
        ) from error
    except Exception as error:  # of whatever library the hub's client speaks HTTP by
        raise WeightsError(
            f"{name} is not in the cache, and cannot be fetched from {hub.constants.ENDPOINT}: "
            f"{_line(error)}; try again with a network, and it is kept from then on"
        ) from error


def _line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0].rstrip(".") if lines else type(error).__name__
