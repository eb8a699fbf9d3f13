# SPDX-License-Identifier: GPL-2.0-or-later
"""SAs live and change under a session: rekeys, a NAT that moves its clients, redials, SAs that nobody uses."""

import re

import pytest

from lab import topology
from lab.host import Host, Pings
from lab.kernel import xfrm_errors
from lab.peers.client import Account, VpnClient
from lab.peers.sallyportd import Json, Sallyportd
from lab.peers.strongswan import MODERN, Proof, Proposals
from lab.peers.xl2tpd import PppUp
from lab.scenario import ALICE, BOB, Scenario
from lab.waiting import wait_until

# What charon says of a new CHILD_SA, the first one included.
ESTABLISHED = r"CHILD_SA l2tp\{\d+\} established"
# Without a reply to the third message of quick mode (RFC 2409 §5.5), the side that sends it uses the new SA at once, and what
# overtakes it meets an SA that is not whole yet (quick_mode.c). IKEv1 has no remedy; it is counted by this name.
TOO_EARLY = "XfrmAcquireError"


class Traffic:
    """A client pings the inner net and is pinged from there."""

    def __init__(self, lab: Scenario, client: VpnClient, link: PppUp) -> None:
        self._lab, self._client, self._link = lab, client, link
        self._pings: list[Pings] = [
            client.host.pings(topology.INSIDE),
            lab.net.inside.pings(link.address),
        ]

    def lost(self) -> int:
        """Ends it. How many echoes were not answered; at the end the link works."""
        ended = [pings.stop() for pings in self._pings]
        self._lab.check_both_ways(self._client, self._link.address)
        return sum(ping.sent - ping.received for ping in ended)


def too_early(*hosts: Host) -> int:
    """Packets that met half an SA; fails on every other error of IPsec."""
    count = 0
    for host in hosts:
        errors = xfrm_errors(host)
        count += errors.pop(TOO_EARLY, 0)
        assert not errors, f"{host.name}: {errors}"
    return count


def established(client: VpnClient) -> int:
    """How many CHILD_SAs the client's charon has seen come up."""
    return len(re.findall(ESTABLISHED, client.charon.log))


def rekey_child(client: VpnClient) -> None:
    """The client rekeys ESP, as every client does before its SA expires."""
    before = established(client)
    asked: list[str] = []

    def rekeyed() -> bool:
        # When both sides have rekeyed at once there are two, and charon ends the one that is asked for as redundant.
        redundant = (
            asked and f"detected redundant CHILD_SA l2tp{{{asked[-1]}}}" in client.charon.log
        )
        if not asked or redundant:
            child = client.charon.newest_child()
            if child not in asked:
                asked.append(child)
                client.charon.swanctl("--rekey", "--child-id", child)
        return established(client) > before

    wait_until(f"a rekey of {client}", rekeyed)


def rekey_ike(client: VpnClient) -> None:
    """IKEv1 has no other way than a new main mode, after which the new IKE_SA adopts the children."""

    def ike_sas() -> list[str]:
        return re.findall(r"^l2tp: #(\d+),", client.charon.swanctl("--list-sas"), re.MULTILINE)

    def adopted() -> bool:
        # Whatever is asked of a CHILD_SA while the old IKE_SA has it still ends with that.
        now = ike_sas()
        return len(now) == 1 and now != before and bool(client.charon.children())

    before = ike_sas()
    client.charon.swanctl("--rekey", "--ike", "l2tp")
    wait_until(f"a new IKE_SA of {client} alone with the children", adopted)


def kernel_reqids(lab: Scenario) -> set[str]:
    """Of the SAs on the gateway."""
    states = lab.net.gateway.output("ip", "-o", "xfrm", "state")
    return set(re.findall(r"reqid (\d+)", states))


def session_ipsec(gateway: Sallyportd, account: Account) -> Json:
    ipsec: Json = gateway.session(account.user)["ipsec"]
    return ipsec


