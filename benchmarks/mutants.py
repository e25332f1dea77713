"""Change the source in small ways, and count the changes that the module's tests do not notice.

    python benchmarks/mutants.py --out docs/results
    python benchmarks/mutants.py --only losses/info_nce.py --count 5
    python benchmarks/mutants.py --out docs/results --survivors    # after tests were added

For each module its possible changes (mutants) are listed, and so many are drawn: a comparison
turned, an operator of arithmetic exchanged, a number one larger, a `not`, a statement or an
argument left away, two arguments exchanged, `and` for `or`, True for False. Each is written into a
copy of the package, and only the tests of that module's name run, up to the first that fails.
A mutant that no test notices survives. One that computes the same as the source for every input
is listed with the reason in `mutants_equivalent.json` and not counted; a change of a text, of an
error's words or of a docstring is none.
"""

import argparse
import ast
import copy
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
EQUIVALENT = Path(__file__).with_name("mutants_equivalent.json")
"""Module -> {mutant: why it computes the same}."""
MODULES = (
    *("losses/info_nce.py", "losses/nt_xent.py", "losses/soft_target.py"),
    *("losses/facial_key_feature.py", "losses/dense_contrast.py", "losses/vicreg.py"),
    *("losses/query_distillation.py", "losses/supervised_contrast.py"),
    *("methods/queue.py", "models/ema.py"),
    *("evaluation/probes/knn.py", "evaluation/probes/logistic_regression.py"),
    *("evaluation/calibration.py", "recognition/alignment.py", "predict/journal.py"),
)
"""Below src/asdcfer; the tests of losses/a.py are tests/losses/test_a.py."""
AIM = 0.1
SECONDS = 180.0
"""For the tests of one module; a mutant that takes longer is noticed."""

_OPPOSITES = (
    (ast.Lt, ast.LtE),
    (ast.Gt, ast.GtE),
    (ast.Eq, ast.NotEq),
    (ast.Is, ast.IsNot),
    (ast.In, ast.NotIn),
)
_COMPARED = {one: other for pair in _OPPOSITES for one, other in (pair, pair[::-1])}
_COMPUTED = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    **dict.fromkeys((ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.MatMult), ast.Mult),
}


class _Places(ast.NodeVisitor):
    """The nodes of a module that may be changed, each with the ways to change it."""

    def __init__(self) -> None:
        self.found: list[tuple[int, str]] = []
        self.count = -1

    def visit(self, node: ast.AST) -> None:
        """Note what can be done to a node, and go on inside."""
        self.count += 1
        self.found += [(self.count, way) for way in ways(node)]
        if isinstance(node, ast.Raise | ast.JoinedStr | ast.Import | ast.ImportFrom):
            self.count += sum(1 for _ in ast.walk(node)) - 1
            return
        self.generic_visit(node)


def ways(node: ast.AST) -> Iterator[str]:
    """Yield the ways to change a node."""
    if isinstance(node, ast.Compare) and type(node.ops[0]) in _COMPARED:
        yield "compare"
    if isinstance(node, ast.BinOp | ast.AugAssign) and type(node.op) in _COMPUTED:
        yield "operator"
    if isinstance(node, ast.BoolOp):
        yield "and-or"
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
        yield "without-sign"
    if isinstance(node, ast.Constant) and type(node.value) in (int, float, bool):
        yield "constant"
    if isinstance(node, ast.Call) and len(node.args) > 1 and not _any_order(node):
        yield "swap"
    # Without a device everything is on the processor, where the tests are.
    if (
        isinstance(node, ast.Call)
        and node.keywords
        and node.keywords[-1].arg not in (None, "device")
    ):
        yield "drop-keyword"
    if isinstance(node, ast.Assign | ast.AugAssign | ast.Return) and not _is_name(node):
        yield "drop"
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        yield "drop"


def _any_order(call: ast.Call) -> bool:
    starred = any(isinstance(node, ast.Starred) for node in call.args[:2])
    return starred or (isinstance(call.func, ast.Name) and call.func.id in ("min", "max"))


