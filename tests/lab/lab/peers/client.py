# SPDX-License-Identifier: GPL-2.0-or-later
"""A road warrior: charon for the SA, xl2tpd and pppd for what goes through it (over IPv6, which xl2tpd does not speak, a
scripted LAC and pppd). Each step is a call of its own, so that a scenario reads as the client lives it."""

from dataclasses import dataclass

from lab import topology
from lab.host import Host, Ping
from lab.peers.strongswan import DEFAULT_PSK, MODERN, Charon, Proof, Proposals, client_conf
from lab.peers.scripted_lac import ScriptedLac
from lab.peers.xl2tpd import DEFAULT_HABITS, Lac, PppUp, TunnelSecret


@dataclass(frozen=True)
class Account:
    """Somebody who may log in, and how."""

    user: str = "alice"
    password: str = "looking-glass"
    method: str = "mschapv2"
    addresses: str = "*"  # in the server's users file; "-": none


class VpnClient:
    """One client. With `psk` None it speaks L2TP in the clear."""

    def __init__(
        self,
        host: Host,
        account: Account,
        *,
        gateway: str = topology.GATEWAY_OUTER,
        psk: str | None = DEFAULT_PSK,
        proposals: Proposals = MODERN,
        proof: Proof = Proof(),
        port: int = 1701,
        echo_interval: int = 30,
        shared: TunnelSecret | None = None,
        sessions: int = 1,
        habits: tuple[str, ...] = DEFAULT_HABITS,
    ) -> None:
        """`sessions`: over IPv6 only."""
        self.host = host
        self.account = account
        self._gateway = gateway
        self._psk = psk
        self._proposals = proposals
        self._proof = proof
        self.charon = Charon(host)
        words = (host, gateway, account.user, account.password, account.method, port, echo_interval)
        # xl2tpd has no IPv6.
        self.lac = (
            ScriptedLac(*words, shared=shared, sessions=sessions)
            if ":" in gateway
            else Lac(*words, shared, habits)
        )

    def launch(self) -> "VpnClient":
        """Starts the client's daemons; nothing is sent yet."""
        if self._psk is not None:
            self.charon.launch()
        self.lac.start()
        if self._psk is not None:
            self.charon.wait_ready()
            self.load()
        return self

    def load(self) -> None:
        """Gives charon, which runs, the connection."""
        assert self._psk is not None
        if self._proof.certificate:
            self.charon.keep("x509", self._proof.certificate.certificate)
            self.charon.keep("private", self._proof.certificate.private_key)
        if self._proof.ca:
            self.charon.keep("x509ca", self._proof.ca)
        self.charon.load(client_conf(self._gateway, self._psk, self._proposals, self._proof))

    def initiate(self, check: bool = True) -> str:
        """IKE main mode and quick mode. Gives charon's account of it; fails when no CHILD_SA came up."""
        return self.charon.swanctl("--initiate", "--child", "l2tp", "--timeout", "60", check=check)

    def dial(self) -> PppUp:
        """L2TP tunnel, session, PPP. Gives what the client received."""
        self.lac.dial()
        return self.lac.wait_up()

    def connect(self) -> PppUp:
        """From nothing to a working link."""
        self.launch()
        if self._psk is not None:
            self.initiate()
        return self.dial()

    def hang_up(self) -> None:
        """The user disconnects: PPP and L2TP goodbye, then IKE delete."""
        if self.lac.up():
            self.lac.hang_up()
        self.lac.wait_down()
        if self.charon.process and self.charon.process.running:
            self.charon.swanctl("--terminate", "--ike", "l2tp", check=False)

    def vanish(self) -> None:
        """Gone without a word: the cable is out first, so that not even a dying process can say goodbye."""
        self.host.run("ip", "link", "set", "eth0", "down")
        self.host.kill_all()

    def reappear(self) -> None:
        """Booted afresh, with nothing left of its former life in files or kernel, and the cable back in."""
        self.host.run(
            "sh",
            "-c",
            "rm -rf /run/xl2tpd /run/ppp-up /run/charon.vici; ip xfrm state flush; ip xfrm policy flush;"
            "ip link set eth0 up",
        )
        self.host.restore_routes()

    def ping(self, address: str = topology.INSIDE, count: int = 3, size: int = 56) -> Ping:
        return self.host.ping(address, count, size)

    def stop(self) -> None:
        """Ends the daemons, as a shutdown of the client does."""
        try:
            self.lac.stop()
        finally:
            self.charon.stop()

    def __repr__(self) -> str:
        return f"VpnClient({self.host.name}, {self.account.user})"
