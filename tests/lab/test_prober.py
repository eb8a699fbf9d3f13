# SPDX-License-Identifier: GPL-2.0-or-later
"""The conformance prober against the daemon: every check of tests/lab/prober, and tshark's opinion of what it was sent."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from lab import topology
from lab.capture import check_decodes
from lab.host import Host
from lab.peers.client import Account
from lab.peers.sallyportd import Json
from lab.scenario import Scenario
from prober import scenarios
from prober.wire import place

# An address that the prober's host has besides its own, for what depends on a peer's address.
_SECOND_SOURCE = "203.0.113.124"
# Short, so that the checks of idle tunnels take a minute and not three.
_HELLO_INTERVAL = 20
# The guest is emulated: everything may take so many times longer than on a machine of today.
_PATIENCE = 8


@dataclass(frozen=True)
class Finding:
    """A check that failed."""

    name: str
    story: str


def _secret_file(host: Host, name: str, secret: str) -> str:
    path = host.scratch / f"{name}.secret"
    path.write_text(secret + "\n")
    path.chmod(0o600)
    return str(path)


def _configuration(needs: str, gateway: Host) -> Json:
    """The tables of the daemon's configuration that scenarios.py speaks of. Here, and nowhere else."""
    # All of the prober's tunnels come from one address, and at once.
    l2tp: Json = {"hello_interval": _HELLO_INTERVAL, "sccrq_per_second_prefix": 0}
    tables: Json = {"l2tp": l2tp}
    if needs == "secrets":
        l2tp["secret_file"] = _secret_file(gateway, "default", scenarios.DEFAULT_SECRET)
        tables["l2tp.peer"] = [
            {
                **(
                    {"host_name": peer.host_name}
                    if peer.host_name
                    else {"addresses": [f"{_SECOND_SOURCE}/32"]}
                ),
                "secret_file": _secret_file(gateway, f"peer{number}", peer.secret),
                "challenge": peer.challenge,
                "hide_avps": peer.hide_avps,
            }
            for number, peer in enumerate(scenarios.PEERS)
        ]
    if needs == "outgoing":
        l2tp["outgoing_calls"] = True
    if needs == "ppp":
        tables["ppp"] = {
            "auth": list(scenarios.AUTHENTICATION),
            "dns": [scenarios.NAME_SERVER],
            "echo_interval": scenarios.ECHO_INTERVAL,
            "echo_failure": scenarios.ECHO_FAILURE,
            # All log in from one address, and many of them wrongly.
            "login_delay": 0,
        }
    if needs == "limits":
        l2tp["max_half_open_tunnels"] = scenarios.HALF_OPEN_LIMIT
        l2tp["max_sessions_per_tunnel"] = scenarios.CALLS_LIMIT
        l2tp["sequencing"] = "deny"
    return tables


def _command(needs: str, *more: str) -> list[str]:
    words = f"--server {topology.GATEWAY_OUTER} --with {needs} --json --patience {_PATIENCE}"
    words += f" --hello-interval {_HELLO_INTERVAL} --second-source {_SECOND_SOURCE}"
    here = f"PYTHONPATH={Path(__file__).parent}"
    return ["env", here, "/usr/bin/python3", "-m", "prober", *words.split(), *more]


def _prober_host(lab: Scenario) -> Host:
    host = lab.net.client3
    host.ip_batch(f"address add {_SECOND_SOURCE}/24 dev eth0")
    return host


def _findings(output: str) -> list[Finding]:
    results = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    assert results, f"the prober said nothing of use:\n{output}"
    return [
        Finding(
            one["name"],
            f"{one['requirement']} {one['name']}, {place(one['section'])}: {one['title']}\n"
            f"  expected {one['expected']}\n  seen {one['seen']}\n  "
            + "\n  ".join(one["trace"][-14:]),
        )
        for one in results
        if not one["passed"]
    ]


def _check(findings: list[Finding]) -> None:
    assert not findings, "\n".join(
        [
            f"{len(findings)} checks failed: {', '.join(one.name for one in findings)}",
            *(one.story for one in findings),
        ]
    )


def _check_with_tshark(lab: Scenario) -> None:
    """A second opinion, of a decoder that is not ours."""
    lab.wire.stop()
    check_decodes(lab.wire.path, topology.GATEWAY_OUTER)


@pytest.mark.parametrize(
    "needs",
    ["plain", "secrets", "limits", "outgoing", "ppp"],
)
def test_prober(lab: Scenario, needs: str) -> None:
    _probe(lab, needs, seconds=400)


@pytest.mark.long
@pytest.mark.limit(3600)
def test_prober_has_patience(lab: Scenario) -> None:
    _probe(lab, "patience", seconds=3500)


def _probe(lab: Scenario, needs: str, seconds: float) -> None:
    users = [Account(user, scenarios.PASSWORD) for user in (scenarios.USER, scenarios.LONE_USER)]
    users.append(
        Account(scenarios.USER_WITHOUT_ADDRESS, scenarios.PASSWORD, addresses="-"),
    )
    gateway = lab.clear_text_gateway(*users, **_configuration(needs, lab.net.gateway))
    host = _prober_host(lab)
    only = os.environ.get("SALLYPORT_PROBER_ONLY", "").split()
    words = [f"--only={name}" for name in only]
    prober = host.start("prober", *_command(needs, *words))
    prober.wait(seconds)
    _check(_findings(prober.log))
    assert gateway.running
    _check_with_tshark(lab)


def test_prober_sees_the_shutdown(lab: Scenario) -> None:
    gateway = lab.clear_text_gateway(**_configuration("shutdown", lab.net.gateway))
    host = _prober_host(lab)
    prober = host.start("prober", *_command("shutdown"))
    prober.wait_for("ready for the shutdown")
    gateway.stop()
    prober.wait()
    _check(_findings(prober.log))
    _check_with_tshark(lab)
