"""Worker processes: deadlines hold, deaths are replaced, nothing leaks."""

import os
import platform
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from echo_handlers import Echo, Foreign
from observance.core import DeadlineExceededError, ForbiddenError, InvalidInputError, UnavailableError, WorkerDiedError
from observance.workers import WorkerPool
from observance.workers.lanes import QUICK_SECONDS

HERE = Path(__file__).parent


@pytest.fixture
def workers() -> Iterator[WorkerPool]:
    with WorkerPool("echo_handlers:open_echo", {"name": "é"}, count=1, memory_mb=1024) as opened:
        yield opened


def _pid(workers: WorkerPool) -> int:
    """The id of the process that answers."""
    return int(workers.call(Echo(), deadline=30).media_type.split()[0])


def _has_ended(pid: int) -> bool:
    """Whether the process ends: the kernel may take a moment to forget one that was killed."""
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.01)
    return False


def _wait_until_busy(workers: WorkerPool) -> None:
    """Wait until another thread's call uses the only child."""
    until = time.monotonic() + 30
    while not workers._idle.empty():
        if time.monotonic() > until:
            pytest.fail("no call took the child")
        time.sleep(0.01)


def test_an_answer_comes_back_with_its_body(workers: WorkerPool) -> None:
    """A body of several megabytes goes to the child and comes back unchanged, and the target received its argument."""
    body = os.urandom(5_000_000)
    answer = workers.call(Echo(body=body), deadline=30)
    assert answer.media_type.split()[1] == "é"
    assert answer.body == body


def test_the_deadline_holds_and_the_child_is_replaced(workers: WorkerPool) -> None:
    """A child in an endless loop is killed at its deadline, leaves no process, and another child serves the next call."""
    first = _pid(workers)
    with pytest.raises(DeadlineExceededError):
        workers.call(Echo(do="spin"), deadline=0.3)
    assert _has_ended(first)
    assert _pid(workers) != first


def test_waiting_for_a_free_child_counts(workers: WorkerPool) -> None:
    """A call that finds every child busy fails at its own deadline."""
    workers.call(Echo(), deadline=30)
    with ThreadPoolExecutor() as pool:
        busy = pool.submit(workers.call, Echo(do="sleep", seconds=3), deadline=30)
        _wait_until_busy(workers)
        with pytest.raises(DeadlineExceededError):
            workers.call(Echo(), deadline=0.2)
        busy.result()


def test_a_child_that_dies_during_a_call(workers: WorkerPool) -> None:
    """A child that dies during a call raises WorkerDiedError; the next call is served."""
    with pytest.raises(WorkerDiedError):
        workers.call(Echo(do="die"), deadline=30)
    assert _pid(workers)


def test_a_child_that_died_idle_is_replaced(workers: WorkerPool) -> None:
    """A child that was killed between calls is replaced without an error."""
    pid = _pid(workers)
    os.kill(pid, 9)
    time.sleep(0.2)
    assert _pid(workers) != pid


def test_memory_is_limited(workers: WorkerPool) -> None:
    """An allocation over the limit ends one child and nothing else."""
    assert workers.call(Echo(do="allocate", size=1 << 20), deadline=30).media_type == str(1 << 20)
    with pytest.raises(WorkerDiedError):
        workers.call(Echo(do="allocate", size=2 << 30), deadline=30)
    assert _pid(workers)


def test_what_is_shared_is_not_counted() -> None:
    """A worker may allocate as much as its limit allows, however much its loader has loaded."""
    with WorkerPool("echo_handlers:open_large", {"size": 1 << 30}, count=1, memory_mb=256) as workers:
        assert workers.call(Echo(do="allocate", size=64 << 20), deadline=30).media_type == str(64 << 20)
        with pytest.raises(WorkerDiedError):
            workers.call(Echo(do="allocate", size=512 << 20), deadline=30)


def test_an_observance_error_keeps_class_key_and_values(workers: WorkerPool) -> None:
    """An ObservanceError of the child is raised again unchanged, and the child continues."""
    pid = _pid(workers)
    with pytest.raises(ForbiddenError) as caught:
        workers.call(Echo(do="refuse"), deadline=30)
    assert (caught.value.key, caught.value.values) == ("querying.update", {"word": "DROP"})
    assert _pid(workers) == pid


def test_another_exception_is_a_runtime_error(workers: WorkerPool) -> None:
    """Any other exception of the child is a RuntimeError."""
    with pytest.raises(RuntimeError, match="a fault"):
        workers.call(Echo(do="fault"), deadline=30)
    assert _pid(workers)


def test_a_target_that_cannot_load() -> None:
    """Every call raises the error of a target that cannot load."""
    with WorkerPool("echo_handlers:open_broken", {}, count=1, memory_mb=1024) as workers:
        for _ in range(2):
            with pytest.raises(InvalidInputError):
                workers.call(Echo(), deadline=30)


