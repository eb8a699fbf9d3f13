# SPDX-License-Identifier: GPL-2.0-or-later
"""The daemon as packaging/systemd/sallyportd.service runs it: not root, and with the unit's capabilities alone."""

import re
import shutil
from pathlib import Path

from lab import topology
from lab.host import Host
from lab.peers.sallyportd import REPOSITORY, Sallyportd, binary
from lab.peers.xl2tpd import DUAL_STACK_HABITS
from lab.scenario import ALICE, Scenario
from lab.waiting import wait_until

UNIT = REPOSITORY / "packaging/systemd/sallyportd.service"
# A user that every system has stands for the package's own.
USER = "daemon"


def _setpriv() -> list[str]:
    """What the unit gives its process, by setpriv(1)."""
    unit = UNIT.read_text()
    (bounding,) = re.findall(r"^CapabilityBoundingSet=(.*)$", unit, re.MULTILINE)
    assert f"\nAmbientCapabilities={bounding}\n" in unit and "\nNoNewPrivileges=yes\n" in unit
    words = "-all" + "".join(f",+{word.lower().removeprefix('cap_')}" for word in bounding.split())
    sets = [f"--{one}={words}" for one in ("bounding-set", "inh-caps", "ambient-caps")]
    return [
        "setpriv",
        f"--reuid={USER}",
        f"--regid={USER}",
        "--clear-groups",
        "--no-new-privs",
        *sets,
    ]


def _let_in(host: Host, program: Path) -> None:
    """What the package's udev rule, tmpfiles, unit and drop-in for strongSwan do for the user."""
    host.run("chgrp", USER, "/dev/ppp", "/run/charon.vici")
    host.run("chmod", "g+rw", "/dev/ppp", "/run/charon.vici")
    host.run("chown", USER, "/run/sallyport")
    for folder in (host.scratch.parent, host.scratch):
        folder.chmod(0o755)
    for name in ("sallyport.toml", "users", "psk"):
        (host.scratch / name).chmod(0o640)
        host.run("chgrp", USER, str(host.scratch / name))
    program.chmod(0o755)


def _start(gateway: Sallyportd) -> None:
    # A copy: who is not root may not get at the tree.
    program = Path(
        shutil.copy(binary("daemon", "sallyportd", gateway.preset), gateway.host.scratch)
    )
    _let_in(gateway.host, program)
    gateway.launch(*_setpriv(), "sh", "-c", f'shift; exec {program} "$@"', "sh")
    gateway.wait_ready()
    gateway.mark_unused()


def test_three_capabilities_are_enough(lab: Scenario) -> None:
    lab.net.add_inner_ipv6()
    # Not under ASan, whose search for leaks wants more.
    gateway = lab.gateway(
        ALICE,
        start=False,
        preset="release",
        ppp={"ipv6": "allow", "routes": [topology.INSIDE_NET]},
        pool=[topology.DUAL_STACK_POOL],
    )
    _start(gateway)
    assert gateway.process is not None
    status = Path(f"/proc/{gateway.process.pid}/status").read_text()
    assert not re.search(r"^Uid:.*\b0\b", status, re.MULTILINE), status

    # Both families: the port of DHCP, ICMPv6 and the sysctls of an interface are touched.
    laptop = lab.client(lab.net.client1, ALICE, habits=DUAL_STACK_HABITS)
    link = laptop.connect()
    wait_until("a global address on the client", lambda: laptop.host.global_ipv6(link.interface))
    lab.check_both_ways(laptop, link.address)
    lab.check_only_esp_on_the_wire()
    laptop.hang_up()
    gateway.wait_no_sessions()
    assert not re.search(r"^(warning|error): ", gateway.log, re.MULTILINE), gateway.log
