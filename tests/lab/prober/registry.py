# SPDX-License-Identifier: GPL-2.0-or-later
"""What a check is, the list of all of them, and how they are run."""

import contextlib
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass

from prober.peer import Failure, Lac, Settings
from prober.ppp_peer import PppClient
from prober.wire import Violation, place

# Most of a check's time is waiting for retransmissions that come or do not.
WORKERS = 32


class Bench:
    """What a check is given: the settings, and virtual LACs that are put away at its end."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.lacs: list[Lac] = []
        self._clients: dict[Lac, list[PppClient]] = {}

    def lac(self, **options: object) -> Lac:
        """A fresh LAC; see there for the options."""
        lac = Lac(self.settings, **options)  # type: ignore[arg-type]
        self.lacs.append(lac)
        return lac

    def ppp(self, lac: Lac | None = None) -> PppClient:
        """A PPP client in a fresh session, which has sent nothing yet; of a tunnel of its own unless told."""
        if lac is None:
            lac = self.lac()
            lac.open()
        return PppClient(lac, lac.call(), self._clients.setdefault(lac, []))

    def expect_next_client_served(self) -> None:
        """An honest client comes through."""
        client = self.lac()
        client.open()
        client.hello()

    def close(self) -> None:
        """All goodbyes, and then one wait for all of them."""
        for lac in self.lacs:
            lac.say_goodbye()
        deadline = time.monotonic() + self.settings.at_once
        for lac in self.lacs:
            lac.close(deadline)


@dataclass(frozen=True)
class Check:
    """One requirement that can be seen from outside."""

    name: str
    group: str  # its module
    requirement: str  # of the project's lists: L1 to L42, P1 to P28
    section: str  # of RFC 2661 unless another is named: "RFC 1661 §5.4"
    title: str
    needs: str  # which configuration of the server, see scenarios.py
    alone: bool  # not beside others: it takes the server's whole attention
    run: Callable[[Bench], None]


@dataclass(frozen=True)
class Result:
    """What came of a check."""

    name: str
    requirement: str
    section: str
    title: str
    passed: bool
    expected: str
    seen: str
    trace: list[str]
    seconds: float

    def __str__(self) -> str:
        head = f"{'passed' if self.passed else 'FAILED'} {self.requirement:4} {self.name} ({self.seconds:.1f} s)"
        if self.passed:
            return head
        lines = [
            f"{place(self.section)}: {self.title}",
            f"expected {self.expected}",
            f"seen {self.seen}",
        ]
        return head + "".join(f"\n    {line}" for line in lines + self.trace[-12:])

    def as_json(self) -> dict[str, object]:
        return asdict(self)


CHECKS: list[Check] = []


def check(
    requirement: str, section: str, *, needs: str = "plain", alone: bool = False
) -> Callable[[Callable[[Bench], None]], Callable[[Bench], None]]:
    """Makes a function a check. Its docstring says what must be."""

    def register(run: Callable[[Bench], None]) -> Callable[[Bench], None]:
        group = run.__module__.rpartition(".")[2].removeprefix("checks_")
        title = " ".join((run.__doc__ or "").split())
        CHECKS.append(Check(run.__name__, group, requirement, section, title, needs, alone, run))
        return run

    return register


def select(needs: str, only: Iterable[str] = ()) -> list[Check]:
    """The checks for a configuration; `only`: of these requirements, groups or names."""
    wanted = set(only)
    return [
        one
        for one in CHECKS
        if one.needs == needs and (not wanted or wanted & {one.requirement, one.group, one.name})
    ]


def run(checks: Iterable[Check], settings: Settings) -> Iterator[Result]:
    """Runs checks side by side, then those that want to be alone. Results come in the order of the list."""
    todo = list(checks)
    with ThreadPoolExecutor(WORKERS) as pool:
        yield from pool.map(lambda one: _run_one(one, settings), [c for c in todo if not c.alone])
    for one in todo:
        if one.alone:
            yield _run_one(one, settings)


def _run_one(one: Check, settings: Settings) -> Result:
    bench, began = Bench(settings), time.monotonic()
    expected = seen = ""
    passed = False
    try:
        with contextlib.closing(bench):
            one.run(bench)
        passed = True
    except Failure as failure:
        expected, seen = failure.expected, failure.seen
    except Violation as violation:
        expected, seen = "a message that keeps the rules", str(violation)
    except Exception:  # a fault of ours must not end the other checks
        expected, seen = "a prober without a fault", traceback.format_exc()
    trace = [line for lac in bench.lacs[:4] for line in lac.trace]
    return Result(
        one.name,
        one.requirement,
        one.section,
        one.title,
        passed,
        expected,
        seen,
        [] if passed else trace,
        time.monotonic() - began,
    )
