# SPDX-License-Identifier: GPL-2.0-or-later
"""Bounded waits. A scenario waits for what must become true; it never sleeps and hopes, and never asserts a duration."""

import contextlib
import signal
import threading
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

T = TypeVar("T")

# Generous: the guest is emulated, and its machine may be compiling. Only failures ever take this long.
DEFAULT_TIMEOUT = 90.0
# Asking costs, most of all where all is emulated: who has waited for long is asked less often.
_FIRST_INTERVAL = 0.05
_LONGEST_INTERVAL = 1.0


class ScenarioTimeout(Exception):
    """The whole scenario ran over its limit."""


def wait_until(what: str, probe: Callable[[], T | None], timeout: float = DEFAULT_TIMEOUT) -> T:
    """Calls `probe` until it gives something true, and returns that. Fails, naming `what`, after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    interval = _FIRST_INTERVAL
    while True:
        value = probe()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise AssertionError(
                f"waited {timeout:.0f} s in vain for: {what} (last seen: {value!r})"
            )
        time.sleep(interval)
        interval = min(interval * 1.5, _LONGEST_INTERVAL)


@contextlib.contextmanager
def time_limit(seconds: int) -> Iterator[None]:
    """Raises ScenarioTimeout in the block once `seconds` have passed. Not to be nested.

    pytest-xdist's workers run tests in another thread at times (execnet lends out the main one when it can): only the main
    thread can be interrupted, elsewhere there is no limit but those of each wait.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def on_alarm(_signal: int, _frame: object) -> None:
        raise ScenarioTimeout(f"the scenario took more than its {seconds} s")

    previous = signal.signal(signal.SIGALRM, on_alarm)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, previous)
