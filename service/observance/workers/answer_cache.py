"""Answers of worker processes, kept to be given again.

What an answer rests on does not change as long as its pool lives, so that the request alone identifies it. Many readers ask for the same of
the same version of a register, often at the same time.
"""

import contextlib
import hashlib
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager, nullcontext
from typing import Final

import msgspec
from cachetools import LRUCache

from observance.core import DeadlineExceededError, SerializedAnswer, UnavailableError
from observance.workers.lanes import QUICK_SECONDS
from observance.workers.pool import WorkerPool
from observance.workers.requests import Request

_WAITING_FOR_SLOW: Final = 4
"""How many requests that clients wrote wait for slow answers to equal ones."""
_BYTES_PER_ANSWER: Final = 500
"""What an answer takes beside its body."""

Admission = Callable[[], AbstractContextManager[None]]
"""The context of work that an answer needs; entering it may raise an error that refuses the work."""


class AnswerCache:
    """Answers by request, the least recently used removed first; of equal requests at the same time one is evaluated. Thread-safe."""

    def __init__(self, workers: Callable[[], WorkerPool], *, most_bytes: int) -> None:
        """Start empty; all answers together take at most so many bytes."""
        self._workers, self._most_bytes = workers, most_bytes
        self._kept: LRUCache[bytes, SerializedAnswer] = LRUCache(max(1, most_bytes), getsizeof=_size)
        self._expected: dict[tuple[bytes, float], Future[SerializedAnswer]] = {}
        self._lock = threading.Lock()
        self._places = threading.Semaphore(_WAITING_FOR_SLOW)

    def call(self, request: Request, *, deadline: float, admission: Admission = nullcontext) -> SerializedAnswer:
        """Return the answer that is kept, or in the context of `admission` that of a worker, or of an equal request with this deadline.

        Raises what `admission` and `WorkerPool.call` raise. Errors are not kept; equal requests that wait receive the same one.
        """
        key = _digest(request)
        with self._lock:
            kept = self._kept.get(key)
        if kept is not None:
            return kept
        with admission():
            return self._evaluated(request, key=key, deadline=deadline)

    def _evaluated(self, request: Request, *, key: bytes, deadline: float) -> SerializedAnswer:
        with self._lock:
            kept, expected = self._kept.get(key), self._expected.get((key, deadline))
            if kept is None and expected is None:
                answer = self._expected[key, deadline] = Future()
        if kept is not None:
            return kept
        if expected is not None:
            return self._awaited(expected, deadline=deadline, is_bounded=request.untrusted)
        try:
            answer.set_result(self._workers().call(request, deadline=deadline))
        except BaseException as error:
            answer.set_exception(error)
            raise
        finally:
            self._settle(answer, key=key, deadline=deadline)
        return answer.result()

    def _awaited(self, expected: Future[SerializedAnswer], *, deadline: float, is_bounded: bool) -> SerializedAnswer:
        """Return the answer to an equal request, or raise its error.

        Of requests that clients wrote, only a few wait for a slow answer: raises UnavailableError for the others.
        """
        if not is_bounded:
            return _wait(expected, seconds=deadline, deadline=deadline)
        quick = min(QUICK_SECONDS, deadline)
        with contextlib.suppress(DeadlineExceededError):
            return _wait(expected, seconds=quick, deadline=deadline)
        if not self._places.acquire(blocking=False):
            raise UnavailableError("querying.many-slow")
        try:
            return _wait(expected, seconds=deadline - quick, deadline=deadline)
        finally:
            self._places.release()

    def _settle(self, answer: Future[SerializedAnswer], *, key: bytes, deadline: float) -> None:
        """Expect the answer no more, and keep it if it is one."""
        with self._lock:
            del self._expected[key, deadline]
            if answer.exception() is None and _size(answer.result()) <= self._most_bytes:
                self._kept[key] = answer.result()


def _digest(request: Request) -> bytes:
    """The SHA-256 of the request, which is short however long the request is."""
    return hashlib.sha256(msgspec.msgpack.encode(request, order="deterministic")).digest()


def _size(answer: SerializedAnswer) -> int:
    return len(answer.body) + _BYTES_PER_ANSWER


def _wait(expected: Future[SerializedAnswer], *, seconds: float, deadline: float) -> SerializedAnswer:
    """Return the answer to an equal request, or raise its error; raises DeadlineExceededError after so many seconds."""
    try:
        return expected.result(timeout=seconds)
    except TimeoutError:
        raise DeadlineExceededError("querying.deadline", seconds=f"{deadline:g}") from None
