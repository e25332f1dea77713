"""One arena for all threads of the server, counted by the C library itself."""

import os
import platform
import re
import subprocess
import sys

import pytest

from asdcfer.app import malloc_arenas

ARENAS = """
import ctypes, sys, threading
if "one" in sys.argv:
    from asdcfer.app.malloc_arenas import keep_one_arena
    print("kept", keep_one_arena())
libc = ctypes.CDLL(None)
libc.malloc.restype = libc.fopen.restype = ctypes.c_void_p
together = threading.Barrier(6)

def take():
    together.wait()
    assert libc.malloc(ctypes.c_size_t(1000))
    together.wait()

threads = [threading.Thread(target=take) for _ in range(6)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
out = ctypes.c_void_p(libc.fopen(b"/dev/stdout", b"w"))
libc.malloc_info(0, out)
libc.fclose(out)
"""
glibc = pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc", reason="arenas are those of the C library glibc"
)


def arenas(*arguments: str, **variables: str) -> tuple[str, int]:
    """Return what a process of six threads says, and how many arenas it has."""
    environment = {k: v for k, v in os.environ.items() if k != "MALLOC_ARENA_MAX"}
    said = subprocess.run(
        [sys.executable, "-u", "-c", ARENAS, *arguments],
        capture_output=True,
        text=True,
        check=True,
        env={**environment, **variables},
    ).stdout
    return said, len(re.findall(r"<heap nr=", said))


@glibc
@pytest.mark.slow
def test_all_threads_share_one_arena() -> None:
    _, usual = arenas()
    said, kept = arenas("one")
    assert usual > 1
    assert (said.splitlines()[0], kept) == ("kept True", 1)


@glibc
@pytest.mark.slow
def test_what_the_user_has_set_stays() -> None:
    said, kept = arenas("one", MALLOC_ARENA_MAX="3")
    assert said.startswith("kept False\n")
    assert 1 < kept <= 3


def test_another_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))
    assert not malloc_arenas.keep_one_arena()
