#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""One client's life, told as it happens. `./dev demo` runs it on the lab's kernel; exit status 0 means all of it held."""

import json
import os
import re
import sys
import tempfile
import time
import traceback
from pathlib import Path

from lab import topology
from lab.capture import CLEAR_TEXT_L2TP, ESP
from lab.kernel import kernel_state, wait_nothing_left
from lab.peers.client import VpnClient
from lab.peers.sallyportd import Json, Sallyportd
from lab.peers.xl2tpd import PppUp
from lab.scenario import ALICE, Scenario
from lab.story import Story
from lab.waiting import time_limit, wait_until

PACKETS = 1000
BURST = 100
# No keepalives: what is to be counted is data and nothing else.
QUIET = 0

_PICTURE = f"""
    alice's laptop                                                     file server
    192.168.1.11  ────  NAT  ════  internet  ════  gateway  ────────  {topology.INSIDE}
      strongSwan      203.0.113.1               {topology.GATEWAY_OUTER}
      xl2tpd, pppd                               sallyportd, charon
"""


def settled_switches(daemon: Sallyportd) -> int:
    """The daemon's context switches once it has come to rest after whatever we last asked it."""
    last = -1

    def unchanged() -> bool:
        nonlocal last
        previous, last = last, daemon.context_switches()
        time.sleep(0.4)
        return previous == last

    wait_until("the daemon to rest", unchanged)
    return last


def tell_ike(story: Story, lab: Scenario, client: VpnClient) -> None:
    story.chapter("The laptop dials. First IKE: who are you, and a key for the two of us")
    client.initiate()
    sas = lab.charon.swanctl("--list-sas")
    proposal = re.search(r"^  ([A-Z0-9_-]+(?:/[A-Z0-9_-]+)+)", sas, re.MULTILINE)
    story.fact(
        "ESTABLISHED, IKEv1" in sas and proposal,
        f"IKE SA is up: IKEv1, {proposal[1] if proposal else '?'}",
    )
    states = lab.net.gateway.output("ip", "-o", "xfrm", "state")
    pair = re.findall(r"src ([\d.]+) dst ([\d.]+)\\?\s+proto esp spi (0x\w+)", states)
    story.fact(len(pair) == 2, "a pair of ESP SAs is in the kernel, in UDP because of the NAT")
    story.aside(
        "\n".join(f"{source} → {destination}  spi {spi}" for source, destination, spi in pair)
    )


def tell_login(story: Story, lab: Scenario, daemon: Sallyportd, client: VpnClient) -> PppUp:
    story.chapter("Inside ESP: an L2TP tunnel, a session in it, and PPP")
    link = client.dial()
    session = daemon.session(ALICE.user)
    l2tp = session["l2tp"]
    story.fact(l2tp["tunnel"], f"L2TP tunnel {l2tp['tunnel']} ↔ {l2tp['peer_tunnel']}")
    story.fact(l2tp["session"], f"L2TP session {l2tp['session']} ↔ {l2tp['peer_session']}")
    story.fact(
        session["ppp"]["auth"] == ALICE.method,
        f"user {session['user']} by {session['ppp']['auth']}",
    )
    story.fact(
        session["address"] == link.address,
        f"the laptop is {link.address} (gateway {link.peer}, DNS {', '.join(link.dns)})",
    )
    return link


def tell_traffic(story: Story, lab: Scenario, client: VpnClient, link: PppUp) -> None:
    story.chapter("The laptop sees the file server, and the file server the laptop")
    there = client.ping(topology.INSIDE, count=10)
    story.fact(
        there.received == 10,
        f"{link.address} → {topology.INSIDE}: 10 sent, {there.loss_percent:.0f} % lost",
    )
    back = lab.net.inside.ping(link.address, count=10)
    story.fact(
        back.received == 10,
        f"{topology.INSIDE} → {link.address}: 10 sent, {back.loss_percent:.0f} % lost",
    )

    story.chapter("What an eavesdropper saw between the gateway and the world")
    protected, clear = lab.wire.count(ESP), lab.wire.count(CLEAR_TEXT_L2TP)
    story.fact(protected >= 40, f"{protected} packets of ESP")
    story.fact(clear == 0, f"{clear} packets of UDP 1701")