def test_loading_is_done_once() -> None:
    """All children, and those that replace them, have what their loader loaded; the pool says what the target said of it."""
    with WorkerPool("echo_handlers:open_counted", {"number": 1}, count=2, memory_mb=1024) as workers:
        assert workers.description() == {"number": 1, "loader": workers.description()["loader"]}
        first = workers.call(Echo(), deadline=30).media_type.split()
        with pytest.raises(DeadlineExceededError):
            workers.call(Echo(do="spin"), deadline=0.3)
        second = workers.call(Echo(), deadline=30).media_type.split()
    assert first[0] != second[0]
    assert first[1:] == second[1:] == ["1", str(workers._description["loader"])]


def test_a_successor_leaves_its_pool_as_it_is() -> None:
    """A pool whose loader renews what another has loaded answers with the new; the other goes on with the old, and can end before it."""
    with WorkerPool("echo_handlers:open_counted", {"number": 1}, count=1, memory_mb=1024) as workers:
        workers.description()
        with workers.successor() as second:
            assert second.description()["number"] == 2
            assert [pool.call(Echo(), deadline=30).media_type.split()[1] for pool in (workers, second)] == ["1", "2"]
            workers.close()
            with second.successor() as third:
                assert third.call(Echo(), deadline=30).media_type.split()[1] == "3"
            assert second.call(Echo(), deadline=30).media_type.split()[1] == "2"


def test_renewing_that_fails_changes_nothing() -> None:
    """The description and every call of the successor raise the error, and the pool before it answers as ever."""
    with WorkerPool("echo_handlers:open_counted", {"number": 3}, count=1, memory_mb=1024) as workers:
        workers.description()
        with workers.successor() as successor, pytest.raises(InvalidInputError, match="register"):
            successor.description()
        assert workers.call(Echo(), deadline=30).media_type.split()[1] == "3"


def test_closing_ends_a_successor_that_loads() -> None:
    """A pool that is closed does not leave a loader behind that renews for it; who waits for that one is told."""
    with WorkerPool("echo_handlers:open_slow", {"seconds": 60}, count=1, memory_mb=1024) as workers, ThreadPoolExecutor() as pool:
        workers.description()
        with workers.successor() as successor:
            waiting = pool.submit(successor.description)
            time.sleep(0.3)
            workers.close()
            assert isinstance(waiting.exception(timeout=10), WorkerDiedError)


def test_a_loader_that_died_is_replaced() -> None:
    """If the loader is killed, the children go on; a child that is needed later comes from another loader of the same things."""
    with WorkerPool("echo_handlers:open_echo", {"name": "x"}, count=1, memory_mb=1024) as workers:
        pid = _pid(workers)
        assert workers._loader is not None
        assert workers._loader._child is not None
        os.kill(workers._loader._child.pid, 9)
        time.sleep(0.2)
        assert _pid(workers) == pid
        os.kill(pid, 9)
        time.sleep(0.2)
        assert _pid(workers) != pid


def test_another_loader_must_have_loaded_the_same() -> None:
    """A pool never answers from two states: a loader that was started anew and says something else is refused."""
    with WorkerPool("echo_handlers:open_counted", {"number": 1}, count=1, memory_mb=1024) as workers:
        os.kill(workers.description()["loader"], 9)
        time.sleep(0.2)
        with pytest.raises(WorkerDiedError):
            workers.call(Echo(), deadline=30)


@pytest.mark.skipif(sys.platform != "linux", reason="needs the limit of processes of Linux")
def test_a_fork_that_fails_is_a_sentence() -> None:
    """Where no process can be forked, the call says so, and a later one succeeds."""
    with WorkerPool("echo_handlers:open_stingy", {"forks": 1}, count=1, memory_mb=1024) as workers:
        with pytest.raises(WorkerDiedError, match="another process"):
            workers.call(Echo(), deadline=30)
        assert _pid(workers)


def test_output_of_a_child_is_discarded(workers: WorkerPool, capfd: pytest.CaptureFixture[str]) -> None:
    """Output of print disturbs neither the messages nor the terminal."""
    assert workers.call(Echo(do="print"), deadline=30).media_type
    assert capfd.readouterr() == ("", "")


def test_threads_share_the_children() -> None:
    """Forty calls from eight threads to two children all receive their own answer."""
    with WorkerPool("echo_handlers:open_echo", {"name": "x"}, count=2, memory_mb=1024) as workers, ThreadPoolExecutor(8) as pool:
        bodies = [bytes([number]) * (number * 1000) for number in range(40)]
        assert [answer.body for answer in pool.map(lambda body: workers.call(Echo(body=body), deadline=60), bodies)] == bodies


