"""Ray's workers do each piece once, in order, also where one is killed in the middle."""

import json
import sys
import types
from pathlib import Path
from typing import Any

import pytest

from asdcfer.engines.engine import Engine
from asdcfer.engines.ray_engine import ray_results
from asdcfer.errors import AsdcferError, MissingPackageError
from tests.engines import cluster

PROGRAM = """
import json, os, signal, sys
from pathlib import Path
from asdcfer.engines import ray_engine
from asdcfer.engines.engine import Engine
from asdcfer.errors import AsdcferError
from tests.engines import cluster

LARGE = bytes(1_000_000)

def make_work():
    from asdcfer.errors import DataError
    assert len(LARGE) == 1_000_000
    def work(piece):
        if piece == "bad":
            raise DataError("this piece is bad")
        if piece == "bug":
            raise TypeError("a bug\\nof two lines")
        if piece == "crash":
            os.kill(os.getpid(), signal.SIGKILL)
        return json.dumps([piece, os.getpid()]).encode()
    return work

def told(pieces):
    try:
        return [json.loads(one) for one in ray_engine.ray_results(make_work, pieces, here)]
    except AsdcferError as error:
        return [type(error).__name__, str(error)]

home, seen = Path(sys.argv[1]), {}
found, here = [], Engine("ray", workers=2)
for result in ray_engine.ray_results(make_work, range(60), here):
    found.append(json.loads(result))
    if len(found) == 8:
        os.kill(found[0][1], signal.SIGKILL)
        seen["usage"] = [
            Path(f"/proc/{pid}/environ").read_bytes().count(b"RAY_USAGE_STATS_ENABLED=0")
            for pid in cluster.processes(home) if pid != os.getpid()
        ]
seen["killed"] = found
seen["left"] = [name for pid, name in cluster.processes(home).items() if pid != os.getpid()]
seen["nowhere"] = []
try:
    list(ray_engine.ray_results(make_work, [1], Engine("ray", "127.0.0.1:1")))
except AsdcferError as error:
    seen["nowhere"] = str(error)

# One cluster for the rest.
import ray
ray_engine._connect(ray, here)
seen["bad"] = told([1, "bad", 2])
seen["bug"] = told([1, "bug", 2])
seen["none"] = told([])
try:
    list(ray_engine.ray_results(make_work, [1], here, gpus=1))
except AsdcferError as error:
    seen["no GPU"] = str(error)
seen["more workers than room"] = [
    json.loads(one)[0]
    for one in ray_engine.ray_results(make_work, range(20), Engine("ray", workers=5))
]
ray_engine.RETRIES = 1
seen["crash"] = told([1, "crash", 2])
ray.shutdown()
print(json.dumps(seen))
"""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What one program saw of Ray: starting it anew for each question takes long."""
    cluster.needs_ray()
    home = tmp_path_factory.mktemp("home")
    done = cluster.run(home, "-c", PROGRAM, str(home))
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer | {"home": [str(file) for file in home.rglob("*")]}


@pytest.mark.slow
def test_a_killed_worker_loses_nothing_and_repeats_nothing(seen: dict[str, Any]) -> None:
    assert [piece for piece, _ in seen["killed"]] == list(range(60))
    assert len({worker for _, worker in seen["killed"]}) >= 2


@pytest.mark.slow
def test_nothing_is_left_running_or_in_the_home_folder_and_nobody_is_told(
    seen: dict[str, Any],
) -> None:
    assert seen["left"] == []
    assert seen["home"] == []
    assert len(seen["usage"]) >= 3
    assert set(seen["usage"]) == {1}


@pytest.mark.slow
def test_an_error_of_the_work_is_raised_as_it_would_be_here(seen: dict[str, Any]) -> None:
    assert seen["bad"] == ["DataError", "this piece is bad"]


@pytest.mark.slow
def test_a_bug_in_a_worker_is_told_without_the_layers_around_it(seen: dict[str, Any]) -> None:
    assert seen["bug"] == ["AsdcferError", "a Ray worker failed: TypeError: a bug"]


@pytest.mark.slow
def test_a_piece_that_kills_every_worker_ends_the_run(seen: dict[str, Any]) -> None:
    name, line = seen["crash"]
    assert name == "AsdcferError"
    assert line.startswith("a block of the work lost its worker 2 times")


@pytest.mark.slow
def test_workers_without_room_hold_nothing_up(seen: dict[str, Any]) -> None:
    assert seen["more workers than room"] == list(range(20))
    assert seen["none"] == []


@pytest.mark.slow
def test_no_cluster_at_an_address_is_told_in_one_line(seen: dict[str, Any]) -> None:
    line = "no Ray cluster at '127.0.0.1:1'; start one with `ray start`"
    assert seen["nowhere"].startswith(line)


@pytest.mark.slow
def test_a_cluster_without_a_gpu_is_told_in_one_line(seen: dict[str, Any]) -> None:
    if "no GPU" not in seen:
        pytest.skip("there is a GPU here")
    line = "no machine of the Ray cluster at 'local' has a GPU; use `device=cpu`"
    assert seen["no GPU"] == line


def test_a_ray_that_does_not_start_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(**words: object) -> None:
        raise Exception("The current node timed out during startup.\nSee the logs.")

    ray = types.SimpleNamespace(init=slow, is_initialized=lambda: False)
    monkeypatch.setattr("asdcfer.engines.engine.require", lambda *words: None)
    monkeypatch.setitem(sys.modules, "ray", ray)
    with pytest.raises(AsdcferError) as caught:
        list(ray_results(bytes, [1], Engine("ray")))
    wanted = "Ray does not start here: The current node timed out during startup."
    assert str(caught.value) == wanted


def test_without_ray_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("asdcfer.engines.engine.require", lambda *words: None)
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingPackageError, match=r"needs ray: pip install 'asdcfer\[ray\]'"):
        list(ray_results(bytes, [1], Engine("ray")))


def test_nothing_imports_ray_before_it_is_asked_for(tmp_path: Path) -> None:
    code = (
        "import asdcfer.api, sys; asdcfer.api.embed, asdcfer.api.predict; "
        "from asdcfer.cli.main import app; assert 'ray' not in sys.modules"
    )
    assert cluster.run(tmp_path, "-c", code).returncode == 0
