# SPDX-License-Identifier: GPL-2.0-or-later
"""Who may come in by which key, connection and certificate, and what charon has of ours before and after."""

from pathlib import Path
from typing import Any

import pytest

from lab import topology
from lab.peers.client import VpnClient
from lab.peers.libreswan import Libreswan
from lab.peers.sallyportd import Sallyportd
from lab.peers.strongswan import DEFAULT_PSK, LEGACY, Proof
from lab.peers.xl2tpd import DEFAULT_HABITS, Lac
from lab.pki import Authority
from lab.scenario import ALICE, BOB, Scenario
from lab.waiting import wait_until

THREE = topology.OUTER_ADDRESS["client3"]
FOUR = topology.OUTER_ADDRESS["client4"]

# Somebody else's use of the same charon.
OFFICE = """
connections {
  office {
    remote_addrs = 198.51.100.1
    children {
      net {
        remote_ts = 10.99.0.0/16
      }
    }
  }
}
secrets {
  ike-office {
    id = 198.51.100.1
    secret = "not yours"
  }
}
"""


def connections(lab: Scenario) -> set[str]:
    """The names of what the gateway's charon has loaded."""
    lines = lab.charon.swanctl("--list-conns").splitlines()
    return {line.partition(":")[0] for line in lines if line and not line.startswith(" ")}


def refused(client: VpnClient) -> bool:
    """Whether the gateway does not let the client come as far as an SA."""
    if "initiate failed" not in client.initiate(check=False):
        return False
    return not client.charon.swanctl("--list-sas").strip()


def check_works(lab: Scenario, client: VpnClient) -> None:
    client.initiate()
    link = client.dial()
    lab.check_both_ways(client, link.address)


def test_keys_and_connections_by_address(lab: Scenario) -> None:
    # client3's address has a key of its own; client4's a connection with another, for old clients too.
    changes: dict[str, Any] = {
        "ipsec.key": [{"addresses": ["203.0.113.16/29"], "psk": "three"}],
        "ipsec.connection": [
            {"name": "old", "remote_addresses": [FOUR], "psk": "four", "legacy": True}
        ],
    }
    gateway = lab.gateway(ALICE, BOB, start=False, **changes)
    # Before the daemon: swanctl --load-all takes away what it does not know, ours too.
    lab.charon.load(OFFICE)
    gateway.start()
    assert connections(lab) == {"sallyport", "sallyport-psk-old", "office"}

    # The key of all does not open for client3; that of its network does.
    stranger = lab.client(lab.net.client3).launch()
    assert refused(stranger)
    stranger.stop()
    check_works(lab, lab.client(lab.net.client3, ALICE, psk="three").launch())

    # Nor does 3DES with MODP 1024 for client1; for client4, whose connection says legacy, it does.
    old = lab.client(lab.net.client1, proposals=LEGACY).launch()
    assert refused(old)
    old.stop()
    check_works(lab, lab.client(lab.net.client4, BOB, psk="four", proposals=LEGACY).launch())
    sa = gateway.session(BOB.user)["ipsec"]
    assert "MODP_1024" in sa["ike_proposal"] and "3DES" in sa["esp_proposal"], sa

    # The configuration of the next start does not name the connection. The daemon has died meanwhile and could not take it
    # back itself. What others have loaded stays.
    gateway.kill()
    assert "sallyport-psk-old" in connections(lab)
    del gateway.config["ipsec.connection"]
    gateway.write_config()
    gateway.start()
    wait_until("the connection to go", lambda: connections(lab) == {"sallyport", "office"})
    gateway.stop()
    assert connections(lab) == {"office"}
    gateway.start()


