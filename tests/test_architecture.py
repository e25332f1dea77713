"""The house rules of docs/architecture.md, checked: imports go down only, files stay short,
importing the package stays light, no pickles.
"""

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

SOURCE = Path(__file__).parents[1] / "src" / "asdcfer"
FILES = sorted(SOURCE.rglob("*.py"))
FLOORS = {
    "expressions": 0,
    "errors": 0,
    "files": 0,
    "full_disk": 0,
    "checksum": 0,
    "output_lock": 0,
    "nearest_name": 0,
    "validation": 0,
    "plain_json": 0,
    "plain_yaml": 0,
    "device_names": 0,
    "devices": 0,
    "all_gather": 0,
    "console": 0,
    "extras": 0,
    "parquet_parts": 0,
    "engines": 1,
    "provenance": 0,
    "progress": 0,
    "lazy_names": 0,
    "import_path": 0,
    "losses": 1,
    "augmentation": 1,
    "models": 2,
    "data": 3,
    "methods": 4,
    "recognition": 4,
    "predict": 5,
    "evaluation": 5,
    "export": 5,
    "embedding": 6,
    "recordings": 6,
    "training": 6,
    "reporting": 7,
    "selection": 7,
    "adaptation": 7,
    "sklearn": 7,
    "summary": 8,
    "api": 9,
    "app": 10,
    "cli": 11,
    "__main__": 12,
}
FORBIDDEN = {("evaluation", "methods"), ("evaluation", "recognition"), ("training", "recognition")}
"""Pairs that may not be imported although their floors would allow it."""
KNOWN_CIRCLES: list[set[str]] = []
"""Modules that import each other, function-local imports included. None; it may only stay so."""
LONGEST = 300


MODULES = {
    ".".join(("asdcfer", *file.relative_to(SOURCE).with_suffix("").parts)).removesuffix(
        ".__init__"
    ): file
    for file in FILES
}


@cache
def tree_of(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def room_of(file: Path) -> str:
    return file.relative_to(SOURCE).parts[0].removesuffix(".py")


def imported_rooms(file: Path) -> set[str]:
    found = set()
    for node in ast.walk(tree_of(file)):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import; write asdcfer.x.y in full"
            names = (
                [f"{node.module}.{alias.name}" for alias in node.names]
                if node.module == "asdcfer"
                else [node.module or ""]
            )
        found |= {name.split(".")[1] for name in names if name.startswith("asdcfer.")}
    return found - {"__version__"}


def forbidden_imports(file: Path) -> list[str]:
    room, found = room_of(file), []
    for other in sorted(imported_rooms(file) - {room}):
        if other not in FLOORS:
            found.append(f"{file}: {other} is on no floor; add it to docs/architecture.md and here")
        elif FLOORS[other] > FLOORS[room]:
            found.append(f"{file}: {room} [{FLOORS[room]}] imports {other} [{FLOORS[other]}] above")
        elif (room, other) in FORBIDDEN:
            found.append(f"{file}: {room} must not import {other}")
    return found


def test_imports_only_go_down() -> None:
    files = [file for file in FILES if file != SOURCE / "__init__.py"]
    assert [fault for file in files for fault in forbidden_imports(file)] == []


def imported_modules(file: Path) -> set[str]:
    """Return the modules of the package that a file imports, wherever in it; types alone apart."""
    tree = tree_of(file)
    for_types = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    found = set()
    for node in ast.walk(tree):
        if id(node) in for_types:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                found.add(name if name in MODULES else str(node.module))
    return found & MODULES.keys()


def circles(graph: dict[str, set[str]]) -> list[set[str]]:
    """Return the groups of modules that reach each other (Tarjan's strongly connected ones)."""
    order: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    found = []

    def visit(module: str) -> None:
        order[module] = lowest[module] = len(order)
        stack.append(module)
        for other in sorted(graph[module]):
            if other not in order:
                visit(other)
            if other in stack:
                lowest[module] = min(lowest[module], lowest[other])
        if lowest[module] == order[module]:
            group = set(stack[stack.index(module) :])
            del stack[stack.index(module) :]
            if len(group) > 1 or module in graph[module]:
                found.append(group)

    for module in sorted(graph):
        if module not in order:
            visit(module)
    return found


def test_circles_are_seen() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"d"}}) == [{"b", "c"}, {"d"}]


