"""What real commands leave in the home folder and which hosts they try to reach: none.

ONNX Runtime keeps a device id and a store of events, and looks up its makers' host, unless it is
told not to before it is imported. Each command runs in a network namespace of its own, in which
every attempt to reach another machine fails and is counted by the kernel.
"""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import matplotlib
import pytest
from PIL import Image

from asdcfer.data.sample import sample_pack
from tests.summary.standin import table

SILENCING = (
    "CI",
    "GITHUB_ACTIONS",
    "TF_BUILD",
    "GITLAB_CI",
    "BUILD_ID",
    "PYTEST_CURRENT_TEST",
    "ORT_DISABLE_TELEMETRY",
    "ORT_TELEMETRY_DISABLED",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "MPLCONFIGDIR",
)
"""Variables under which such packages are silent by themselves, or write elsewhere."""

PROGRAM = """
import atexit, pathlib, sys

tried = []
sys.addaudithook(lambda event, _: tried.append(event) if event in
    ("socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo",
     "socket.gethostbyname", "urllib.Request", "http.client.connect", "ftplib.connect",
     "smtplib.connect") else None)

def report():
    lines = pathlib.Path("/proc/net/snmp").read_text().splitlines()
    names, values = (line.split() for line in lines if line.startswith("Ip:"))
    print("TRIED", len(tried) + int(dict(zip(names, values))["OutNoRoutes"]), file=sys.stderr)

atexit.register(report)
sys.argv = ["asdcfer", *sys.argv[1:]]
from asdcfer.cli import main
main()
"""


def isolation() -> list[str]:
    """Return the words that start a command in a network namespace of its own."""
    for words in (["unshare", "-n"], ["unshare", "-rn"]):
        if (
            shutil.which("unshare")
            and subprocess.run([*words, "true"], capture_output=True).returncode == 0
        ):
            return words
    pytest.skip("no network namespace here, and this is not tried with a network")


@pytest.mark.parametrize(
    ("words", "left"),
    [
        (["predict", "photo.jpg", "--backend", "onnx"], set()),
        pytest.param(["export", "light", "model.onnx", "--int8"], set(), marks=pytest.mark.slow),
        # Matplotlib keeps a list of the machine's fonts.
        pytest.param(
            ["pretrain", "--recipe", "sample", "--out", "run", "teacher.epochs=1"],
            {".cache/matplotlib"},
            marks=pytest.mark.slow,
        ),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_command_sends_nothing_and_leaves_nothing(
    words: list[str], left: set[str], tmp_path: Path
) -> None:
    home, place = tmp_path / "home", tmp_path / "place"
    home.mkdir()
    place.mkdir(exist_ok=True)
    shutil.copy(
        Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg", place / "photo.jpg"
    )
    env = {name: value for name, value in os.environ.items() if name not in SILENCING} | {
        "HOME": str(home)
    }
    done = subprocess.run(
        [*isolation(), sys.executable, "-c", PROGRAM, *words],
        cwd=place,
        env=env,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert "TRIED 0\n" in done.stderr
    files = {str(path.relative_to(home)) for path in home.rglob("*") if path.is_file()}
    assert {
        name for name in files if not any(name.startswith(f"{allowed}/") for allowed in left)
    } == set()


@pytest.fixture(scope="module")
def materials(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Faces, a pack of them, and a table of scores."""
    from asdcfer.api.prepare_audit import prepare

    folder = tmp_path_factory.mktemp("materials")
    for number, face in enumerate(sample_pack().images[:24]):
        place = folder / "faces" / ("happy" if number % 2 else "sad") / f"{number}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(face).save(place)
    prepare(folder / "faces", folder / "pack")
    table(folder / "scores.csv", {("a.mp4", 0): "hhsnhhhss"})
    return folder


FEATURES = {".cache/asdcfer"}
"""Features of faces are kept, as docs/evaluation.md says; `ASDCFER_CACHE_GB=0` keeps none."""
FONTS = {".cache/matplotlib"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "left"),
    [
        ("prepare faces new-pack", set()),
        ("audit pack", set()),
        ("predict faces --out scores2.csv --backend torch", set()),
        ("embed faces --out features.npy", set()),
        ("probe light_encoder --data sample --kinds knn --out probes", FEATURES | FONTS),
        ("evaluate light --data sample --out results", FEATURES | FONTS),
        ("pick sample --out to-label --count 5 --among all", FEATURES),
        ("share nano shared --no-onnx", set()),
        ("summarize scores.csv --events events.csv --page page.html", FONTS),
        ("models", set()),
        ("recipes", set()),
        ("--version", set()),
    ],
    ids=lambda value: value.split()[0] if isinstance(value, str) else "",
)
def test_the_main_commands_send_nothing_and_leave_nothing(
    words: str, left: set[str], tmp_path: Path, materials: Path
) -> None:
    shutil.copytree(materials, tmp_path / "place")
    test_a_command_sends_nothing_and_leaves_nothing(words.split(), left, tmp_path)


def test_one_place_imports_onnxruntime() -> None:
    root = Path(__file__).parents[1]
    importers = set()
    for file in [*root.glob("src/**/*.py"), *root.glob("benchmarks/*.py")]:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if any(name.partition(".")[0] == "onnxruntime" for name in names):
                importers.add(file.name)
    assert importers == set(), "use recognition.onnxruntime_import.import_onnxruntime"
