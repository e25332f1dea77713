"""The image: the small install and the page, no root, no build tools, only what it needs."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
LINES = (ROOT / "Dockerfile").read_text(encoding="utf-8")
STAGES = re.split(r"^FROM ", LINES, flags=re.MULTILINE)[1:]


def test_it_installs_the_small_install_and_the_page_in_the_pinned_versions() -> None:
    build, _ = STAGES
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for text in extras["optional-dependencies"]["app"]:
        assert f'"{text}"' in build
    assert "-r requirements/onnx.txt" in build
    for line in re.findall(r"pip install[^&]*", build.replace("\\\n", " ")):
        assert "requirements/constraints.txt" in line, line
    assert "--only-binary :all:" in build


def test_the_image_runs_without_root_without_pip_and_is_asked_for_its_health() -> None:
    build, final = STAGES
    assert "pip uninstall" in build
    assert "pip uninstall" in final
    assert "apt-get" not in LINES
    assert final.index("USER asdcfer") < final.index("ENTRYPOINT")
    assert "/health" in final[final.index("HEALTHCHECK") :]
    assert "ORT_DISABLE_TELEMETRY=1" in final
    assert not re.search(r"^(ADD|COPY \. )", final, re.MULTILINE)


def test_only_what_the_build_reads_is_sent_to_it() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    kept = {rule[1:] for rule in rules if rule.startswith("!")}
    assert kept == {
        "src",
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "requirements/constraints.txt",
        "requirements/onnx.txt",
    }
    assert all((ROOT / name).exists() for name in kept)
