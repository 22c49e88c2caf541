"""Kept answers: given again, within their bytes; equal requests at the same time take one worker; errors are not kept."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from echo_handlers import Echo
from observance.core import DeadlineExceededError, ForbiddenError, ObservanceError, SerializedAnswer
from observance.workers import AnswerCache, Request, WorkerPool

LARGE = b"x" * 1_000


class Counted(WorkerPool):
    """A pool that remembers what it was asked."""

    def call(self, request: Request, *, deadline: float) -> SerializedAnswer:
        """Return the answer."""
        self.__dict__.setdefault("asked", []).append(request)
        return super().call(request, deadline=deadline)

    @property
    def count(self) -> int:
        """How often it was asked."""
        return len(self.__dict__.get("asked", ()))


@pytest.fixture
def workers() -> Iterator[Counted]:
    with Counted("echo_handlers:open_echo", {"name": "x"}, count=2, memory_mb=1024) as opened:
        opened.call(Echo(), deadline=30)
        opened.__dict__["asked"].clear()
        yield opened


def cache(workers: Counted, most_bytes: int = 20_000) -> AnswerCache:
    """An empty cache over the pool."""
    return AnswerCache(lambda: workers, most_bytes=most_bytes)


def test_kept_by_every_field(workers: Counted):
    """The same request receives the same answer without a worker; with another value of any field it is another one."""
    answers = cache(workers)
    requests = [Echo(body=b"a"), Echo(body=b"b"), Echo(body=b"a", size=1)]
    first = [answers.call(request, deadline=30) for request in requests]
    assert workers.count == 3
    assert [answers.call(request, deadline=10) for request in requests] == first
    assert workers.count == 3


def test_least_recently_used_is_removed(workers: Counted):
    """Bodies and requests together stay within the bytes; an answer larger than these is not kept, and without any none is."""
    answers = cache(workers, most_bytes=10 * (len(LARGE) + 500))
    for size in (*range(10), 0, 10):
        answers.call(Echo(body=LARGE, size=size), deadline=30)
    assert workers.count == 11
    answers.call(Echo(body=LARGE, size=0), deadline=30)
    assert workers.count == 11
    answers.call(Echo(body=LARGE, size=1), deadline=30)
    assert workers.count == 12
    for others in (answers, cache(workers, most_bytes=0)):
        before = workers.count
        for _ in range(2):
            others.call(Echo(body=LARGE * 16), deadline=30)
        assert workers.count == before + 2


def test_many_small_answers_are_bounded(workers: Counted):
    """Also requests with answers of no bytes are removed in the end."""
    answers = cache(workers, most_bytes=5_000)
    for size in (*range(11), 0):
        answers.call(Echo(size=size), deadline=30)
    assert workers.count == 12


def test_equal_requests_take_one_worker(workers: Counted):
    """Of many equal requests at once one is evaluated, and other requests are answered meanwhile."""
    answers, slow = cache(workers), Echo(do="sleep", seconds=1.5)
    with ThreadPoolExecutor(8) as pool:
        equal = [pool.submit(answers.call, slow, deadline=30) for _ in range(7)]
        time.sleep(0.3)
        answers.call(Echo(body=b"other"), deadline=1)
        assert not any(answer.done() for answer in equal)
        assert len({answer.result().media_type for answer in equal}) == 1
    assert workers.count == 2


@pytest.mark.parametrize(
    ("request_", "deadline", "error"),
    [(Echo(do="refuse"), 30.0, ForbiddenError), (Echo(do="spin"), 0.5, DeadlineExceededError), (Echo(do="fault"), 30.0, RuntimeError)],
)  # fmt: skip
def test_errors_are_shared_and_not_kept(workers: Counted, request_: Echo, deadline: float, error: type[Exception]):
    """Who waits for an answer receives its error too; the next request is evaluated anew."""
    answers, together = cache(workers), threading.Barrier(4)

    def ask() -> BaseException | None:
        together.wait()
        try:
            answers.call(request_, deadline=deadline)
        except (ObservanceError, RuntimeError) as raised:
            return raised
        return None

    with ThreadPoolExecutor(4) as pool:
        raised = [future.result() for future in [pool.submit(ask) for _ in range(4)]]
    assert [type(one) for one in raised if isinstance(one, error)] == [type(one) for one in raised]
    before = workers.count
    with pytest.raises(error):
        answers.call(request_, deadline=deadline)
    assert workers.count == before + 1
    assert not answers._expected


def test_deadlines_are_each_ones_own(workers: Counted):
    """A request that can wait longer does not receive the exceeded deadline of one that could not."""
    answers, slow = cache(workers), Echo(do="sleep", seconds=1.0)
    with ThreadPoolExecutor(2) as pool:
        short, long = pool.submit(answers.call, slow, deadline=0.3), pool.submit(answers.call, slow, deadline=30)
        assert isinstance(short.exception(), DeadlineExceededError)
        assert long.result().body == b""


def test_kept_answers_need_no_admission(workers: Counted):
    """Work is admitted where there is some: not for an answer that is kept. What is refused is not evaluated."""
    answers, admitted = cache(workers), []

    @contextmanager
    def admission() -> Iterator[None]:
        if len(admitted) == 1:
            raise ForbiddenError("querying.update", word="DROP")
        admitted.append(1)
        yield

    for _ in range(3):
        answers.call(Echo(), deadline=30, admission=admission)
    assert (len(admitted), workers.count) == (1, 1)
    with pytest.raises(ForbiddenError):
        answers.call(Echo(size=1), deadline=30, admission=admission)
    assert workers.count == 1
