"""Keep the memory of a long-lived server flat: one malloc arena for all of its threads."""

import ctypes
import os
import platform

ARENA_MAX = -8
"""`M_ARENA_MAX` of glibc's malloc.h."""


def keep_one_arena() -> bool:
    """Let all threads take memory from one arena, and say whether the C library does so.

    glibc gives threads arenas of their own, eight times as many as there are cores. A server whose
    photos are read by whichever thread is free leaves holes in each of them, and grows for hours.
    One arena costs a server of this kind no speed: it waits for the model, not for malloc. Call it
    before the threads begin: an arena that is there stays.

    The variable MALLOC_ARENA_MAX, where it is set, is left in force. Other C libraries than glibc
    have no such arenas.

    Source: mallopt(3) of the Linux manual pages.
    """
    if platform.libc_ver()[0] != "glibc" or "MALLOC_ARENA_MAX" in os.environ:
        return False
    return bool(ctypes.CDLL(None).mallopt(ARENA_MAX, 1))
