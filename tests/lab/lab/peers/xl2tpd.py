# SPDX-License-Identifier: GPL-2.0-or-later
"""xl2tpd with pppd: as the client (LAC) that our daemon meets, and as the stock concentrator (LNS) that proves the lab."""

import re
from dataclasses import dataclass
from pathlib import Path

from lab import topology
from lab.host import Host, Process
from lab.waiting import wait_until

_CONTROL = "/run/xl2tpd/control"
_PPP_UP = "/run/ppp-up"

# What a client's pppd must refuse so that only one method of authentication is left.
_REFUSE = {
    "pap": ("eap", "chap", "mschap", "mschap-v2"),
    "chap": ("eap", "pap", "mschap", "mschap-v2"),
    "mschapv2": ("eap", "pap", "chap", "mschap"),
    "eap": ("pap", "chap", "mschap", "mschap-v2"),
    "none": ("eap", "pap", "chap", "mschap", "mschap-v2"),
}

_LAC_CONF = """
[global]
port = %(port)d
access control = no
force userspace = %(userspace)s
%(global)s
[lac vpn]
%(tunnel)s
lns = %(lns)s
name = %(user)s
pppoptfile = %(options)s
length bit = yes
tunnel rws = 8
"""

# What a well-behaved client asks for; an odd one has other habits.
_MODEST = ("noccp", "novj", "noipdefault", "ipcp-accept-local")
DEFAULT_HABITS = (*_MODEST, "noipv6")
DUAL_STACK_HABITS = (*_MODEST, "+ipv6")

_LAC_OPTIONS = """
noauth
nodefaultroute
ipcp-accept-remote
usepeerdns
mtu 1400
mru 1400
lcp-echo-interval %(echo_interval)d
lcp-echo-failure 4
debug
logfile %(log)s
user "%(user)s"
password "%(password)s"
"""

# pppd's environment tells more than its arguments: $4 our address, $5 the peer's, DNS1 and DNS2 from usepeerdns.
_IP_UP = """#!/bin/sh
set -e
ip route add %(inside)s dev "$1"
ip route add %(pool)s dev "$1"
{ echo "interface=$1"; echo "address=$4"; echo "peer=$5"; echo "dns=$DNS1 $DNS2"; } > %(up)s.new
mv %(up)s.new %(up)s
"""
_IP_DOWN = """#!/bin/sh
rm -f %(up)s
"""


@dataclass(frozen=True)
class PppUp:
    """What a client was given."""

    interface: str
    address: str
    peer: str
    dns: list[str]


@dataclass(frozen=True)
class TunnelSecret:
    """What xl2tpd shares with its peer, and what it does with that."""

    secret: str
    challenge: bool = False
    hidden: bool = False


def _tunnel_words(host: Host, shared: TunnelSecret | None) -> dict[str, str]:
    """The lines for the sections "global" and "lac" or "lns"."""
    if shared is None:
        return {"global": "", "tunnel": ""}
    secrets = host.scratch / "l2tp-secrets"
    secrets.write_text(f"* * {shared.secret}\n")
    secrets.chmod(0o600)
    lines = ["challenge = yes"] * shared.challenge + ["hidden bit = yes"] * shared.hidden
    return {"global": f"auth file = {secrets}", "tunnel": "\n".join(lines)}