def test_a_reload_changes_keys_under_a_live_session(lab: Scenario) -> None:
    gateway = lab.gateway(ALICE, BOB, **{"ipsec.key": [{"addresses": [THREE], "psk": "three"}]})
    laptop = lab.client(lab.net.client1, ALICE)
    laptop.connect()
    before = gateway.session(ALICE.user)
    pings = laptop.host.pings(topology.INSIDE)

    # Another key for all, and none any more that only client3 has.
    (gateway.host.scratch / "psk").write_text("another\n")
    del gateway.config["ipsec.key"]
    gateway.write_config()
    changed = gateway.cli("reload").stdout
    assert "ipsec.psk_file" in changed and "ipsec.key[0].psk" in changed, changed
    wait_until("charon to have it", lambda: "ike_configured" in gateway.log)

    for host, psk in ((lab.net.client4, DEFAULT_PSK), (lab.net.client3, "three")):
        stranger = lab.client(host, BOB, psk=psk).launch()
        assert refused(stranger), host
        stranger.stop()
    check_works(lab, lab.client(lab.net.client3, BOB, psk="another").launch())

    ended = pings.stop()
    assert ended.received == ended.sent, ended
    now = gateway.session(ALICE.user)
    assert now["id"] == before["id"] and now["ipsec"]["spi_in"] == before["ipsec"]["spi_in"]


def test_ikev2_and_keys_by_identity(lab: Scenario) -> None:
    key = [{"identities": ["laptop@example.org"], "psk": "laptop's"}]
    gateway = lab.gateway(ALICE, BOB, **{"ipsec.key": key})

    # IKEv2 tells the identity before the key is needed.
    proof = Proof(version=2, identity="laptop@example.org")
    stranger = lab.client(lab.net.client3, proof=proof).launch()
    assert refused(stranger)
    stranger.stop()
    check_works(lab, lab.client(lab.net.client3, ALICE, psk="laptop's", proof=proof).launch())
    session = gateway.session(ALICE.user)
    assert session["ipsec"]["ike"] == "IKEv2"
    assert session["ipsec"]["remote_id"] == "laptop@example.org"

    # Beside it, behind the NAT, the key of all.
    check_works(lab, lab.client(lab.net.client1, BOB, proof=Proof(version=2)).launch())


def with_certificates(lab: Scenario, ca: Authority, **ipsec: Any) -> Sallyportd:
    own = ca.issue("gateway", f"IP:{topology.GATEWAY_OUTER}")
    return lab.gateway(
        ALICE,
        BOB,
        ipsec={
            "certificate_file": str(own.certificate),
            "private_key_file": str(own.private_key),
            "ca_files": [str(ca.own.certificate)],
            **ipsec,
        },
    )


def proof_of(ca: Authority, name: str, days: int = 7, **changes: Any) -> Proof:
    """What a client with a certificate of `ca` shows, and expects from the gateway."""
    issued = ca.issue(name, f"DNS:{name}", days)
    gateway_ca = changes.pop("gateway_ca", ca.own.certificate)
    return Proof(certificate=issued, ca=gateway_ca, gateway="O=lab, CN=gateway", **changes)


def test_certificates_of_clients(lab: Scenario) -> None:
    ca = Authority(lab.scratch / "ca", "good")
    other = Authority(lab.scratch / "other", "other")
    gateway = with_certificates(lab, ca)

    # IKEv1 main mode, as Windows has it.
    check_works(lab, lab.client(lab.net.client1, ALICE, proof=proof_of(ca, "alice")).launch())
    session = gateway.session(ALICE.user)
    assert session["ipsec"]["ike"] == "IKEv1"
    assert session["ipsec"]["remote_id"] == "O=lab, CN=alice"
    # The key is for those without a certificate.
    check_works(lab, lab.client(lab.net.client3, BOB).launch())

    # Another CA's, and one that has expired; IKEv2 finds the same connection.
    good = str(ca.own.certificate)
    unknown, late = "from a CA that we do not know", "certificate is not valid now"
    for name, proof, reason in (
        ("mallory", proof_of(other, "mallory", gateway_ca=Path(good)), unknown),
        ("late", proof_of(ca, "late", days=0), late),
        ("trudy", proof_of(other, "trudy", gateway_ca=Path(good), version=2), unknown),
    ):
        stranger = lab.client(lab.net.client4, proof=proof).launch()
        assert refused(stranger), proof
        gateway.wait_why(FOUR, reason, f"identity O=lab, CN={name}\n")
        stranger.stop()
    gateway.wait_why(FOUR, "It ended in IKE authentication", "Renew the certificate")
    check_works(
        lab, lab.client(lab.net.client2, ALICE, proof=proof_of(ca, "two", version=2)).launch()
    )