def test_rekeys_by_either_side_and_by_both(lab: Scenario) -> None:
    gateway = lab.gateway()
    # As initiator charon asks for PFS as soon as one of its proposals has it, ours in the end do (IKEv1, quick_mode.c).
    with_pfs = Proposals(ike=MODERN.ike, esp=f"{MODERN.esp},{MODERN.esp}-modp2048")
    laptop = lab.client(lab.net.client1, proposals=with_pfs)
    link = laptop.connect()
    session = gateway.session(ALICE.user)
    traffic = Traffic(lab, laptop, link)

    # ESP from the client, from us, and from both at once.
    rekey_child(laptop)
    lab.charon.swanctl("--rekey", "--child-id", lab.charon.newest_child())
    wait_until("our rekey", lambda: established(laptop) == 3)
    children = [(charon, charon.newest_child()) for charon in (laptop.charon, lab.charon)]
    both = [charon.begin("--rekey", "--child-id", child) for charon, child in children]
    for rekey in both:
        rekey.wait()
    # Whoever comes second makes one more, or finds that the SA is rekeyed already.
    wait_until("rekeys by both", lambda: established(laptop) >= 4)
    # IKE, and ESP under the new IKE_SA.
    rekey_ike(laptop)
    rekey_child(laptop)

    # The record follows.
    assert gateway.session(ALICE.user)["id"] == session["id"]
    now = session_ipsec(gateway, ALICE)
    assert now["reqid"] == session["ipsec"]["reqid"] and now["spi_in"] != session["ipsec"]["spi_in"]
    assert f"spi 0x{now['spi_in']}" in lab.net.gateway.output("ip", "xfrm", "state")
    assert traffic.lost() <= too_early(lab.net.gateway, laptop.host)


def test_nat_gives_a_client_another_port(lab: Scenario) -> None:
    gateway = lab.gateway()
    lab.meant_xfrm_errors.add("XfrmInStateMismatch")  # until the kernel has seen the new one
    laptop = lab.client(lab.net.client1)
    link = laptop.connect()
    session = gateway.session(ALICE.user)
    traffic = Traffic(lab, laptop, link)

    for ports in ("20000-29999", "30000-39999"):
        lab.net.move_nat(f"{topology.NAT_OUTER}:{ports}")
        # The client's own packets show the new port; what we sent to the old one meanwhile is lost in the NAT.
        wait_until(
            "the new port in the kernel",
            lambda ports=ports: re.search(
                rf"dport {ports[0]}\d{{4}}", lab.net.gateway.output("ip", "xfrm", "state")
            ),
        )
        # charon deletes an SA and makes it anew to give it another port; a packet of that moment is lost.
        wait_until("traffic by the new port", lambda: laptop.ping(count=1).received)
        lab.check_both_ways(laptop, link.address)
        # For charon the next rekey is one: address and selectors are the same.
        rekey_child(laptop)
        lab.check_both_ways(laptop, link.address)
    traffic.lost()
    assert gateway.session(ALICE.user)["id"] == session["id"]
    assert session_ipsec(gateway, ALICE)["reqid"] == session["ipsec"]["reqid"]


def test_nat_gives_a_client_another_address(lab: Scenario) -> None:
    gateway = lab.gateway(ALICE, BOB)
    # The SA has the old address until the kernel has seen the new one.
    lab.meant_xfrm_errors.add("XfrmInStateMismatch")
    laptop = lab.client(lab.net.client1, ALICE)
    phone = lab.client(lab.net.client2, BOB)
    links = {laptop: laptop.connect(), phone: phone.connect()}
    ids = {account.user: gateway.session(account.user)["id"] for account in (ALICE, BOB)}
    first = kernel_reqids(lab)

    lab.net.move_nat(topology.NAT_OTHER_OUTER)
    for client, account in ((laptop, ALICE), (phone, BOB)):
        # The first packet from the new address shows it to the kernel.
        wait_until(
            f"{client} at the new address", lambda client=client: client.ping(count=1).received
        )
        lab.check_both_ways(client, links[client].address)
        peer = gateway.session(account.user)["peer"]
        assert peer["address"] == topology.NAT_OTHER_OUTER, peer

    # The selectors of the SAs still have the old address: the next rekey makes SAs with another reqid beside the old ones.
    for client in (laptop, phone):
        rekey_child(client)
        lab.check_both_ways(client, links[client].address)
    wait_until("SAs of the old reqids to go", lambda: not first & kernel_reqids(lab))
    for client in (laptop, phone):
        # Now a rekey is one again.
        before = kernel_reqids(lab)
        rekey_child(client)
        lab.check_both_ways(client, links[client].address)
        assert kernel_reqids(lab) == before
    for user, session in ids.items():
        assert gateway.session(user)["id"] == session


def test_a_redial_replaces_the_old_sa_at_once(lab: Scenario) -> None:
    # Keepalives would notice after minutes only.
    gateway = lab.gateway()
    laptop = lab.client(lab.net.client3)
    laptop.connect()
    first = gateway.session(ALICE.user)

    # The power fails; the client is back, at the same address, before anybody missed it.
    laptop.vanish()
    laptop.reappear()
    again = lab.client(lab.net.client3)
    again.launch()
    again.initiate()
    link = again.dial()
    wait_until("the old session to go", lambda: len(gateway.sessions()) == 1)
    assert gateway.session(ALICE.user)["id"] != first["id"]
    wait_until("one SA", lambda: bool(gateway.status()["ipsec"]["sas"] == 1))
    wait_until("one reqid in the kernel", lambda: len(kernel_reqids(lab)) == 1)
    lab.check_both_ways(again, link.address)


