"""Write requirements/hashes.txt: every package of '.[all]' with the hashes of its files.

    python .ci/hash_requirements.py            # or: make hashes

pip resolves the package under requirements/constraints.txt without installing anything, and reports
the file that it would take for each requirement with its SHA-256. Those of this machine's platform
and Python are added to those in the file, as long as the version is the same.
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FILE = ROOT / "requirements/hashes.txt"
HEAD = """\
# Written by `make hashes` from requirements/constraints.txt: all of .[all], with the hashes of
# its files.
#   pip install --require-hashes --only-binary :all: -r requirements/hashes.txt
#   pip install --no-deps --no-build-isolation .
# Another file is refused. Hashes of: Linux on x86-64, CPython 3.11, torch for processors
# alone (from PyTorch's own index for those). `make hashes` on another platform adds its own.
"""


def resolved() -> dict[str, set[str]]:
    """Return "name==version" -> hashes of the file that pip would take here."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        subprocess.run(
            [
                *(sys.executable, "-m", "pip", "install", "--quiet", "--dry-run"),
                *("--ignore-installed", "--report", str(report)),
                *("-c", str(ROOT / "requirements/constraints.txt")),
                *("--build-constraint", str(ROOT / "requirements/constraints.txt")),
                *(f"{ROOT}[all]", "setuptools", "wheel"),
            ],
            check=True,
        )
        found = json.loads(report.read_text())
    pins: dict[str, set[str]] = {}
    for one in found["install"]:
        archive = one["download_info"].get("archive_info")
        if archive is None:
            continue  # the package itself, from its folder
        name = re.sub(r"[-_.]+", "-", one["metadata"]["name"]).lower()
        pins[f"{name}=={one['metadata']['version']}"] = {f"sha256:{archive['hashes']['sha256']}"}
    return pins


def known(text: str) -> dict[str, set[str]]:
    """Return the pins of such a file with their hashes."""
    pins: dict[str, set[str]] = {}
    for block in re.split(r"\n(?=\S)", text):
        if block.startswith("#") or "==" not in block:
            continue
        pins[block.split()[0]] = set(re.findall(r"--hash=(\S+)", block))
    return pins


def written(pins: dict[str, set[str]]) -> str:
    """Return the file of pins with their hashes."""
    blocks = [
        " \\\n".join([pin, *(f"    --hash={one}" for one in sorted(hashes))])
        for pin, hashes in sorted(pins.items())
    ]
    return HEAD + "\n".join(blocks) + "\n"


def main() -> None:
    """Write the file."""
    before = known(FILE.read_text(encoding="utf-8")) if FILE.is_file() else {}
    pins = {pin: hashes | before.get(pin, set()) for pin, hashes in resolved().items()}
    FILE.write_text(written(pins), encoding="utf-8")
    print(f"{FILE.relative_to(ROOT)}: {len(pins)} packages, {sum(map(len, pins.values()))} hashes")


if __name__ == "__main__":
    main()