def test_certificates_that_are_revoked(lab: Scenario) -> None:
    ca = Authority(lab.scratch / "ca", "good")
    good, bad = proof_of(ca, "good-one"), proof_of(ca, "bad-one", version=2)
    gateway = with_certificates(lab, ca, revocation="strict")

    # Nobody knows of a list of the CA's.
    client = lab.client(lab.net.client3, ALICE, proof=good).launch()
    assert refused(client)

    assert bad.certificate is not None
    lab.charon.keep("x509crl", ca.revoke(bad.certificate))
    # Which also takes away what is not in swanctl's files; the daemon notices.
    lab.charon.swanctl("--load-creds")
    wait_until("our keys to be back", lambda: "ike_configured" in gateway.log)
    check_works(lab, client)
    revoked = lab.client(lab.net.client4, BOB, proof=bad).launch()
    assert refused(revoked)
    gateway.wait_why(FOUR, "the client's certificate is revoked", "O=lab, CN=bad-one")


def test_clients_without_certificates_of_a_gateway_with_one(lab: Scenario) -> None:
    ca = Authority(lab.scratch / "ca", "good")
    gateway = with_certificates(lab, ca, client_certificates=False)
    # IKEv2: the gateway shows its certificate, the client proves the key.
    proof = Proof(version=2, ca=ca.own.certificate)
    check_works(lab, lab.client(lab.net.client1, ALICE, proof=proof).launch())
    assert gateway.session(ALICE.user)["ipsec"]["ike"] == "IKEv2"
    stranger = lab.client(lab.net.client3, psk="wrong", proof=proof).launch()
    assert refused(stranger)
    # IKEv1 goes on with the key on both sides.
    check_works(lab, lab.client(lab.net.client4, BOB).launch())


@pytest.mark.parametrize("name", ["client1", "client3"])
def test_libreswan_as_client(lab: Scenario, name: str) -> None:
    # Behind the NAT or not, with a client of strongSwan's beside it.
    gateway = lab.gateway(ALICE, BOB)
    check_works(lab, lab.client(lab.net.client2, BOB).launch())
    host = getattr(lab.net, name)
    behind_nat = name in topology.PRIVATE_ADDRESS and name not in topology.OUTER_ADDRESS
    own = (topology.PRIVATE_ADDRESS if behind_nat else topology.OUTER_ADDRESS)[name]
    pluto = Libreswan(host, own, rekeys=True)
    pluto.start()
    lac = Lac(
        host,
        topology.GATEWAY_OUTER,
        ALICE.user,
        ALICE.password,
        ALICE.method,
        1701,
        30,
        None,
        DEFAULT_HABITS,
    )
    lac.start()
    pluto.initiate()
    lac.dial()
    link = lac.wait_up()
    before = gateway.session(ALICE.user)
    ipsec = before["ipsec"]
    assert ipsec["ike"] == "IKEv1", ipsec
    assert ipsec["encapsulation"] == ("udp" if behind_nat else "none"), ipsec

    # Its own rekeys of IKE and of ESP, under the old IKE SA and the new.
    pings = host.pings(topology.INSIDE), lab.net.inside.pings(link.address)
    spis = {ipsec["spi_in"]}

    def rekeyed() -> bool:
        spis.add(gateway.session(ALICE.user)["ipsec"]["spi_in"])
        return len(spis) > 3 and pluto.ike_sas() > 2

    wait_until("three rekeys of ESP and two of IKE", rekeyed, 240)
    for ended in (ping.stop() for ping in pings):
        assert ended.received == ended.sent, ended
    now = gateway.session(ALICE.user)
    assert now["id"] == before["id"] and now["ipsec"]["reqid"] == ipsec["reqid"]

    # It leaves without a word of L2TP: the end of its SAs is enough.
    pluto.terminate()
    wait_until("the session to go", lambda: len(gateway.sessions()) == 1)
    lac.stop()
    pluto.stop()
