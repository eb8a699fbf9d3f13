# SPDX-License-Identifier: GPL-2.0-or-later
"""We dial: other people's servers and our own, with a tunnel secret and without, and again after each failure."""

from typing import Any

import pytest

from lab import topology
from lab.capture import NUMBERED_DATA, check_decodes, hidden_avps, malformed, matching
from lab.host import Host
from lab.peers.sallyportd import Json, Sallyportd
from lab.peers.strongswan import Charon
from lab.peers.xl2tpd import Lns, TunnelSecret
from lab.scenario import ALICE, BOB, Scenario
from lab.waiting import wait_until

SERVER = topology.OUTER_ADDRESS["client3"]
SERVER_NET = "10.99.0"
SERVER_INNER = f"{SERVER_NET}.1"
SECRET = "sekret0x12"


def secret_file(host: Host, name: str, text: str) -> str:
    path = host.scratch / name
    path.write_text(text + "\n")
    path.chmod(0o600)
    return str(path)


def dial(host: Host, server: str, **keys: Any) -> Json:
    """A [[dial]] of `host` that comes back quickly."""
    return {
        "name": "hq",
        "server": server,
        "user": ALICE.user,
        "password_file": secret_file(host, "password", ALICE.password),
        "routes": [],
        "redial": 1,
        "redial_max": 4,
        **keys,
    }


def check_link(host: Host, interface: str, inner: str, count: int = 3) -> None:
    """Packets go both ways through the interface."""
    answers = host.run("ping", "-c", str(count), "-i", "0.2", "-W", "5", "-I", interface, inner)
    assert f" {count} received" in answers.stdout, answers.stdout


@pytest.mark.parametrize("shared", ["nothing", "secret", "challenge", "hidden"])
def test_dials_xl2tpd(lab: Scenario, shared: str) -> None:
    ours: Json = {}
    theirs = None
    if shared != "nothing":
        ours = {"secret_file": secret_file(lab.net.gateway, "tunnel-secret", SECRET)}
        # Not hide_avps: xl2tpd has no secret yet when it reads an SCCRQ, so it cannot read what is hidden there.
        ours["challenge"] = shared != "secret"
        theirs = TunnelSecret(SECRET, challenge=shared != "secret", hidden=shared == "hidden")
    lns = Lns(lab.net.client3, ALICE.user, ALICE.password, net=SERVER_NET, shared=theirs).start()
    hq = dial(lab.net.gateway, SERVER, routes=[f"{SERVER_NET}.0/24"], **ours)
    gateway = lab.clear_text_gateway(dial=[hq])

    state = gateway.wait_dial("hq", "up")
    assert state["address"] == SERVER and state["attempts"] == 1 and state["last_failure"] is None
    (session,) = gateway.sessions()
    assert state["sessions"] == [session["id"]]
    assert (session["origin"], session["dial"]) == ("dialled", "hq")
    assert session["interface"] == "hq" and session["user"] == ALICE.user
    assert session["address"].startswith(f"{SERVER_NET}.") and session["ppp"]["auth"] == "mschapv2"
    check_link(lab.net.gateway, "hq", SERVER_INNER)
    routes = lab.net.gateway.output("ip", "route", "show", "dev", "hq")
    assert f"{SERVER_NET}.0/24" in routes and SERVER_INNER in routes
    assert "up" in gateway.cli("dials").stdout
    for text in (SECRET, ALICE.password):
        assert text not in gateway.log and text not in str(gateway.checked("GET", "/v1/dials"))

    # It is no client that a drain would wait for, nor does a drain end it.
    assert "No client is left." in gateway.cli("drain", "--wait").stdout
    gateway.cli("undrain")
    assert [one["id"] for one in gateway.sessions()] == [session["id"]]

    gateway.stop()
    lns.stop()
    lab.wire.stop()
    assert malformed(lab.wire.path) == []
    check_decodes(lab.wire.path, topology.GATEWAY_OUTER)
    if shared == "hidden":
        # xl2tpd 1.3.18 then sends a Random Vector, with nothing hidden behind it.
        assert matching(lab.wire.path, f"ip.src == {SERVER} && l2tp.avp.type == 36")


