# SPDX-License-Identifier: GPL-2.0-or-later
"""dhcpcd as the IPv6 client of a PPP interface: router advertisements, DHCPv6 and prefix delegation."""

from lab.host import Host, Process
from lab.waiting import wait_until

# nodev: there is no udev that would tell it that an interface is ready.
_CONF = """
allowinterfaces %(interface)s lan0
ipv6only
nodev
duid
noipv6rs
option dhcp6_name_servers, dhcp6_domain_search
script %(script)s

interface %(interface)s
  ipv6rs
  iaid 1
  ia_pd 1 lan0/1/64
"""

# What each event brings is kept, one file for each reason.
_SCRIPT = """#!/bin/sh
env > %(folder)s/$reason.$interface.new
mv %(folder)s/$reason.$interface.new %(folder)s/$reason.$interface
"""


class Dhcpcd:
    """Asks on `interface` for what there is, and gives the interface lan0 a network of what it is delegated."""

    def __init__(self, host: Host, interface: str) -> None:
        self.host = host
        self.interface = interface
        self._folder = host.scratch / "dhcpcd"
        self._folder.mkdir()
        self._conf = host.scratch / "dhcpcd.conf"
        script = host.scratch / "dhcpcd-script"
        script.write_text(_SCRIPT % {"folder": self._folder})
        script.chmod(0o755)
        self._conf.write_text(_CONF % {"interface": interface, "script": script})
        self.process: Process | None = None

    def start(self) -> "Dhcpcd":
        self.host.ip_batch("link add lan0 type dummy", "link set lan0 up")
        self.host.run("mkdir", "-p", "/run/dhcpcd")
        self.process = self.host.start(
            "dhcpcd", "dhcpcd", "-6", "-B", "-d", "-f", str(self._conf), self.interface, "lan0"
        )
        return self

    def wait_event(self, reason: str) -> dict[str, str]:
        """The variables of the last event for that reason: ROUTERADVERT, BOUND6, INFORM6 ..."""
        path = self._folder / f"{reason}.{self.interface}"

        def probe() -> dict[str, str] | None:
            if not path.exists():
                return None
            lines = path.read_text(errors="replace").splitlines()
            return dict(line.split("=", 1) for line in lines if "=" in line)

        assert self.process is not None
        try:
            return wait_until(f"{reason} of dhcpcd on {self.host.name}", probe)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.process.tail(40)}") from None

    def stop(self) -> None:
        """Releases what it has and ends."""
        assert self.process is not None
        self.process.stop()