def test_sas_without_a_tunnel_go(lab: Scenario) -> None:
    gateway = lab.gateway(ipsec={"setup_timeout": 5, "linger": 60})
    laptop = lab.client(lab.net.client3).launch()

    # Nobody asks for a tunnel.
    laptop.initiate()
    wait_until("an SA", lambda: bool(gateway.status()["ipsec"]["sas"] == 1))
    gateway.wait_no_sas()
    wait_until("the client to be told", lambda: not laptop.charon.swanctl("--list-sas").strip())

    # A client that hangs up and dials again finds its SA still there.
    laptop.initiate()
    laptop.dial()
    before = session_ipsec(gateway, ALICE)
    laptop.lac.hang_up()
    laptop.lac.wait_down()
    gateway.wait_no_live_sessions()
    link = laptop.dial()
    lab.check_both_ways(laptop, link.address)
    now = session_ipsec(gateway, ALICE)
    assert all(now[name] == before[name] for name in ("reqid", "spi_in", "spi_out"))

    # A daemon that has died left an SA; the new one finds it without a tunnel.
    gateway.kill()
    gateway.start()
    wait_until("the SA to be found", lambda: bool(gateway.status()["ipsec"]["sas"] == 1))
    gateway.wait_no_sas()
    gateway.mark_unused()  # at its start it had that SA


def test_sas_that_nobody_knows_any_more_go(lab: Scenario) -> None:
    gateway = lab.gateway(ALICE, BOB)
    laptop = lab.client(lab.net.client3)
    laptop.connect()
    # Somebody else's SA in transport mode, with a policy; and one of tunnel mode, without.
    host = lab.net.gateway
    for words in (
        "xfrm state add src 203.0.113.10 dst 203.0.113.99 proto esp spi 0x99 reqid 99 mode transport",
        "xfrm state add src 203.0.113.10 dst 203.0.113.98 proto esp spi 0x98 reqid 98 mode tunnel",
    ):
        host.run("ip", *words.split(), "enc", "cipher_null", "", "auth", "digest_null", "")
    host.run(
        *"ip xfrm policy add src 203.0.113.10 dst 203.0.113.99 dir out tmpl proto esp reqid 99 mode transport".split()
    )

    # The whole gateway crashes: the kernel alone remembers. The client is gone when it is back.
    gateway.kill()
    lab.charon.kill()
    laptop.vanish()
    lab.charon.start()
    gateway.start()
    assert gateway.process is not None
    gateway.process.wait_for(r"(?s)sa_astray: .*sa_astray: ")
    wait_until("the others' alone", lambda: kernel_reqids(lab) == {"98", "99"})
    # The next client has their reqid.
    phone = lab.client(lab.net.client4, BOB)
    link = phone.connect()
    lab.check_both_ways(phone, link.address)
    assert session_ipsec(gateway, BOB)["reqid"] == 1
    host.run("ip", "xfrm", "policy", "flush")
    for spi in ("99", "98"):
        host.run(
            *f"ip xfrm state delete src 203.0.113.10 dst 203.0.113.{spi} proto esp spi 0x{spi}".split()
        )
    phone.hang_up()
    gateway.wait_no_sas()
    gateway.mark_unused()  # at its start it had those SAs


def test_a_redial_under_another_identity(lab: Scenario) -> None:
    gateway = lab.gateway()
    laptop = lab.client(lab.net.client3, proof=Proof(version=2, identity="first@example.org"))
    laptop.connect()
    first = gateway.session(ALICE.user)
    laptop.vanish()
    laptop.reappear()
    again = lab.client(lab.net.client3, proof=Proof(version=2, identity="second@example.org"))
    again.launch()
    again.initiate()
    link = again.dial()
    # At once: charon itself would find out after a minute.
    assert gateway.process is not None
    gateway.process.wait_for(r"sa_superseded: 203.0.113.23:\d+ \(first@example.org\)", 20)
    wait_until("the old session to go", lambda: len(gateway.sessions()) == 1)
    session = gateway.session(ALICE.user)
    assert session["id"] != first["id"]
    assert session["ipsec"]["remote_id"] == "second@example.org"
    wait_until("one reqid in the kernel", lambda: len(kernel_reqids(lab)) == 1)
    lab.check_both_ways(again, link.address)