def tell_kernel_path(story: Story, lab: Scenario, daemon: Sallyportd, client: VpnClient) -> None:
    story.chapter(f"{PACKETS} packets more, and who had to get up for them")
    received = int(daemon.session(ALICE.user)["counters"]["rx_packets"])
    # Timers of the daemon's fall into some bursts; data that needed it would show in all. Only undisturbed ones count.
    sent = answered = undisturbed = 0
    while undisturbed < PACKETS * 0.99 and sent < 5 * PACKETS:
        before = settled_switches(daemon)
        echo = client.host.ping(topology.INSIDE, count=BURST, wait=2, interval=0.005)
        sent, answered = sent + echo.sent, answered + echo.received
        if settled_switches(daemon) == before:
            undisturbed += echo.received
    story.fact(answered >= sent * 0.99, f"{answered} of {sent} echo requests were answered")

    def passed() -> int:
        return int(daemon.session(ALICE.user)["counters"]["rx_packets"]) - received

    wait_until("the packets in the record", lambda: passed() >= sent * 0.99)
    story.fact(True, f"the session's record counts {passed()} packets in")
    told = f"{undisturbed} of them while sallyportd had not one context switch"
    story.fact(undisturbed >= PACKETS * 0.99, told)


def tell_record(story: Story, daemon: Sallyportd) -> None:
    story.chapter("The session as the status API has it: GET /v1/sessions")
    session: Json = daemon.session(ALICE.user)
    story.fact(session["state"] == "up", f"session {session['id']} is {session['state']}")
    story.aside(json.dumps(session, indent=2))


def tell_goodbye(story: Story, lab: Scenario, daemon: Sallyportd, client: VpnClient) -> None:
    story.chapter("Goodbye")
    before = daemon.status()["ipsec"]["sas"]
    client.lac.hang_up()
    client.lac.wait_down()
    daemon.wait_no_sessions()
    story.fact(True, "the laptop hung up: no session, no tunnel, the address is free again")
    daemon.wait_no_sas()
    story.fact(before == 1, "and its SA is deleted")


def tell(story: Story, lab: Scenario) -> None:
    """The whole story."""
    story.chapter("A gateway with an address of the world, and a file server behind it")
    clean = kernel_state(lab.net.gateway)
    daemon = lab.gateway(ppp={"echo_interval": QUIET}, l2tp={"hello_interval": QUIET})
    status = daemon.status()
    vici = status["ipsec"]["vici"]
    story.fact(
        status["state"] == "running",
        f"sallyportd {status['version']} is {status['state']}, with {vici['version']} for IKE",
    )
    client = lab.client(lab.net.client1, echo_interval=0).launch()
    alone = client.ping(topology.INSIDE, count=1)
    story.fact(
        alone.received == 0, f"the laptop cannot reach {topology.INSIDE}: no route but a tunnel"
    )

    tell_ike(story, lab, client)
    link = tell_login(story, lab, daemon, client)
    tell_traffic(story, lab, client, link)
    tell_kernel_path(story, lab, daemon, client)
    tell_record(story, daemon)
    tell_goodbye(story, lab, daemon, client)
    lab.finish()
    wait_nothing_left(lab.net.gateway, clean)
    story.fact(True, "sallyportd ended with status 0; the gateway's kernel is as it was before")


def main() -> int:
    story = Story()
    story.title(f"Sallyport on Linux {os.uname().release}")
    print(_PICTURE, end="", flush=True)
    with tempfile.TemporaryDirectory(prefix="sallyport-demo-") as scratch:
        lab = Scenario(Path(scratch))
        try:
            with time_limit(600):
                tell(story, lab)
        except Exception:  # whatever went wrong, the logs are wanted
            traceback.print_exc(limit=-3, file=sys.stdout)
            kept = Path(os.environ["SALLYPORT_LAB_SHARE"]) / "demo"
            lab.keep(kept)
            print(f"\nThe demo failed. Logs and captures: {kept}")
            return 1
        finally:
            lab.close()
    story.title("\nAll of it held.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
