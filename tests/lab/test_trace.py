# SPDX-License-Identifier: GPL-2.0-or-later
"""`sallyport trace`: the life of a client as a story, and as a capture that tshark decodes though the wire carried ESP."""

import json
import signal
from pathlib import Path


from lab import openapi, topology
from lab.capture import check_decodes, l2tp_messages, malformed, matching
from lab.host import Process
from lab.peers.client import Account
from lab.peers.sallyportd import Sallyportd, binary
from lab.scenario import ALICE, BOB, Scenario

# RFC 2661 §3.2: SCCRQ to SCCCN, ICRQ to ICCN; CDN, StopCCN.
TUNNEL_AND_CALL = ["1", "2", "3", "10", "11", "12"]


def _start(gateway: Sallyportd, name: str, *arguments: str) -> Process:
    return gateway.host.start(name, str(binary("cli", "sallyport")), "trace", *arguments)


def _end(process: Process) -> str:
    process.stop()
    assert process.status() == -signal.SIGTERM, process.tail()
    return process.log


def _check_lines(log: str, password: str) -> None:
    """Each line is as docs/openapi.json says, and none has the password."""
    lines = [json.loads(line) for line in log.splitlines()]
    for line in lines:
        openapi.check("GET", "/v1/trace", 200, line)
    packets = [line for line in lines if line["type"] in ("l2tp", "ppp")]
    assert packets and not any(password.encode().hex() in line["octets"] for line in packets)
    assert password not in log


def _check_capture(path: Path, client: str) -> None:
    check_decodes(path, topology.GATEWAY_OUTER, client)
    assert not malformed(path)
    # What was sent again is in it again.
    types = list(dict.fromkeys(line.split()[1] for line in l2tp_messages(path)))
    assert [kind for kind in types if kind in TUNNEL_AND_CALL] == TUNNEL_AND_CALL, types
    assert "14" in types or "4" in types, types
    for layer in ("lcp", "pap", "ipcp"):
        assert matching(path, layer), f"tshark finds no {layer} in the trace"


def test_a_life_is_traced_though_the_wire_carries_esp(lab: Scenario) -> None:
    # PAP, where there is a password to be masked.
    alice = Account(ALICE.user, ALICE.password, "pap")
    gateway = lab.gateway(alice, BOB, ppp={"auth": ["pap"]})
    capture = gateway.host.scratch / "trace.pcap"
    by_file = _start(gateway, "trace-pcap", "--pcap", str(capture), topology.NAT_OUTER)
    by_user = _start(gateway, "trace-user", alice.user)
    by_json = _start(gateway, "trace-json", "--json")
    of_bob = _start(gateway, "trace-bob", BOB.user, "--json")
    for process in (by_json, of_bob):
        process.wait_for(r'"type":"begin"')
    assert gateway.process is not None
    gateway.process.wait_for(r"(?s)(trace_requested: .*){4}")

    laptop = lab.client(lab.net.client1, alice)
    laptop.connect()
    # All that she said before she gave her name is there as well.
    by_user.wait_for(r"<- .*  -  SCCRQ Ns 0 Nr 0: Protocol Version 1\.0")
    by_user.wait_for(r"<- .*  -  LCP Configure-Request id \d+: MRU 1400")
    by_user.wait_for(rf'<- .*  PAP Authenticate-Request id \d+: user "{alice.user}"')
    by_user.wait_for(rf"-> .*  {alice.user}  IPCP Configure-Nak id \d+: IP-Address 10\.64\.")
    laptop.hang_up()
    by_user.wait_for(r"<- .*  (CDN|StopCCN) Ns")
    gateway.wait_no_sessions()

    _end(by_file)
    _end(by_user)
    _check_lines(_end(by_json), alice.password)
    assert '"direction"' not in _end(of_bob), "of somebody else"
    assert capture.stat().st_mode & 0o077 == 0
    assert alice.password.encode() not in capture.read_bytes()
    _check_capture(capture, topology.NAT_OUTER)
    lab.check_only_esp_on_the_wire()
