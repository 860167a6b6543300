"""Which SQLite is used, and the turn to write that its processes take."""

import contextlib
import os
import sqlite3
import time
from pathlib import Path
from threading import Lock
from types import ModuleType
from typing import Any

try:
    from pysqlite3 import dbapi2 as _bundled
except ImportError:  # no wheel for this machine
    _bundled = sqlite3
try:
    import fcntl
except ImportError:  # Windows: one process only
    fcntl = None  # type: ignore[assignment]

driver: ModuleType = _bundled
"""The one SQLite of a process: a second library on the same file would drop the first one's locks when it closes."""
VERSION: tuple[int, ...] = driver.sqlite_version_info
HAS_FILE_LOCK = fcntl is not None
_AFFECTED = ((3, 7, 0), (3, 51, 3))
_POLL_S = 0.001


def is_affected(version: tuple[int, ...] | None = None) -> bool:
    """Whether two connections that write and checkpoint at one moment can corrupt the file (sqlite.org/wal.html,
    "the WAL-reset bug": 3.7.0 to 3.51.2)."""
    return _AFFECTED[0] <= (version or VERSION) < _AFFECTED[1]


class WriteTurn:
    """Whose turn it is to write: threads queue at a lock, processes at two locked files beside the database.

    SQLite's own waiting is polling without turns, in which an unlucky one of twenty writers waits until its patience
    ends. Of the two files the first is the queue: who holds it gets the second next, so that a busy process cannot
    take the turn again before one that waits. The kernel gives up the locks of a process that dies.
    """

    def __init__(self, path: Path | None) -> None:
        """`path`: of the lock files, without their ending; None for a turn among threads only."""
        self._path = path if HAS_FILE_LOCK else None
        self._threads = Lock()
        self._held: int | None = None

    def acquire(self, patience_s: float) -> bool:
        """Wait for the turn; False if it did not come in time."""
        until = time.monotonic() + patience_s
        if not self._threads.acquire(timeout=patience_s):
            return False
        if self._path is None:
            return True
        # A file that cannot be opened (a full disk) must not take the threads' lock with it.
        try:
            queue = _lock(f"{self._path}-queue", until)
            if queue is not None:
                self._held = _lock(f"{self._path}-turn", until)
                os.close(queue)
        finally:
            if self._held is None:
                self._threads.release()
        return self._held is not None

    def release(self) -> None:
        """Give up the turn."""
        if self._held is not None:
            os.close(self._held)
            self._held = None
        self._threads.release()


def _lock(path: str, until: float) -> int | None:
    """The descriptor of a file that is locked now; None if `until` (monotonic seconds) came first.

    The file is opened each time: a descriptor that outlives a fork would be locked for both processes.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    while True:
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return descriptor
        if time.monotonic() > until:
            os.close(descriptor)
            return None
        time.sleep(_POLL_S)


def connect(path: Path, **options: Any) -> Any:
    """A bare connection of the driver, for copies and checks; every tool of ours must use this one."""
    return driver.connect(str(path), **options)
