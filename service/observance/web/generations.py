"""Generations: what the service answers from, one for each version of its knowledge and register.

A generation has its own worker processes and caches. A request is answered by one generation from its beginning to its end, so that no
answer mixes two versions; a new one is made ready beside the present one, takes its place at once, and the old one ends with its last
request. Where files are broken, or cannot be read, the present one stays and says so.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, Final

from observance.core import (
    VERSION,
    DeadlineExceededError,
    InvalidInputError,
    LimitExceededError,
    ObservanceError,
    Settings,
    WorkerDiedError,
)
from observance.knowledge import ROOMS
from observance.knowledge_base import KnowledgeBase
from observance.register import RegisterFiles, register_files
from observance.web.audience import anybody
from observance.web.site import PROBLEM_KEY, Site

_LOG: Final = logging.getLogger("observance")
_GLANCE_SECONDS: Final = 0.05
"""The interval of looks at the folders, in which added, removed and replaced files show; files left alone for so long are read."""
_LOOK_SECONDS: Final = 1.0
"""The least interval of looks at every file, which show what was changed in place."""
_LOOK_SHARE: Final = 50
"""How many times longer than it takes to look at every file is the interval of these looks."""
_LONGEST_PAUSE: Final = 60.0
"""The longest pause between two attempts to take up files, in seconds."""
_PASSING: Final = (DeadlineExceededError, LimitExceededError, WorkerDiedError)

Files = tuple[RegisterFiles, RegisterFiles]
"""What is seen of the files of the knowledge and of the register."""
WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Generation:
    """One version of the knowledge and the register, with everything that answers from it."""

    def __init__(self, kb: KnowledgeBase, *, rooms: str) -> None:
        """`kb` must have been started; `rooms` identifies the state of the files of the knowledge."""
        self.kb, self.rooms = kb, rooms
        self.site = Site(kb, version=VERSION, audience=anybody(kb.settings))
        self.began = time.monotonic()
        self.requests = 0
        self.is_replaced = False


class Generations:
    """The present generation, and the thread that watches the files and replaces it."""

    KEY: ClassVar = "observance"

    def __init__(self, settings: Settings) -> None:
        """Make the first generation ready; raises what opening a knowledge base or register raises."""
        self._settings = settings
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._opening: KnowledgeBase | None = None
        self._not_before, self._pause = 0.0, _LOOK_SECONDS
        self.problem: ObservanceError | None = None
        """Why the files as they are now are not answered from; None if they are."""
        kb = KnowledgeBase(settings)
        self._handled = _look(kb)
        self.present = _generation(_started(kb), rooms=self._handled[0].digest)

    def serve(self, application: WsgiApp) -> WsgiApp:
        """The WSGI application with each request answered from the generation that was present at its beginning."""

        def serve(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
            with self._in_use() as (generation, problem):
                environ[Site.KEY], environ[PROBLEM_KEY] = generation.site, problem
                return application(environ, start_response)

        return serve

    @contextmanager
    def _in_use(self) -> Iterator[tuple[Generation, ObservanceError | None]]:
        with self._lock:
            generation, problem = self.present, self.problem
            generation.requests += 1
        try:
            yield generation, problem
        finally:
            with self._lock:
                generation.requests -= 1
            self._end_if_unused(generation)

    def _end_if_unused(self, generation: Generation) -> None:
        with self._lock:
            is_unused = generation.is_replaced and not generation.requests
        if is_unused:
            generation.kb.close()

    def watch(self) -> None:
        """Watch the files in a thread from now on."""
        self._thread = threading.Thread(target=self._watch, name="watch", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop watching, and end the worker processes, also those of a generation that is being made ready."""
        self._stopped.set()
        self.present.kb.close()
        if self._opening is not None:
            self._opening.close()
        if self._thread is not None:
            self._thread.join()
        self.present.kb.close()  # one that was made ready meanwhile

    def _watch(self) -> None:
        looked, pause, pending = time.monotonic(), _LOOK_SECONDS, self._handled
        while not self._stopped.wait(_GLANCE_SECONDS):
            if time.monotonic() - looked < pause and all(files.have_same_folders for files in pending):
                continue
            looked = time.monotonic()
            files = _look(self.present.kb)
            pause = max(_LOOK_SECONDS, _LOOK_SHARE * (time.monotonic() - looked))
            if _digests(files) == _digests(self._handled):
                pending = files
            elif _digests(files) == _digests(pending):
                if looked >= self._not_before:
                    self._renew(files)
            else:  # it may still be written to
                pending, pause = files, 0.0

    def _renew(self, files: Files) -> None:
        """Answer from the files as they are now; if that is not possible, go on as before, and keep the problem.

        What may be otherwise the next time, such as a lack of memory, is tried again, ever more seldom.
        """
        present, rooms = self.present, files[0].digest
        try:
            kb = present.kb.renewed() if rooms == present.rooms else self._opened()
            if kb.served == present.kb.served:
                present.rooms = rooms
                kb.close()
            else:
                self._replace(_generation(kb, rooms=rooms))
            self._handled, self.problem, self._pause = files, None, _LOOK_SECONDS
        except Exception as fault:  # noqa: BLE001 - the thread must go on
            if self._stopped.is_set():
                return
            known = fault if isinstance(fault, ObservanceError) else None
            sentence = "The files have changed and cannot be answered from; answers rest on the version before: %s"
            _LOG.error(sentence, fault, exc_info=None if known else fault)
            self.problem = known or InvalidInputError("web.not-renewed", detail=type(fault).__name__)
            if known is not None and not isinstance(known, _PASSING):
                self._handled = files
            else:
                self._not_before, self._pause = time.monotonic() + self._pause, min(2 * self._pause, _LONGEST_PAUSE)

    def _opened(self) -> KnowledgeBase:
        """A knowledge base of the files as they are now, with nothing shared."""
        self._opening = kb = KnowledgeBase(self._settings)
        return _started(kb)

    def _replace(self, generation: Generation) -> None:
        present = self.present
        with self._lock:
            self.present, self.problem, present.is_replaced = generation, None, True
        _LOG.info("Answers rest on version %s of the register.", generation.site.register_version)
        self._end_if_unused(present)


def _look(kb: KnowledgeBase) -> Files:
    return register_files(kb.root / room for room in ROOMS), register_files(kb.register.queried_paths)


def _digests(files: Files) -> tuple[str, ...]:
    return tuple(seen.digest for seen in files)


def _generation(kb: KnowledgeBase, *, rooms: str) -> Generation:
    try:
        return Generation(kb, rooms=rooms)
    except BaseException:
        kb.close()
        raise


def _started(kb: KnowledgeBase) -> KnowledgeBase:
    try:
        return kb.start(audiences=[audience] if (audience := anybody(kb.settings)) else [])
    except BaseException:
        kb.close()
        raise
