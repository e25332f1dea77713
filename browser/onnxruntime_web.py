"""The npm package onnxruntime-web: fetched by npm in one pinned version, checked by its hash."""

import base64
import hashlib
import json
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from asdcfer.errors import AsdcferError
from asdcfer.files import atomic_write

PIN = Path(__file__).with_name("onnxruntime_web.json")


def pin() -> dict[str, Any]:
    """Return the version that is used, its integrity as npm writes it, and the files taken."""
    told: dict[str, Any] = json.loads(PIN.read_text(encoding="utf-8"))
    return told


def tarball(folder: Path, given: Path | None = None) -> Path:
    """Return the package's tarball, checked; npm fetches it where `folder` has it not yet.

    Args:
        folder: where it is kept.
        given: a tarball that somebody fetched elsewhere, used instead.

    Raises:
        AsdcferError: npm is missing or reaches no registry, or the file is not the pinned one.
    """
    told = pin()
    kept = folder / f"{told['package']}-{told['version']}.tgz"
    if given is not None:
        return _checked(given)
    if kept.is_file():
        return _checked(kept)
    wanted = f"{told['package']}@{told['version']}"
    npm = shutil.which("npm")
    if npm is None:
        raise AsdcferError(f"{wanted} is fetched by npm, which is missing; or name its --tarball")
    with tempfile.TemporaryDirectory() as place:
        words = [npm, "pack", wanted, "--ignore-scripts", "--silent"]
        done = subprocess.run(words, cwd=place, capture_output=True, text=True)
        found = list(Path(place).glob("*.tgz"))
        if done.returncode or len(found) != 1:
            lines = done.stderr.strip().splitlines() or ["it gave no tarball"]
            raise AsdcferError(
                f"npm cannot fetch {wanted} ({lines[-1]}); try again with a network, or name its "
                "--tarball"
            )
        _checked(found[0])
        with atomic_write(kept) as temporary:
            shutil.copyfile(found[0], temporary)
    return kept


def extract(source: Path, folder: Path) -> None:
    """Write the files of the pin out of a tarball into a folder, and nothing else.

    Raises:
        AsdcferError: one is missing.
    """
    folder.mkdir(parents=True)
    with tarfile.open(source) as archive:
        for name in pin()["files"]:
            try:
                member = archive.extractfile(f"package/dist/{name}")
            except KeyError:
                member = None
            if member is None:
                raise AsdcferError(f"{source} holds no dist/{name}")
            (folder / name).write_bytes(member.read())


def _checked(path: Path) -> Path:
    try:
        with open(path, "rb") as file:
            digest = hashlib.file_digest(file, "sha512").digest()
    except OSError as error:
        raise AsdcferError(f"cannot read {path}: {error.strerror}") from error
    if f"sha512-{base64.b64encode(digest).decode()}" != pin()["integrity"]:
        raise AsdcferError(f"{path} is not the pinned package (its SHA-512 differs); remove it")
    return path
