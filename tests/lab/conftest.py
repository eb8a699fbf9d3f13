# SPDX-License-Identifier: GPL-2.0-or-later
"""How a scenario is run: its world made, a limit on its time, the checks at its end, and its logs kept when it failed."""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.scenario import Scenario
from lab.waiting import time_limit

# Scenarios take 15 to 40 s under emulation; a machine that also compiles is three times slower.
_DEFAULT_LIMIT = 480

_failed = pytest.StashKey[str]()  # what pytest says of the failure


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        f"limit(seconds): how long the scenario may take, {_DEFAULT_LIMIT} s when unmarked",
    )
    config.addinivalue_line(
        "markers", "long: takes many minutes, and runs only where scenarios are chosen by name"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out what is long, unless a part of a scenario's name was asked for, which chooses by itself."""
    if config.getoption("keyword"):
        return
    left_out = [item for item in items if item.get_closest_marker("long")]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def _share() -> Path:
    """Where results are kept: build/lab, the one folder of the guest that the host sees."""
    return Path(os.environ["SALLYPORT_LAB_SHARE"])


def _name(item: pytest.Item) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", item.name).strip("-")


@pytest.fixture
def lab(request: pytest.FixtureRequest) -> Iterator[Scenario]:
    """A fresh world for one scenario."""
    kept = _share() / _name(request.node)
    shutil.rmtree(kept, ignore_errors=True)  # of an earlier run
    with tempfile.TemporaryDirectory(prefix="sallyport-lab-") as scratch:
        scenario = Scenario(Path(scratch))
        try:
            yield scenario
            if failure := request.node.stash.get(_failed, ""):
                scenario.keep(kept)
                (kept / "failure.txt").write_text(failure)
                print(f"logs and captures are kept in {kept}")
        finally:
            scenario.close()


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Runs the scenario under its limit and then its closing checks, so that these fail the scenario too."""
    scenario = pyfuncitem.funcargs.get("lab")
    if not isinstance(scenario, Scenario):
        return None
    marker = pyfuncitem.get_closest_marker("limit")
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    with time_limit(marker.args[0] if marker else _DEFAULT_LIMIT):
        pyfuncitem.obj(**arguments)
        scenario.finish()
    return True


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    if report.failed:
        item.stash[_failed] = report.longreprtext or "failed"