def test_no_imports_in_circles() -> None:
    assert (
        circles({name: imported_modules(file) for name, file in MODULES.items()}) == KNOWN_CIRCLES
    )


MEANINGLESS = re.compile(r"(^|_)(utils?|helpers?|manager|misc|common|v\d)$")


def test_files_are_short_documented_and_well_named() -> None:
    faults = []
    for file in FILES:
        text = file.read_text(encoding="utf-8")
        if len(text.splitlines()) > LONGEST:
            faults.append(f"{file} has more than one idea")
        if MEANINGLESS.search(file.stem):
            faults.append(f"{file}: a name that says nothing")
        if text.strip() and not ast.get_docstring(tree_of(file)) and file.name != "__init__.py":
            faults.append(f"{file} has no docstring")
    assert faults == []


UNWANTED = re.compile(
    r"\bimport pickle|torch\.save\(|torch\.load\(|\bjoblib\b|allow_pickle=True"
    r"|import torchvision|import timm\b|from timm\b"
)


def test_no_pickles_and_no_torchvision() -> None:
    found = {file: UNWANTED.search(file.read_text(encoding="utf-8")) for file in FILES}
    assert {file: word.group() for file, word in found.items() if word} == {}


def test_nothing_that_a_test_imports_is_taken_for_a_test() -> None:
    """Pytest collects what begins so in any module of tests, wherever it comes from."""
    found = [
        f"{file}: {node.name}"
        for file in FILES
        for node in tree_of(file).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and node.name.startswith(("test", "Test"))
    ]
    assert found == []


def test_what_is_public_has_a_docstring() -> None:
    # A protocol's methods and a function inside a function are documented where they are used.
    missing = []
    for file in FILES:
        nodes = list(ast.walk(tree_of(file)))
        allowed = {inner for node in nodes for inner in _inner(node)}
        missing += [
            f"{file.relative_to(SOURCE)}:{node.lineno} {node.name}"
            for node in nodes
            if isinstance(node, ast.ClassDef | ast.FunctionDef)
            and node not in allowed
            and not node.name.startswith("_")
            and not ast.get_docstring(node)
        ]
    assert missing == []


def _inner(node: ast.AST) -> list[ast.FunctionDef]:
    protocol = isinstance(node, ast.ClassDef) and any(
        getattr(base, "id", "") == "Protocol" for base in node.bases
    )
    if isinstance(node, ast.FunctionDef) or protocol:
        return [n for n in ast.walk(node) if isinstance(n, ast.FunctionDef) and n is not node]
    return []


def test_the_architecture_page_names_every_room() -> None:
    page = (Path(__file__).parents[1] / "docs" / "architecture.md").read_text(encoding="utf-8")
    for room in FLOORS:
        assert re.search(rf"\b{room}(/|\.py)", page), (
            f"docs/architecture.md does not mention {room}"
        )


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = (
        "import sys, asdcfer; asdcfer.__version__; "
        "heavy = ('torch', 'cv2', 'numpy', 'lightning', 'kornia'); "
        "print([m for m in heavy if m in sys.modules])"
    )
    assert (
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout.strip()
        == "[]"
    )


def test_the_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['asdcfer', '--help']\n"
        "import asdcfer.cli\n"
        "try:\n    asdcfer.cli.main()\nexcept SystemExit: pass\n"
        "print([m for m in ('torch', 'cv2', 'numpy', 'lightning', 'kornia', 'pandas', "
        "'matplotlib') if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip().splitlines()[-1] == "[]"
    assert "predict" in done.stdout


def test_each_module_has_a_test_file_of_its_name() -> None:
    tests = Path(__file__).parent
    missing = [
        f"tests/{file.parent.relative_to(SOURCE).as_posix()}/test_{file.name}"
        for file in FILES
        if file.stem not in ("__init__", "__main__")
        and not (tests / file.relative_to(SOURCE).with_name(f"test_{file.name}")).is_file()
    ]
    assert not missing, f"write {', '.join(missing)}"
