# SPDX-License-Identifier: GPL-2.0-or-later
"""What a scenario is given: a fresh topology, ways to start peers in it, and the checks that end it."""

import shutil
from pathlib import Path
from typing import Any

from lab import topology
from lab.capture import CLEAR_TEXT_L2TP, ESP, NEITHER_ESP_NOR_IKE, Capture
from lab.host import Host
from lab.kernel import KernelLog, KernelState, kernel_state, wait_nothing_left, xfrm_errors
from lab.peers.client import Account, VpnClient
from lab.peers.sallyportd import Sallyportd
from lab.peers.strongswan import DROP_IN, Charon
from lab.topology import Topology

ALICE = Account("alice", "looking-glass")
BOB = Account("bob", "through the wood")


class Scenario:
    """One scenario's world. Nothing in it is shared with another scenario."""

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch
        self._kernel_log = KernelLog()
        self.net = Topology(scratch)
        # The wire between the gateway and the world, seen from the world's side: only what really was on it.
        self.wire = Capture(self.net.internet, "gateway")
        self.clients: list[VpnClient] = []
        self.daemon: Sallyportd | None = None
        self._charon: Charon | None = None
        self._state_before: KernelState | None = None
        # Counters of IPsec's errors (/proc/net/xfrm_stat) that the scenario brings about.
        self.meant_xfrm_errors: set[str] = set()
        self.wire.wait_ready()

    # -- peers

    @property
    def charon(self) -> Charon:
        """The gateway's charon: ours to start, and without connections until the daemon loads them."""
        if self._charon is None:
            self._charon = Charon(self.net.gateway, DROP_IN)
        return self._charon

    def gateway(
        self,
        *accounts: Account,
        start: bool = True,
        charon: bool = True,
        preset: str | None = None,
        **changes: Any,
    ) -> Sallyportd:
        """The daemon on the gateway, ready to serve `accounts` (ALICE when none is named), with charon beside it.

        `changes` are tables of the configuration laid over the lab's own: `ppp={"auth": ["pap"]}`. `preset`: of
        another build than the one under test.
        """
        self._state_before = kernel_state(self.net.gateway)
        if charon:
            self.charon.start()
        self.daemon = Sallyportd(
            self.net.gateway, list(accounts) or [ALICE], changes=changes, preset=preset
        )
        if start:
            self.daemon.start()
        return self.daemon

    def clear_text_gateway(
        self, *accounts: Account, preset: str | None = None, **changes: Any
    ) -> Sallyportd:
        """The daemon without IPsec."""
        changes["ipsec"] = {"required": False, **changes.get("ipsec", {})}
        return self.gateway(*accounts, charon=False, preset=preset, **changes)

    def client(self, host: Host, account: Account = ALICE, **options: Any) -> VpnClient:
        """A road warrior on `host`; see VpnClient for the options."""
        client = VpnClient(host, account, **options)
        self.clients.append(client)
        return client

    # -- checks that scenarios share

    def check_only_esp_on_the_wire(self) -> None:
        """Ends the capture. Fails unless all that went between the gateway and the world was IKE and ESP."""
        self.wire.stop()
        assert (
            self.wire.count(CLEAR_TEXT_L2TP) == 0
        ), f"L2TP in the clear on the wire:\n{self.wire.text(CLEAR_TEXT_L2TP)}"
        foreign = self.wire.text(NEITHER_ESP_NOR_IKE)
        assert not foreign, f"neither IKE nor ESP:\n{foreign}"
        assert self.wire.count(ESP) > 0, "not one ESP packet"

    def check_gateway_sent_nothing_in_clear_text(self) -> None:
        """Ends the capture. Of the whole scenario, goodbyes and failures included."""
        self.wire.stop()
        leak = f"{CLEAR_TEXT_L2TP} and (src host {topology.GATEWAY_OUTER} or src host {topology.GATEWAY_OUTER6})"
        assert self.wire.count(leak) == 0, f"in the clear from the gateway:\n{self.wire.text(leak)}"

    def check_both_ways(self, client: VpnClient, address: str) -> None:
        """Pings from the client to the inner net and from the inner net to the client."""
        there = client.ping(topology.INSIDE)
        assert there.received == there.sent, f"{client} to {topology.INSIDE}: {there}"
        back = self.net.inside.ping(address)
        assert back.received == back.sent, f"{topology.INSIDE} to {client} at {address}: {back}"

    # -- the end

    def finish(self) -> None:
        """The end of every scenario that went well: goodbyes, and nothing left anywhere."""
        for client in self.clients:
            if client.lac.process and client.lac.process.running:
                client.hang_up()
        if self.daemon and self.daemon.running:
            self.daemon.wait_no_sessions()
            self.daemon.wait_no_sas()
            self.daemon.wait_unused()
            self.daemon.stop()
            if self.daemon.config["ipsec"]["required"]:
                self.check_gateway_sent_nothing_in_clear_text()
                self._check_xfrm_errors()
        if self._state_before:
            wait_nothing_left(self.net.gateway, self._state_before)
        for client in self.clients:
            client.stop()
        if self._charon:
            self._charon.stop()
        self._kernel_log.check()

    def _check_xfrm_errors(self) -> None:
        """None of those that the kernel counts for packets that come or go, but those for an SA that has just gone, which
        whoever sends may not have heard of."""
        meant = {"XfrmInNoStates", "XfrmOutNoStates", *self.meant_xfrm_errors}
        errors = {
            name: count
            for name, count in xfrm_errors(self.net.gateway).items()
            if name.startswith(("XfrmIn", "XfrmOut")) and name not in meant
        }
        assert not errors, f"errors of IPsec on the gateway: {errors}"

    def describe(self, folder: Path) -> None:
        """Writes down the gateway's state, for a scenario that failed."""
        gateway = self.net.gateway
        commands = (
            "ip -d link",
            "ip address",
            "ip route show table all",
            "ip l2tp show tunnel",
            "ip l2tp show session",
            "ip -s xfrm state",
            "ip xfrm policy",
            "cat /proc/net/xfrm_stat",
            "nft list ruleset",
            "ss -uapn",
        )
        text = "".join(
            f"# {command}\n{gateway.run('sh', '-c', command, check=False).stdout}\n"
            for command in commands
        )
        if self.daemon and self.daemon.running:
            for path in ("/v1/status", "/v1/sessions"):
                try:
                    text += f"# {path}\n{self.daemon.request('GET', path)}\n"
                except (OSError, ValueError) as error:
                    text += f"# {path}\n{error}\n"
        (folder / "gateway.txt").write_text(text)
        (folder / "kernel.log").write_text("\n".join(self._kernel_log.lines()) + "\n")

    def keep(self, folder: Path) -> None:
        """Copies every log, configuration and capture of the scenario to `folder`."""
        shutil.rmtree(folder, ignore_errors=True)
        # Sockets, pipes and the like do not copy.
        shutil.copytree(
            self.scratch,
            folder,
            ignore=lambda where, names: [
                n for n in names if not (p := Path(where) / n).is_file() and not p.is_dir()
            ],
        )
        self.describe(folder)

    def close(self) -> None:
        self.net.close()
        self._kernel_log.close()
