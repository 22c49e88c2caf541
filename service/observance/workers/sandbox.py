"""Restrictions of a worker process: no sockets, limited memory, no core files.

On Linux the kernel itself refuses `socket()` with EPERM (a seccomp filter, which needs no privilege); elsewhere only
Python's own socket module refuses, and the query policy keeps queries from opening connections.
"""

import ctypes
import os
import platform
import resource
import socket
import sys
from pathlib import Path
from typing import Final, NoReturn

_PR_SET_SECCOMP: Final = 22
_PR_SET_CHILD_SUBREAPER: Final = 36
_PR_SET_NO_NEW_PRIVS: Final = 38
_SECCOMP_MODE_FILTER: Final = 2
_ALLOW: Final = 0x7FFF0000
_ERRNO_EPERM: Final = 0x00050000 | 1

# The parameters of mallopt().
_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3
_M_ARENA_MAX: Final = -8
_ARENAS: Final = 2
_BLOCK_BYTES: Final = 256_000

# Classic BPF: load a word of seccomp_data, compare and jump, return.
_LOAD: Final = 0x20
_JUMP_EQUAL: Final = 0x15
_JUMP_AT_LEAST: Final = 0x35
_RETURN: Final = 0x06
_OFFSET_NUMBER: Final = 0
_OFFSET_ARCHITECTURE: Final = 4

# The audit number of each architecture and its system call number of socket(). io_uring_setup (425 on both) can open a socket too.
_ARCHITECTURES: Final = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}
_IO_URING_SETUP: Final = 425
# x86_64 also accepts the system call numbers of x32, which have this bit set.
_X32_BIT: Final = 0x40000000


class _Instruction(ctypes.Structure):
    _fields_ = (("code", ctypes.c_ushort), ("jt", ctypes.c_ubyte), ("jf", ctypes.c_ubyte), ("k", ctypes.c_uint32))


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.POINTER(_Instruction)))


def adopt_orphans() -> None:
    """Make this process, on Linux, the parent of processes below it whose own parent ends, so that they end as its children do."""
    if sys.platform == "linux":
        zero = ctypes.c_ulong(0)
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, ctypes.c_ulong(1), zero, zero, zero)


def return_freed_memory() -> None:
    """Make this process, where its C library is glibc, give back what it has freed: by default each thread keeps blocks of several MB."""
    if platform.libc_ver()[0] == "glibc":
        library = ctypes.CDLL(None)
        for parameter, value in ((_M_ARENA_MAX, _ARENAS), (_M_MMAP_THRESHOLD, _BLOCK_BYTES), (_M_TRIM_THRESHOLD, _BLOCK_BYTES)):
            library.mallopt(ctypes.c_int(parameter), ctypes.c_int(value))


def limit_memory(megabytes: int) -> None:
    """Limit the address space of this process to `megabytes` MiB beyond what it has now, which it shares with its parent."""
    size = _address_space() + (megabytes << 20)
    resource.setrlimit(resource.RLIMIT_AS, (size, size))


def _address_space() -> int:
    """The bytes of this process's address space; 0 where the system does not tell."""
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[0]
    except OSError:
        return 0
    return int(pages) * resource.getpagesize()


def disable_core_files() -> None:
    """Keep this process and those that it forks from writing their memory to a file when they crash."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def refuse_sockets() -> bool:
    """Make opening a socket fail in every thread started later; return whether the kernel enforces this, not only Python."""
    setattr(socket, "socket", _RefusedSocket)  # noqa: B010 - the fallback where there is no seccomp
    architecture = _ARCHITECTURES.get(platform.machine())
    return sys.platform == "linux" and architecture is not None and _install(*architecture)


class _RefusedSocket(socket.socket):
    def __init__(self, *_: object, **__: object) -> NoReturn:
        raise PermissionError(1, os.strerror(1))


def _install(architecture: int, number: int) -> bool:
    program = [
        (_LOAD, 0, 0, _OFFSET_ARCHITECTURE),
        (_JUMP_EQUAL, 0, 4, architecture),
        (_LOAD, 0, 0, _OFFSET_NUMBER),
        (_JUMP_AT_LEAST, 2, 0, _X32_BIT),
        (_JUMP_EQUAL, 1, 0, number),
        (_JUMP_EQUAL, 0, 1, _IO_URING_SETUP),
        (_RETURN, 0, 0, _ERRNO_EPERM),
        (_RETURN, 0, 0, _ALLOW),
    ]
    instructions = (_Instruction * len(program))(*(_Instruction(*line) for line in program))
    filter_ = _Program(len(program), ctypes.cast(instructions, ctypes.POINTER(_Instruction)))
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    zero = ctypes.c_ulong(0)
    if prctl(_PR_SET_NO_NEW_PRIVS, ctypes.c_ulong(1), zero, zero, zero):
        return False
    return bool(prctl(_PR_SET_SECCOMP, ctypes.c_ulong(_SECCOMP_MODE_FILTER), ctypes.byref(filter_), zero, zero) == 0)
