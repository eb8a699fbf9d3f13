# SPDX-License-Identifier: GPL-2.0-or-later
"""Nothing goes in the clear, whatever is taken away under the daemon; and what can be mended is mended."""

import os
import re
import signal
from pathlib import Path

from lab import topology
from lab.capture import CLEAR_TEXT_L2TP
from lab.host import Host
from lab.scenario import ALICE, Scenario
from lab.waiting import wait_until

# What left the gateway and was neither IKE nor ESP: L2TP, or an ICMP error that quotes it.
LEAK = f"src host {topology.GATEWAY_OUTER} and ({CLEAR_TEXT_L2TP} or icmp)"


# L2TP in the clear from a stranger.
FORGERY = f"""
import socket
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"\\xc8\\x02" + bytes(10), ("{topology.GATEWAY_OUTER}", 1701))
"""

# A whole SCCRQ five times a second over both families, as every client without IPsec begins (RFC 2661 §6.1).
STRANGER = f"""
import socket, time
sccrq = bytes.fromhex(
    "c8020035 00000000 00000000 80080000 00000001 80080000 00020100 800a0000 00030000 0003 80070000 000778 80080000 00090001"
)
here = [
    (socket.socket(family, socket.SOCK_DGRAM), address)
    for family, address in (
        (socket.AF_INET, "{topology.GATEWAY_OUTER}"),
        (socket.AF_INET6, "{topology.GATEWAY_OUTER6}"),
    )
]
here[1][0].setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
for one, _ in here:
    one.bind(("", 1701))
print("knocking", flush=True)
while True:
    for one, address in here:
        try:
            one.sendto(sccrq, (address, 1701))
        except OSError:
            pass  # an ICMP error of before: nobody listens
    time.sleep(0.2)
"""
# What a gateway that listens to him would send.
ANSWER = f"({CLEAR_TEXT_L2TP}) and (src host {topology.GATEWAY_OUTER} or src host {topology.GATEWAY_OUTER6})"


def test_an_administrator_flushes_everything(lab: Scenario) -> None:
    gateway = lab.gateway()
    laptop = lab.client(lab.net.client1)
    link = laptop.connect()
    session = gateway.session(ALICE.user)["id"]
    host = lab.net.gateway
    assert gateway.process is not None

    # The rewriting table goes, under traffic. The sockets' own policies keep clear text out meanwhile.
    traffic = laptop.host.pings(topology.INSIDE, 0.2)
    host.run("nft", "flush", "ruleset")
    gateway.process.wait_for(r"table_damaged: nft \(pid \d+\)")
    gateway.process.wait_for(r"table_repaired: .* 2 element")
    lab.check_both_ways(laptop, link.address)

    # One element of the map is enough.
    before = gateway.log.count("table_repaired")
    host.run("nft", "flush", "map", "inet", "sallyport", "tunnels_by_reqid")
    wait_until("the repair", lambda: gateway.log.count("table_repaired") > before)
    lab.check_both_ways(laptop, link.address)

    # There is no policy in the global database to be flushed.
    host.run("ip", "xfrm", "policy", "flush")
    lab.check_both_ways(laptop, link.address)
    assert gateway.session(ALICE.user)["id"] == session
    traffic.stop()

    # Without its SAs the session is over; the client is told by IKE.
    host.run("ip", "xfrm", "state", "flush")
    gateway.process.wait_for(r"sa_lost: ")
    gateway.wait_no_sessions()
    wait_until("the client's SA gone", lambda: not laptop.charon.swanctl("--list-sas").strip())
    lab.wire.stop()
    assert lab.wire.count(LEAK) == 0, lab.wire.text(LEAK)


def test_the_daemon_is_killed_under_traffic(lab: Scenario) -> None:
    gateway = lab.gateway()
    laptop = lab.client(lab.net.client3)
    laptop.connect()
    traffic = laptop.host.pings(topology.INSIDE, 0.2)

    # The client does not know and sends on, through its SA and, from a forger, in the clear.
    gateway.kill()
    sent = lab.wire.count("esp")
    wait_until("more of the client's packets", lambda: lab.wire.count("esp") > sent + 20)
    lab.net.client4.run("/usr/bin/python3", "-c", FORGERY)
    # The fence does not need the daemon.
    table = lab.net.gateway.output("nft", "list", "table", "inet", "sallyport")
    assert re.search(r"counter clear_text \{[^}]*packets [1-9]", table), table
    traffic.stop()

    # The next one takes the table over, and the client dials again.
    gateway.launch()
    gateway.wait_ready()
    laptop.lac.stop()
    laptop.lac.wait_down()
    laptop.charon.swanctl("--terminate", "--ike", "l2tp", "--force", "--timeout", "1", check=False)
    gateway.wait_no_sas()
    gateway.mark_unused()
    laptop.lac.start()
    laptop.initiate()
    lab.check_both_ways(laptop, laptop.dial().address)
    lab.wire.stop()
    assert lab.wire.count(LEAK) == 0, lab.wire.text(LEAK)