def test_closing_leaves_no_child_and_ends_calls() -> None:
    """After `close` no child is alive; a running call and later ones raise WorkerDiedError."""
    workers = WorkerPool("echo_handlers:open_echo", {"name": "x"}, count=1, memory_mb=1024)
    pid = _pid(workers)
    with ThreadPoolExecutor() as pool:
        busy = pool.submit(workers.call, Echo(do="sleep", seconds=60), deadline=60)
        _wait_until_busy(workers)
        workers.close()
        assert isinstance(busy.exception(), WorkerDiedError)
    assert _has_ended(pid)
    with pytest.raises(WorkerDiedError):
        workers.call(Echo(), deadline=1)


def test_children_do_not_outlive_their_parent() -> None:
    """If the parent is killed, a child in an endless loop ends as well."""
    script = HERE / "parent.py"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    parent = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, env=environment, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    for _ in range(200):
        if _has_ended(child) or _is_zombie(child):
            return
        time.sleep(0.05)
    pytest.fail("the child is still there")


def _is_zombie(pid: int) -> bool:
    """Whether the process is a zombie: init reaps orphans, but a container may lack an init process."""
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z"


@pytest.mark.skipif(platform.machine() not in ("x86_64", "aarch64") or sys.platform != "linux", reason="needs seccomp: Linux")
@pytest.mark.parametrize("network", [False, True])
def test_a_child_opens_sockets_only_with_network(network: bool) -> None:
    """The kernel refuses a socket to a child, also without Python's own module; a child with `network` reaches the listener."""
    with socket.create_server(("127.0.0.1", 0)) as canary:
        canary.settimeout(2)
        port = canary.getsockname()[1]
        accepted: list[bool] = []
        listening = threading.Thread(target=_listen, args=(canary, accepted))
        listening.start()
        with WorkerPool("echo_handlers:open_echo", {"name": "x"}, count=1, memory_mb=1024, network=network) as workers:
            refused = workers.call(Echo(do="socket", size=port), deadline=30).media_type == "True"
        listening.join()
    assert (refused, accepted) == (not network, [True] if network else [])


def _listen(canary: socket.socket, accepted: list[bool]) -> None:
    try:
        canary.accept()[0].close()
        accepted.append(True)
    except TimeoutError:
        pass


@pytest.fixture
def lanes() -> Iterator[WorkerPool]:
    """A pool in which queries of clients have their own places: two for quick ones, one for a slow one."""
    with WorkerPool("echo_handlers:open_foreign", {"name": "x"}, count=2, memory_mb=1024) as opened:
        assert opened.call(Foreign(), deadline=60).media_type
        yield opened


def test_slow_queries_hold_up_no_quick_ones(lanes: WorkerPool) -> None:
    """While many endless queries come, quick ones and other requests are answered; of the slow ones, one at a time."""
    with ThreadPoolExecutor(20) as pool:
        slow = [pool.submit(lanes.call, Foreign(do="spin"), deadline=3.0) for _ in range(10)]
        waits = []
        for _ in range(20):
            for request in (Foreign(), Echo()):
                began = time.monotonic()
                lanes.call(request, deadline=30)
                waits.append(time.monotonic() - began)
            time.sleep(0.05)
        failures = [call.exception() for call in slow]
    assert sorted(waits)[len(waits) * 3 // 4] < 0.2
    assert max(waits) < 3
    assert {type(failure) for failure in failures} == {DeadlineExceededError, UnavailableError}
    assert [type(failure) for failure in failures].count(DeadlineExceededError) == 3, "one that ran, and two that waited"


def test_slow_query_is_answered(lanes: WorkerPool) -> None:
    """A slow query is answered, with what the others leave of the processors; its process is not used again."""
    slow = lanes.call(Foreign(do="sleep", seconds=10 * QUICK_SECONDS), deadline=30)
    niceness = lanes.call(Foreign(do="niceness", seconds=10 * QUICK_SECONDS), deadline=30)
    assert slow.media_type.endswith(" x")
    assert int(niceness.media_type) > os.getpriority(os.PRIO_PROCESS, 0)
    assert lanes.call(Foreign(), deadline=30).media_type != slow.media_type
    assert int(lanes.call(Foreign(do="niceness"), deadline=30).media_type) == os.getpriority(os.PRIO_PROCESS, 0)


def test_deadline_of_a_query(lanes: WorkerPool) -> None:
    """The deadline counts from the beginning, also for a query that began again, or ends while it is still quick."""
    for deadline in (1.0, QUICK_SECONDS / 2):
        began = time.monotonic()
        with pytest.raises(DeadlineExceededError):
            lanes.call(Foreign(do="spin"), deadline=deadline)
        assert time.monotonic() - began < deadline + 0.5