def test_several_sessions_in_one_tunnel_to_xl2tpd(lab: Scenario) -> None:
    lns = Lns(lab.net.client3, ALICE.user, ALICE.password, net=SERVER_NET).start()
    hq = dial(lab.net.gateway, SERVER, name="load", sessions=3, called_number="5551212")
    gateway = lab.clear_text_gateway(dial=[hq])
    assert len(gateway.wait_dial("load", "up")["sessions"]) == 3
    sessions = gateway.sessions()
    assert len({session["l2tp"]["tunnel"] for session in sessions}) == 1
    assert len({session["address"] for session in sessions}) == 3
    for session in sessions:
        assert session["l2tp"]["call"]["called_number"] == "5551212"
        check_link(lab.net.gateway, session["interface"], SERVER_INNER, count=1)
    gateway.stop()
    lns.stop()
    lab.wire.stop()
    check_decodes(lab.wire.path, topology.GATEWAY_OUTER)


# The server's answers, and what is for it afterwards, as RFC 2661 §8.1 allows: "the recipient picks a free port". Raw
# octets, since `udp sport set` would make a checksum of the zero that both ends send.
_OTHER_PORT = 40000
_FLOATING_PORT = f"""
table ip floating_port {{
  chain output {{
    type filter hook output priority -350
    udp sport 1701 @th,0,16 set {_OTHER_PORT} notrack
  }}
  chain prerouting {{
    type filter hook prerouting priority -350
    udp dport {_OTHER_PORT} @th,16,16 set 1701 notrack
  }}
}}
"""


def test_dials_a_server_that_answers_from_another_port(lab: Scenario) -> None:
    lab.net.client3.run("nft", "-f", "-", stdin=_FLOATING_PORT)
    lns = Lns(lab.net.client3, ALICE.user, ALICE.password, net=SERVER_NET).start()
    gateway = lab.clear_text_gateway(dial=[dial(lab.net.gateway, SERVER)])
    gateway.wait_dial("hq", "up")
    (session,) = gateway.sessions()
    assert (session["peer"]["address"], session["peer"]["port"]) == (SERVER, _OTHER_PORT)
    check_link(lab.net.gateway, "hq", SERVER_INNER)
    gateway.stop()
    lns.stop()
    lab.wire.stop()
    sent = f"ip.src == {topology.GATEWAY_OUTER} && udp.srcport == 1701"
    assert matching(lab.wire.path, f"{sent} && udp.dstport == 1701 && l2tp.avp.message_type == 1")
    assert not matching(
        lab.wire.path, f"{sent} && udp.dstport == 1701 && l2tp.avp.message_type > 1"
    )


def test_dials_a_server_of_every_method(lab: Scenario) -> None:
    host = lab.net.client3
    auth = ["eap", "mschapv2", "chap", "pap"]
    hq = dial(lab.net.gateway, SERVER, auth=auth, eap_methods=["mschapv2", "md5"])
    gateway = lab.clear_text_gateway(dial=[hq])
    for method, used in (("pap", "pap"), ("chap", "chap"), ("eap", "eap")):
        lns = Lns(host, ALICE.user, ALICE.password, method=method, net=SERVER_NET).start()
        gateway.wait_dial("hq", "up")
        (session,) = gateway.sessions()
        assert session["ppp"]["auth"] == used
        check_link(lab.net.gateway, "hq", SERVER_INNER, count=1)
        lns.stop()
        wait_until("the end of the dial", lambda: gateway.dial("hq")["state"] != "up")
    assert ALICE.password not in gateway.log
    gateway.stop()


def test_comes_back_after_the_server_was_killed(lab: Scenario) -> None:
    lns = Lns(lab.net.client3, ALICE.user, ALICE.password, net=SERVER_NET).start()
    # Quick to notice.
    gateway = lab.clear_text_gateway(
        dial=[dial(lab.net.gateway, SERVER)],
        l2tp={"hello_interval": 5, "retransmit_max": 2},
        ppp={"echo_interval": 2, "echo_failure": 2},
    )
    gateway.wait_dial("hq", "up")
    lns.kill()
    state = gateway.wait_dial("hq", "waiting")
    assert state["last_failure"] and state["next_attempt_seconds"] is not None
    # Nothing of the former session is in the way of the next.
    wait_until(
        "interface gone",
        lambda: not lab.net.gateway.output("ip", "-o", "link", "show", "type", "ppp"),
    )
    wait_until("more attempts", lambda: bool(gateway.dial("hq")["attempts"] > 2))

    lns = Lns(lab.net.client3, ALICE.user, ALICE.password, net=SERVER_NET).start()
    gateway.wait_dial("hq", "up")
    check_link(lab.net.gateway, "hq", SERVER_INNER)
    gateway.stop()
    lns.stop()