def test_the_daemon_stops_under_traffic_while_charon_hangs(lab: Scenario) -> None:
    gateway = lab.gateway()
    laptop = lab.client(lab.net.client3)
    laptop.connect()
    laptop.host.pings(topology.INSIDE, 0.2)

    # Neither by L2TP nor by IKE does the client hear of the end, and nobody but us can delete its SAs.
    deaf = [
        pid
        for pid in laptop.host.pids()
        if Path(f"/proc/{pid}/comm").read_text().strip() in ("xl2tpd", "pppd")
    ]
    assert len(deaf) == 2 and lab.charon.process is not None
    for pid in (*deaf, lab.charon.process.pid):
        os.kill(pid, signal.SIGSTOP)
    gateway.stop()
    sent = lab.wire.count("esp")
    wait_until("more of the client's packets", lambda: lab.wire.count("esp") > sent + 20)
    states = lab.net.gateway.output("ip", "xfrm", "state")
    assert " spi 0x" not in states, states

    for pid in (lab.charon.process.pid, *deaf):
        os.kill(pid, signal.SIGCONT)
    # charon may not come to what it was asked for; the next daemon finds that the kernel lacks what charon counts on.
    gateway.start()
    wait_until("the client's SA gone", lambda: not laptop.charon.swanctl("--list-sas").strip())
    gateway.wait_no_sas()
    gateway.mark_unused()  # at its start it had that SA
    lab.wire.stop()
    assert lab.wire.count(LEAK) == 0, lab.wire.text(LEAK)


def _expire(host: Host, seconds: int) -> None:
    """The kernel ends every SA of the host in so many seconds, as at the end of its lifetime (XFRM_MSG_EXPIRE, hard)."""
    listed = host.output("ip", "xfrm", "state")
    updates = []
    for state in re.split(r"^(?=src )", listed, flags=re.MULTILINE)[1:]:
        words = state.split()

        def value(name: str, count: int = 1) -> list[str]:
            at = words.index(name)
            return words[at : at + 1 + count]

        selector = re.search(r"sel (.*)", state)
        arguments = value("src") + value("dst") + value("proto") + value("spi") + value("reqid")
        arguments += (
            value("mode") + value("replay-window") + value("auth-trunc", 3) + value("enc", 2)
        )
        if selector:
            arguments += ["sel", *selector[1].split()]
        arguments += ["limit", "time-hard", str(seconds)]
        updates.append(" ".join(["xfrm state update", *arguments]))
    # At once: the end of one lets charon end the others.
    host.ip_batch(*updates)


def test_the_lifetime_of_sas_ends_under_traffic(lab: Scenario) -> None:
    gateway = lab.gateway()
    laptop = lab.client(lab.net.client3)
    link = laptop.connect()
    # Both ways, so that the gateway has something to send when it has no SA any more.
    there = laptop.host.pings(topology.INSIDE, 0.1)
    back = lab.net.inside.pings(link.address, 0.1)
    _expire(lab.net.gateway, 2)
    assert gateway.process is not None
    # charon hears of it too, and usually first.
    gateway.process.wait_for(r"sa_(down|lost): ")
    gateway.wait_no_sessions()
    # What asks for one in vain, without a key, may still be there.
    assert " enc " not in lab.net.gateway.output("ip", "xfrm", "state")
    there.stop()
    back.stop()
    # It is told of the SA's end; the IKE_SA may stay.
    wait_until("the client's SA gone", lambda: not laptop.charon.children())
    lab.wire.stop()
    assert lab.wire.count(LEAK) == 0, lab.wire.text(LEAK)


def test_a_stranger_knocks_from_before_the_start_until_after_the_end(lab: Scenario) -> None:
    knocks = f"src host {topology.OUTER_ADDRESS['client4']} and {CLEAR_TEXT_L2TP}"
    stranger = lab.net.client4.start("stranger", "/usr/bin/python3", "-c", STRANGER)
    stranger.wait_for("knocking")
    wait_until("him", lambda: lab.wire.count(knocks) > 5)

    gateway = lab.gateway(l2tp={"listen": []})
    wait_until("refused packets", lambda: gateway.drops("clear_text") > 10)
    # Not behind NAT: the socket that takes ESP out of UDP is charon's and goes with it.
    laptop = lab.client(lab.net.client3)
    link = laptop.connect()
    # Without charon the SAs stay, and nobody gets in without one.
    lab.charon.kill()
    lab.check_both_ways(laptop, link.address)
    lab.charon.start()
    lab.check_both_ways(laptop, link.address)
    assert [s["user"] for s in gateway.sessions()] == [ALICE.user]
    assert gateway.status()["l2tp"]["tunnels"] == 1
    laptop.hang_up()
    gateway.wait_no_sessions()
    gateway.wait_no_sas()
    gateway.stop()

    before = lab.wire.count(knocks)
    wait_until("him, knocking still", lambda: lab.wire.count(knocks) > before + 10)
    stranger.stop()
    lab.wire.stop()
    assert lab.wire.count(ANSWER) == 0, lab.wire.text(ANSWER)