def _write_script(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


class _Pppd:
    """What the two have in common: a pppd that logs."""

    host: Host
    ppp_log_path: Path

    @property
    def ppp_log(self) -> str:
        """pppd's log with every LCP, authentication and IPCP packet it sent or received."""
        return self.ppp_log_path.read_text(errors="replace") if self.ppp_log_path.exists() else ""

    def wait_ppp_log(self, pattern: str) -> re.Match[str]:
        expression = re.compile(pattern, re.MULTILINE)
        return wait_until(
            f"{pattern!r} in pppd's log on {self.host.name}",
            lambda: expression.search(self.ppp_log),
        )


class Lac(_Pppd):
    """The client's half: an L2TP access concentrator with a pppd, dialling on command."""

    def __init__(
        self,
        host: Host,
        lns: str,
        user: str,
        password: str,
        method: str,
        port: int = 1701,
        echo_interval: int = 30,
        shared: TunnelSecret | None = None,
        habits: tuple[str, ...] = DEFAULT_HABITS,
        userspace: bool = False,
    ) -> None:
        """`habits`: lines for pppd besides those that every client needs. `userspace`: data does not go through the kernel's
        L2TP, as on a client without one; pppd then takes the line for a serial one."""
        self.host = host
        self.lns = lns
        self._conf = host.scratch / "xl2tpd.conf"
        self.ppp_log_path = host.scratch / "pppd.log"
        self.options = options = host.scratch / "options.xl2tpd"
        more = "".join(f"{line}\n" for line in habits)
        more += "".join(f"refuse-{method_}\n" for method_ in _REFUSE[method])
        options.write_text(
            _LAC_OPTIONS
            % {
                "user": user,
                "password": password,
                "log": self.ppp_log_path,
                "echo_interval": echo_interval,
            }
            + more
        )
        self._conf.write_text(
            _LAC_CONF
            % {
                "port": port,
                "lns": lns,
                "user": user,
                "options": options,
                "userspace": "yes" if userspace else "no",
                **_tunnel_words(host, shared),
            }
        )
        words = {"inside": topology.INSIDE_NET, "pool": topology.POOL_NET, "up": _PPP_UP}
        _write_script(host.etc_ppp / "ip-up", _IP_UP % words)
        _write_script(host.etc_ppp / "ip-down", _IP_DOWN % words)
        (host.etc_ppp / "options").touch()
        self.process: Process | None = None

    def start(self) -> "Lac":
        self.host.path("/run/xl2tpd").mkdir(exist_ok=True)
        self.host.path(_CONTROL).unlink(missing_ok=True)  # of a former life
        self.process = self.host.start(
            "xl2tpd", "xl2tpd", "-D", "-c", str(self._conf), "-C", _CONTROL, "-p", "/run/xl2tpd/pid"
        )
        self.process.wait_for(r"Listening on IP address")
        wait_until(
            f"control pipe of xl2tpd on {self.host.name}",
            lambda: self.host.path(_CONTROL).is_fifo(),
        )
        return self

    def _control(self, command: str) -> None:
        self.host.run("xl2tpd-control", "-c", _CONTROL, command, "vpn")

    def dial(self) -> None:
        """SCCRQ, ICRQ and what follows. The answer, if any, is in wait_up() or the logs."""
        self._control("connect-lac")

    def hang_up(self) -> None:
        """The user's disconnect: CDN and StopCCN."""
        self._control("disconnect-lac")

    def up(self) -> PppUp | None:
        """What IPCP gave, while the link is up."""
        try:
            text = self.host.path(_PPP_UP).read_text()
        except FileNotFoundError:
            return None
        values = dict(line.split("=", 1) for line in text.splitlines())
        return PppUp(values["interface"], values["address"], values["peer"], values["dns"].split())

    def wait_up(self) -> PppUp:
        def probe() -> PppUp | None:
            assert self.process is not None and self.process.running, "the LAC has ended"
            return self.up()

        try:
            return wait_until(f"PPP link of {self.host.name}", probe)
        except AssertionError as error:
            raise AssertionError(
                f"{error}\n--- LAC\n{self.process.tail() if self.process else ''}\n--- pppd\n{self.ppp_tail()}"
            ) from None

    def ppp_tail(self, lines: int = 15) -> str:
        return "\n".join(self.ppp_log.splitlines()[-lines:])

    def wait_down(self) -> None:
        """Until no PPP interface is left on the host, however it ended."""
        wait_until(
            f"no PPP link on {self.host.name}",
            lambda: not self.host.output("ip", "-o", "link", "show", "type", "ppp"),
        )

    def stop(self) -> None:
        if self.process and self.process.running:
            self.process.stop()


_LNS_CONF = """
[global]
port = 1701
access control = no
%(global)s
[lns default]
%(tunnel)s
ip range = %(range)s
local ip = %(local)s
length bit = yes
require authentication = yes
name = gw
pppoptfile = %(options)s
"""

_LNS_OPTIONS = """
name gw
auth
require-%(method)s
ms-dns %(dns)s
noccp
mtu 1400
mru 1400
nodefaultroute
connect-delay 100
debug
logfile %(log)s
"""


class Lns(_Pppd):
    """The stock concentrator: xl2tpd with a pppd for each session. For the scenario that proves the lab itself, and as the
    server that our daemon dials; `net` is the /24 that its clients get their addresses from."""

    def __init__(
        self,
        host: Host,
        user: str,
        password: str,
        *,
        method: str = "mschapv2",
        net: str = topology.POOL_GATEWAY.removesuffix(".1"),
        shared: TunnelSecret | None = None,
    ) -> None:
        self.host = host
        self.ppp_log_path = host.scratch / "pppd.log"
        require = {"mschapv2": "mschap-v2"}.get(method, method)
        options = host.scratch / "options.lns"
        options.write_text(
            _LNS_OPTIONS % {"dns": topology.INSIDE, "log": self.ppp_log_path, "method": require}
        )
        self._conf = host.scratch / "xl2tpd.conf"
        self._conf.write_text(
            _LNS_CONF
            % {
                "local": f"{net}.1",
                "range": f"{net}.2-{net}.250",
                "options": options,
                **_tunnel_words(host, shared),
            }
        )
        (host.etc_ppp / "options").touch()
        for secrets in ("chap-secrets", "pap-secrets"):
            (host.etc_ppp / secrets).write_text(f'"{user}" * "{password}" *\n')
            (host.etc_ppp / secrets).chmod(0o600)
        self.process: Process | None = None

    def start(self) -> "Lns":
        self.host.path("/run/xl2tpd").mkdir(exist_ok=True)
        self.process = self.host.start(
            "xl2tpd", "xl2tpd", "-D", "-c", str(self._conf), "-C", _CONTROL, "-p", "/run/xl2tpd/pid"
        )
        self.process.wait_for(r"Listening on IP address")
        return self

    def kill(self) -> None:
        """As a crash, its pppds with it."""
        self.host.kill_all()

    def stop(self) -> None:
        if self.process and self.process.running:
            self.process.stop()