def _is_name(node: ast.AST) -> bool:
    # Without an assignment of a new name the module fails at once, which tells nothing.
    # A text that is returned is for people.
    told = isinstance(node, ast.Return) and isinstance(node.value, ast.JoinedStr)
    empty = isinstance(node, ast.Return) and node.value is None
    return isinstance(node, ast.Assign) or told or empty


def changed(node: Any, way: str) -> Any:
    """Return a node, changed in one way."""
    if way == "compare":
        node.ops[0] = _COMPARED[type(node.ops[0])]()
    elif way == "operator":
        node.op = _COMPUTED[type(node.op)]()
    elif way == "and-or":
        node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    elif way == "without-sign":
        return node.operand
    elif way == "constant":
        value = node.value
        node.value = (not value) if isinstance(value, bool) else value + 1
    elif way == "swap":
        node.args[0], node.args[1] = node.args[1], node.args[0]
    elif way == "drop-keyword":
        node.keywords.pop()
    elif way == "drop":
        return ast.copy_location(ast.Pass(), node)
    return node


class _Changer(ast.NodeTransformer):
    def __init__(self, place: int, way: str) -> None:
        self.place, self.way, self.count = place, way, -1
        self.told, self._statement = "", ""

    def visit(self, node: ast.AST) -> Any:
        self.count += 1
        if isinstance(node, ast.stmt):
            self._statement = ast.unparse(node).splitlines()[0][:90]
        if self.count == self.place:
            before = ast.unparse(node)
            new = changed(copy.deepcopy(node), self.way)
            after = ast.unparse(new)
            if before != after:
                self.told = " ".join(f"{before[:60]} -> {after[:60]} in {self._statement}".split())
            self.count += sum(1 for _ in ast.walk(node)) - 1
            return new
        return self.generic_visit(node)


def mutants(source: str, count: int, seed: int) -> list[tuple[str, str]]:
    """Return drawn mutants of a source: what was changed, and the text of the module."""
    tree = ast.parse(source)
    inside = _Places()
    inside.visit(tree)
    places = [place for place in inside.found if not _in_docstring_or_annotation(tree, place[0])]
    random.Random(seed).shuffle(places)
    made: dict[str, str] = {}
    for place, way in places:
        changer = _Changer(place, way)
        text = ast.unparse(ast.fix_missing_locations(changer.visit(copy.deepcopy(tree))))
        if changer.told:
            made.setdefault(f"{way}: {changer.told}", text)
        if len(made) == count:
            break
    return list(made.items())


def _in_docstring_or_annotation(tree: ast.AST, place: int) -> bool:
    """Whether a node only says of which type something is."""
    spans, count = [], -1

    def walk(node: ast.AST) -> None:
        nonlocal count
        count += 1
        first = count
        for child in ast.iter_child_nodes(node):
            walk(child)
        spans.append((first, count, node))

    walk(tree)
    types: set[int] = set()
    for node in ast.walk(tree):
        for name in ("annotation", "returns"):
            if isinstance(getattr(node, name, None), ast.AST):
                types.add(id(getattr(node, name)))
    return any(id(node) in types and first <= place <= last for first, last, node in spans)


def survives(package: Path, module: str, text: str) -> bool:
    """Return whether the tests of a module pass with it changed."""
    file = package / "asdcfer" / module
    before = file.read_text(encoding="utf-8")
    file.write_text(text, encoding="utf-8")
    try:
        return run_tests(package, module)
    finally:
        file.write_text(before, encoding="utf-8")


def run_tests(package: Path, module: str) -> bool:
    """Return whether the tests of a module pass, in a process that has all packages imported."""
    name = Path(module)
    test = ROOT / "tests" / name.parent / f"test_{name.stem}.py"
    child = os.fork()
    if child == 0:
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        os.chdir(ROOT)
        sys.path.insert(0, str(package))
        status = 1
        try:
            status = int(pytest.main(["-q", "-x", "-p", "no:cacheprovider", str(test)]))
        finally:
            os._exit(status)
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return status == 0
        time.sleep(0.02)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


