# SPDX-License-Identifier: GPL-2.0-or-later
"""netlink/ alone against the kernel: its probe program, without a daemon and without IKE."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from lab.peers.sallyportd import binary

PROGRAMS = Path(__file__).parent / "programs"

Run = Callable[..., None]


@pytest.fixture
def run_alone() -> Run:
    """Runs a program in fresh namespaces, with a /run of its own for `ip netns`."""

    def run(*arguments: str) -> None:
        alone = ["unshare", "--net", "--mount", "--propagation", "private"]
        inside = (
            'mount -t sysfs sysfs /sys; mount -t tmpfs tmpfs /run; ip link set lo up; exec "$@"'
        )
        result = subprocess.run(
            [*alone, "sh", "-c", inside, "sh", *arguments],
            check=False,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=400,
        )
        assert (
            result.returncode == 0
        ), f"{arguments[0]} ended with {result.returncode}:\n{result.stdout}"

    return run


def test_every_call_that_needs_no_peer(run_alone: Run) -> None:
    run_alone(str(binary("tests/lab/programs", "netlink_probe")), "self-check")


def test_two_clients_with_static_sas(run_alone: Run) -> None:
    probe = binary("tests/lab/programs", "netlink_probe")
    run_alone(str(PROGRAMS / "netlink_two_clients.sh"), str(probe))
