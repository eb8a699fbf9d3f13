#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the daemon's listening costs charon: its processor time for each client that is let in, while the daemon follows
every event and line of its log, and while nobody listens. `./dev lab -- tests/lab/ike_cost.py`; prints a table, judges
nothing."""

import os
import sys
import tempfile
import time
from pathlib import Path

from lab.peers.strongswan import Charon, client_conf
from lab import topology
from lab.scenario import Scenario
from lab.waiting import time_limit, wait_until

ROUNDS = 3
CLIENTS = 4
DIALS = 25  # of each client in a round


def processor_seconds(charon: Charon) -> float:
    """Of all its threads since it was started (proc(5), /proc/PID/stat, utime and stime)."""
    assert charon.process is not None
    fields = Path(f"/proc/{charon.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def dial_again_and_again(clients: list[Charon]) -> None:
    """All clients side by side, each one dial after the other."""
    script = (
        f"for i in $(seq {DIALS}); do {{}} --initiate --child l2tp --timeout 60 >/dev/null && "
        "{} --terminate --ike l2tp --timeout 60 >/dev/null || exit 1; done"
    )
    running = [
        client.host.start("dials", "sh", "-c", script.replace("{}", client.swanctl_command()))
        for client in clients
    ]
    for process in running:
        assert process.wait(600) == 0, process.tail()


def measure(charon: Charon, clients: list[Charon], what: str) -> float:
    """Milliseconds of charon's processor time for each client."""
    before, began = processor_seconds(charon), time.monotonic()
    dial_again_and_again(clients)
    spent, took = processor_seconds(charon) - before, time.monotonic() - began
    count = DIALS * len(clients)
    cost = 1000 * spent / count
    print(f"{what:<18} {cost:7.2f} ms each, {count / took:5.1f} clients/s", flush=True)
    return cost


def run(lab: Scenario) -> None:
    daemon = lab.gateway()
    clients = [Charon(lab.net.public_client(3 + number)).start() for number in range(CLIENTS)]
    for client in clients:
        client.load(client_conf(topology.GATEWAY_OUTER))
    measure(lab.charon, clients, "(warm-up)")
    costs: dict[str, list[float]] = {"with the daemon": [], "nobody listens": []}
    for _ in range(ROUNDS):
        costs["with the daemon"].append(measure(lab.charon, clients, "with the daemon"))
        # charon keeps the connections that the daemon has given it.
        daemon.kill()
        costs["nobody listens"].append(measure(lab.charon, clients, "nobody listens"))
        daemon.start()
    with_us, alone = (min(values) for values in costs.values())
    print(f"least of each: {with_us:.2f} and {alone:.2f} ms, a ratio of {with_us / alone:.3f}")
    for client in clients:
        client.stop()
    wait_until("no SA", lambda: bool(daemon.status()["ipsec"]["sas"] == 0))
    daemon.stop()


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="ike-cost-") as scratch, time_limit(3000):
        lab = Scenario(Path(scratch))
        try:
            run(lab)
        finally:
            lab.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