def page(found: dict[str, Any]) -> str:
    """Return the page of results."""
    total = sum(one["run"] for one in found["modules"].values())
    same = sum(len(one["equivalent"]) for one in found["modules"].values())
    left = sum(len(one["survived"]) for one in found["modules"].values())
    lines = [
        "# Mutation check",
        "",
        "Generated by `make mutants` (`benchmarks/mutants.py`, whose head tells the protocol).",
        "",
        f"{total} changes of the source were tried, drawn with seed {found['seed']}, at most",
        f"{found['count']} of each module. {same} of them compute the same as the source for every",
        f"input; of the other {total - same}, **{left} survived",
        f"({left / max(1, total - same):.1%}; the aim is less than {AIM:.0%})**: no test of the",
        "module's own name noticed them.",
        "",
        "| Module | tried | the same | survived |",
        "|---|---:|---:|---:|",
    ]
    for module, one in found["modules"].items():
        lines.append(
            f"| {module} | {one['run']} | {len(one['equivalent'])} | {len(one['survived'])} |"
        )
    for title, name in (("Survived", "survived"), ("The same as the source", "equivalent")):
        told = [
            f"* {module}: `{change}`" + (f": {one[name][change]}" if name == "equivalent" else "")
            for module, one in found["modules"].items()
            for change in one[name]
        ]
        lines += ["", f"## {title}", "", *(told or ["None."])]
    return "\n".join(lines) + "\n"


def check(
    package: Path, module: str, count: int, seed: int, before: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Return what became of the mutants of a module.

    Args:
        package: folder of the copy of the package.
        module: one of `MODULES`.
        count: mutants at most.
        seed: of the draw.
        before: what `check` returned before tests were added: only what survived is tried again.
    """
    known = json.loads(EQUIVALENT.read_text(encoding="utf-8")) if EQUIVALENT.is_file() else {}
    if not run_tests(package, module):
        raise SystemExit(f"the tests of {module} fail without any change")
    made = mutants((ROOT / "src" / "asdcfer" / module).read_text(encoding="utf-8"), count, seed)
    equivalent: dict[str, str] = {}
    survived: list[str] = []
    noticed: list[str] = []
    for change, text in made:
        if change in known.get(module, {}):
            equivalent[change] = known[module][change]
        elif before is not None and change in before["noticed"]:
            noticed.append(change)
        elif survives(package, module, text):
            survived.append(change)
            print(f"{module}: survived {change}", flush=True)
        else:
            noticed.append(change)
    return {
        "run": len(made),
        "equivalent": equivalent,
        "survived": survived,
        "noticed": noticed,
    }


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=MODULES, default=MODULES, metavar="MODULE")
    parser.add_argument("--count", type=int, default=12, help="mutants of a module")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--survivors",
        action="store_true",
        help="after tests were added: what they noticed before (see --out) is not tried again",
    )
    parser.add_argument("--out", type=Path, help="folder of mutation.json and mutation.md")
    options = parser.parse_args()
    file = options.out / "mutation.json" if options.out else None
    found: dict[str, Any] = {"count": options.count, "seed": options.seed, "modules": {}}
    if file is not None and file.is_file():
        earlier = json.loads(file.read_text(encoding="utf-8"))
        if (earlier["count"], earlier["seed"]) == (options.count, options.seed):
            found = earlier
    sys.dont_write_bytecode = True
    # Imported once: each mutant is tried in a fork of this process. Never the package itself.
    for name in ("torch", "numpy", "scipy.optimize", "cv2", "PIL.Image", "pydantic"):
        import_module(name)
    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder)
        shutil.copytree(ROOT / "src" / "asdcfer", package / "asdcfer")
        for module in options.only:
            before = found["modules"].get(module) if options.survivors else None
            one = check(package, module, options.count, options.seed, before)
            print(f"{module}: {len(one['survived'])} of {one['run']} survived", flush=True)
            found["modules"][module] = one
            if file is not None:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
                (options.out / "mutation.md").write_text(page(found), encoding="utf-8")


if __name__ == "__main__":
    main()
