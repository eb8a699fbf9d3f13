# SPDX-License-Identifier: GPL-2.0-or-later
"""A hundred thousand SCCRQs for half-open tunnels, and garbage: memory stays flat, and who is connected feels nothing."""

import os
import re
import signal
from pathlib import Path

import pytest

from lab import topology
from lab.host import Host, Process
from lab.peers.sallyportd import Sallyportd
from lab.scenario import ALICE, BOB, Scenario
from lab.waiting import wait_until

# Datagrams, of which four fifths are SCCRQs, and how many of them a second at most; 0: as fast as the guest can send. The
# first wave is slow enough that the daemon sees much of it, and not only the buffer of its socket. The last two are alike.
_WAVES = ((65_000, 1200), (30_000, 0), (30_000, 0))
_SOURCES = [f"203.0.113.{number}" for number in range(131, 139)]

# The daemon's own bound on half-open tunnels (l2tp::EndpointConfig), and room for the honest.
_TUNNELS = 1000 + 10
# What the daemon may take at first: the half-open tunnels that are allowed, each with its socket and its jobs for the
# worker threads, whose allocator keeps what it once had. The last wave finds all of that and must live on it.
_HIGH_WATER_KIB = 64 * 1024
_LAST_WAVE_KIB = 4 * 1024

# Each kind of message that a peer can provoke is logged 20 times in 10 s at most (daemon::LogLimit): a bound for some
# minutes of four kinds, far below the number of datagrams.
_LOG_LINES = 5000

# A half-open tunnel ends after 30 s, and then its StopCCN is repeated for another 31 s.
_DRAINED = 240.0


def _resident_kib(gateway: Sallyportd) -> int:
    """VmRSS of the daemon."""
    assert gateway.process is not None
    status = Path(f"/proc/{gateway.process.pid}/status").read_text()
    found = re.search(r"^VmRSS:\s+(\d+) kB", status, re.MULTILINE)
    assert found
    return int(found[1])


def _flood(host: Host, gateway: Sallyportd, seed: int, count: int, rate: int) -> None:
    """One wave, watched."""
    flood = host.start(
        f"flood{seed}",
        *("env", f"PYTHONPATH={Path(__file__).parent}", "/usr/bin/python3", "-m", "prober.flood"),
        *("--server", topology.GATEWAY_OUTER, "--count", str(count), "--seed", str(seed)),
        *("--rate", str(rate)),
        *("--sources", ",".join(_SOURCES)),
    )

    def over() -> bool:
        tunnels = gateway.status()["l2tp"]["tunnels"]
        assert tunnels <= _TUNNELS, f"{tunnels} tunnels"
        return not flood.running

    wait_until("the end of the flood", over, 300)
    assert flood.status() == 0, flood.tail()
    print(flood.tail())
    wait_until(
        "the flood's tunnels to be gone", lambda: gateway.status()["l2tp"]["tunnels"] <= 1, _DRAINED
    )


def _finish_ping(ping: Process) -> tuple[int, int]:
    """Ends an endless ping; gives what it sent and received."""
    os.kill(ping.pid, signal.SIGINT)
    ping.wait()
    found = re.search(r"(\d+) packets transmitted, (\d+) received", ping.log)
    assert found, ping.tail()
    return int(found[1]), int(found[2])


@pytest.mark.limit(900)
def test_flood_of_garbage_and_half_open_tunnels(lab: Scenario) -> None:
    # Memory is measured, which a sanitizer would spoil: freed memory stays in its quarantine.
    gateway = lab.clear_text_gateway(ALICE, BOB, preset="release")
    laptop = lab.client(lab.net.client3, psk=None)
    laptop.connect()
    session = gateway.session("alice")
    mallory = lab.net.client4
    mallory.ip_batch(*(f"address add {address}/24 dev eth0" for address in _SOURCES))

    resident = [_resident_kib(gateway)]
    ping = laptop.host.start("ping", "ping", "-n", "-i", "0.5", topology.INSIDE)
    for seed, (count, rate) in enumerate(_WAVES):
        _flood(mallory, gateway, seed, count, rate)
        resident.append(_resident_kib(gateway))

    # An echo that is still on its way when ping ends is not lost.
    sent, received = _finish_ping(ping)
    assert sent > 0 and received >= sent - 1, f"{received} of {sent} echoes came back"
    assert gateway.session("alice")["id"] == session["id"]
    lab.check_both_ways(laptop, session["address"])
    assert sum(gateway.status()["drops"]["l2tp"].values()) > 0

    l2tp = gateway.status()["l2tp"]
    print(f"{l2tp['messages_received']} control messages, {received} of {sent} echoes")
    print(f"resident: {resident[0]} KiB, after the waves {resident[1:]}")
    assert resident[-1] - resident[0] <= _HIGH_WATER_KIB
    assert resident[-1] - resident[-2] <= _LAST_WAVE_KIB
    # Whatever came, the log has a few lines of it.
    assert len(gateway.log.splitlines()) <= _LOG_LINES

    # The next one is served as if nothing had been.
    phone = lab.client(lab.net.client2, BOB, psk=None)
    lab.check_both_ways(phone, phone.connect().address)