@pytest.mark.parametrize("eap", ["mschapv2", "md5"])
def test_dials_a_server_by_eap(lab: Scenario, eap: str) -> None:
    # pppd begins with MD5-Challenge, and takes a Nak that wants MSCHAPv2.
    lns = Lns(lab.net.client3, ALICE.user, ALICE.password, method="eap", net=SERVER_NET).start()
    hq = dial(lab.net.gateway, SERVER, auth=["eap"], eap_methods=[eap])
    gateway = lab.clear_text_gateway(dial=[hq])
    gateway.wait_dial("hq", "up")
    lns.wait_ppp_log(
        {"mschapv2": r"EAP Request id=\S+ MSCHAP", "md5": r"EAP Request id=\S+ MD5"}[eap]
    )
    check_link(lab.net.gateway, "hq", SERVER_INNER, count=1)
    gateway.stop()
    lns.stop()


@pytest.mark.parametrize("method", ["mschapv2", "chap", "pap", "eap"])
def test_wrong_password_is_told(lab: Scenario, method: str) -> None:
    lns = Lns(lab.net.client3, ALICE.user, "another", method=method, net=SERVER_NET).start()
    hq = dial(lab.net.gateway, SERVER, auth=[method], eap_methods=["md5"])
    gateway = lab.clear_text_gateway(dial=[hq])
    wait_until("a failure", lambda: bool(gateway.dial("hq")["last_failure"]))
    wait_until("another attempt", lambda: bool(gateway.dial("hq")["attempts"] > 1))
    assert gateway.dial("hq")["last_failure"] == "wrong user name or password"
    assert ALICE.password not in gateway.log
    gateway.stop()
    lns.stop()


def branch(lab: Scenario, *, listen: str = SERVER, **changes: Any) -> Sallyportd:
    """A second daemon of ours, on client3, as the client of the gateway."""
    changes["l2tp"] = {"listen": [listen], "host_name": "branch", **changes.get("l2tp", {})}
    changes["pool"] = [{"ranges": ["10.70.0.0/24"], "gateway": "10.70.0.1"}]
    return Sallyportd(lab.net.client3, [BOB], changes=changes)


@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_two_of_ours_with_several_sessions_in_one_tunnel(lab: Scenario, family: str) -> None:
    here, there = {
        "ipv4": (topology.GATEWAY_OUTER, SERVER),
        "ipv6": (topology.GATEWAY_OUTER6, topology.OUTER_ADDRESS6["client3"]),
    }[family]
    secret = secret_file(lab.net.gateway, "tunnel-secret", SECRET)
    peer = {"host_name": "branch", "addresses": [there], "secret_file": secret, "hide_avps": True}
    gateway = lab.clear_text_gateway(**{"l2tp.peer": [peer], "l2tp": {"listen": [here]}})
    hq = dial(
        lab.net.client3,
        here,
        name="load",
        sessions=5,
        secret_file=secret_file(lab.net.client3, "tunnel-secret", SECRET),
        hide_avps=True,
    )
    client = branch(lab, listen=there, ipsec={"required": False}, dial=[hq]).start()
    state = client.wait_dial("load", "up")
    assert len(state["sessions"]) == 5
    assert gateway.status()["l2tp"]["tunnels"] == 1
    assert gateway.status()["sessions"]["up"] == 5
    assert {session["origin"] for session in gateway.sessions()} == {"incoming"}
    for number in range(5):
        check_link(lab.net.client3, f"load{number}", topology.POOL_GATEWAY, count=1)

    # One session comes back by itself, in the same tunnel.
    victim = next(s for s in client.sessions() if s["interface"] == "load2")
    gateway_side = next(s for s in gateway.sessions() if s["address"] == victim["address"])
    gateway.cli("disconnect", gateway_side["id"])
    wait_until("the end of a session", lambda: victim["id"] not in client.dial("load")["sessions"])
    again = client.wait_dial("load", "up")
    assert again["tunnel"] == state["tunnel"] and victim["id"] not in again["sessions"]
    check_link(lab.net.client3, "load2", topology.POOL_GATEWAY, count=1)

    client.stop()
    gateway.wait_no_sessions()
    gateway.wait_unused()
    lab.wire.stop()
    check_decodes(lab.wire.path, here, there)
    assert hidden_avps(lab.wire.path)