def test_a_redial_from_another_port_of_the_nat(lab: Scenario) -> None:
    gateway = lab.gateway()
    # Another machine of the same user stays.
    phone = lab.client(lab.net.client2)
    phone.connect()
    other = gateway.session(ALICE.user)["id"]
    laptop = lab.client(lab.net.client1)
    laptop.connect()
    (first,) = {session["id"] for session in gateway.sessions()} - {other}
    laptop.vanish()
    laptop.reappear()
    lab.net.move_nat(f"{topology.NAT_OUTER}:30000-39999")
    again = lab.client(lab.net.client1)
    link = again.connect()
    # At once: charon would find out after two minutes.
    assert gateway.process is not None
    gateway.process.wait_for(r"sa_superseded: ", 20)
    wait_until("the old session to go", lambda: len(gateway.sessions()) == 2)
    now = {session["id"] for session in gateway.sessions()}
    assert other in now and first not in now
    lab.check_both_ways(again, link.address)


def test_ikev2_rekeys(lab: Scenario) -> None:
    gateway = lab.gateway()
    laptop = lab.client(lab.net.client1, proof=Proof(version=2))
    link = laptop.connect()
    session = gateway.session(ALICE.user)
    traffic = Traffic(lab, laptop, link)
    for _ in range(2):
        rekey_child(laptop)
        rekey_ike(laptop)
    assert traffic.lost() <= too_early(lab.net.gateway, laptop.host)
    now = gateway.session(ALICE.user)
    assert now["id"] == session["id"] and now["ipsec"]["spi_in"] != session["ipsec"]["spi_in"]
    # The daemon ends the IKE SA that there is now.
    laptop.lac.hang_up()
    gateway.wait_no_sas()
    wait_until("the client to be told", lambda: not laptop.charon.swanctl("--list-sas").strip())


@pytest.mark.parametrize("name", ["client3", "client1"])
def test_charon_is_killed_and_started_under_traffic(lab: Scenario, name: str) -> None:
    gateway = lab.gateway()
    laptop = lab.client(getattr(lab.net, name))
    link = laptop.connect()
    session = gateway.session(ALICE.user)["id"]
    traffic = Traffic(lab, laptop, link)
    lab.charon.kill()
    wait_until("the loss of charon", lambda: not gateway.status()["ipsec"]["vici"]["connected"])
    lab.charon.start()
    gateway.wait_ready()
    # The kernel has the SAs, and nothing of a packet goes through charon; but the socket that takes ESP in UDP is charon's.
    behind_nat = name == "client1"
    if behind_nat:
        wait_until("traffic again", lambda: laptop.ping(count=1).received)
    lost = traffic.lost()
    assert behind_nat or lost == 0, lost
    assert gateway.session(ALICE.user)["id"] == session
    assert not xfrm_errors(lab.net.gateway)


def crowd(lab: Scenario, private: int, public: int) -> list[tuple[VpnClient, Account]]:
    """Clients behind the NAT, on the internet, and one that has IPv6 only; each with an account of its own."""
    hosts = [lab.net.private_client(number) for number in range(1, private + 1)]
    hosts += [lab.net.public_client(number) for number in range(3 + private, 3 + private + public)]
    clients = []
    for number, host in enumerate(hosts):
        account = Account(f"user{number}", f"password {number}")
        clients.append((lab.client(host, account), account))
    account = Account("six", "password 6")
    last = lab.net.public_client(3 + private + public)
    clients.append((lab.client(last, account, gateway=topology.GATEWAY_OUTER6), account))
    return clients


@pytest.mark.parametrize(
    "private, public, rekeys",
    [
        (2, 1, 1),
        pytest.param(
            10,
            5,
            3,
            marks=[pytest.mark.long, pytest.mark.limit(3000)],
        ),
    ],
)
def test_a_crowd_is_rekeyed_under_traffic(
    lab: Scenario, private: int, public: int, rekeys: int
) -> None:
    accounts = [Account(f"user{n}", f"password {n}") for n in range(private + public)]
    gateway = lab.gateway(*accounts, Account("six", "password 6"), l2tp={"listen": []})
    clients = crowd(lab, private, public)
    links = {client: client.connect() for client, _ in clients}
    # All of them from port 1701, the NAT's clients from one address.
    sessions = gateway.sessions()
    assert len(sessions) == len(clients)
    assert {session["peer"]["port"] for session in sessions} == {1701}
    assert len({session["peer"]["address"] for session in sessions}) == public + 2

    traffic = [Traffic(lab, client, link) for client, link in links.items()]
    for _ in range(rekeys):
        for client in links:
            rekey_ike(client)
            rekey_child(client)
    lost = sum(each.lost() for each in traffic)
    hosts = [client.host for client in links]
    assert lost <= too_early(lab.net.gateway, *hosts)
    for client, account in clients:
        assert gateway.session(account.user)["address"] == links[client].address