def test_two_of_ours_with_outgoing_calls(lab: Scenario) -> None:
    # client3, as the LNS, has the gateway, as the LAC, place the calls. Where they are refused the dial waits.
    gateway = lab.clear_text_gateway(l2tp={"outgoing_calls": True})
    hq = dial(
        lab.net.client3,
        topology.GATEWAY_OUTER,
        sessions=2,
        direction="outgoing",
        called_number="5551212",
    )
    client = branch(lab, ipsec={"required": False}, dial=[hq]).start()
    client.wait_dial("hq", "up")
    for daemon in (client, gateway):
        for session in daemon.sessions():
            call = session["l2tp"]["call"]
            assert (call["direction"], call["called_number"]) == ("outgoing", "5551212")
    check_link(lab.net.client3, "hq0", topology.POOL_GATEWAY)
    check_link(lab.net.client3, "hq1", topology.POOL_GATEWAY)
    client.stop()
    gateway.wait_no_sessions()
    lab.wire.stop()
    check_decodes(lab.wire.path, topology.GATEWAY_OUTER, SERVER)


def test_as_lac_we_number_what_we_send_when_the_lns_does(lab: Scenario) -> None:
    gateway = lab.clear_text_gateway(l2tp={"sequencing": "require"})
    hq = dial(lab.net.client3, topology.GATEWAY_OUTER)
    client = branch(lab, ipsec={"required": False}, dial=[hq]).start()
    client.wait_dial("hq", "up")
    check_link(lab.net.client3, "hq", topology.POOL_GATEWAY)
    client.stop()
    gateway.wait_no_sessions()
    lab.wire.stop()
    assert lab.wire.count(f"{NUMBERED_DATA} and src host {topology.GATEWAY_OUTER}") > 3
    assert lab.wire.count(f"{NUMBERED_DATA} and src host {SERVER}") > 3


def test_two_of_ours_through_ipsec(lab: Scenario) -> None:
    gateway = lab.gateway()
    charon = Charon(lab.net.client3).start()
    hq = dial(lab.net.client3, topology.GATEWAY_OUTER, routes=[topology.INSIDE_NET])
    client = branch(lab, dial=[hq]).start()
    client.wait_dial("hq", "up")
    session = gateway.session(ALICE.user)
    assert session["ipsec"] and session["origin"] == "incoming"
    check_link(lab.net.client3, "hq", topology.POOL_GATEWAY)
    answers = lab.net.inside.ping(session["address"])
    assert answers.received == answers.sent

    # The SA goes: everything is made anew.
    charon.swanctl("--terminate", "--ike", "sallyport-dial-hq")
    wait_until("another attempt", lambda: bool(client.dial("hq")["attempts"] > 1))
    client.wait_dial("hq", "up")
    check_link(lab.net.client3, "hq", topology.POOL_GATEWAY)

    lab.check_only_esp_on_the_wire()
    client.stop()
    gateway.wait_no_sessions()
    charon.stop()


@pytest.mark.parametrize("hidden", [False, True])
def test_xl2tpd_with_a_tunnel_secret_dials_us(lab: Scenario, hidden: bool) -> None:
    secret = secret_file(lab.net.gateway, "tunnel-secret", SECRET)
    gateway = lab.clear_text_gateway(l2tp={"secret_file": secret, "challenge": True})
    shared = TunnelSecret(SECRET, challenge=True, hidden=hidden)
    laptop = lab.client(lab.net.client3, psk=None, shared=shared)
    link = laptop.connect()
    lab.check_both_ways(laptop, link.address)
    laptop.hang_up()
    gateway.wait_no_sessions()

    # Who does not know the secret is refused (RFC 2661 §4.4.2: result 4, not authorized).
    stranger = lab.client(lab.net.client4, psk=None, shared=TunnelSecret("another")).launch()
    stranger.lac.dial()
    wait_until("a refusal", lambda: "result 4" in gateway.log)
    assert gateway.status()["sessions"]["total"] == 0
