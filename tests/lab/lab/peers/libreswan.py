# SPDX-License-Identifier: GPL-2.0-or-later
"""libreswan as the IKE daemon of a client, beside the charon of all others: another implementation's idea of main mode.

Its package cannot be installed beside strongSwan's, so tests/lab/vm unpacks it into the lab's cache.
"""

import os
from pathlib import Path

from lab import topology
from lab.host import Host, Process
from lab.peers.strongswan import DEFAULT_PSK

_CACHE = Path(os.environ.get("SALLYPORT_LAB_CACHE", "/var/cache/sallyport-lab"))

# `conn` as libreswan's own documentation has it for L2TP; PFS as none of the native clients asks for it.
_CONF = """
config setup
    ikev1-policy=accept

conn l2tp
    type=transport
    authby=secret
    ikev2=no
    left=%(own)s
    leftprotoport=17/1701
    leftupdown=%%disabled
    right=%(gateway)s
    rightprotoport=17/1701
    ike=aes256-sha2;modp2048
    esp=aes256-sha2
    pfs=no
    auto=ignore
    ikelifetime=%(ike_lifetime)ds
    salifetime=%(esp_lifetime)ds
    # Pluto cannot be told to rekey IKEv1; it does so this long before an end.
    rekeymargin=%(margin)ds
    rekeyfuzz=0%%
"""


class Libreswan:
    """One host's pluto."""

    def __init__(self, host: Host, own: str, psk: str = DEFAULT_PSK, rekeys: bool = False) -> None:
        """`own`: the host's address, which its packets are sent from. `rekeys`: ESP every 20 s and IKE every 35 s."""
        self.host = host
        # pluto looks for its programs there.
        self._programs = Path("/usr/libexec/ipsec")
        host.run("mkdir", "-p", str(self._programs))
        unpacked = _CACHE / "libreswan/usr/libexec/ipsec"
        host.run("mount", "--bind", str(unpacked), str(self._programs))
        self._folder = host.scratch / "libreswan"
        self._folder.mkdir()
        (self._folder / "ipsec.conf").write_text(
            _CONF
            % {
                "own": own,
                "gateway": topology.GATEWAY_OUTER,
                "ike_lifetime": 75 if rekeys else 28800,
                "esp_lifetime": 60 if rekeys else 28800,
                "margin": 40 if rekeys else 540,
            }
        )
        secrets = self._folder / "ipsec.secrets"
        secrets.write_text(f'%any %any : PSK "{psk}"\n')
        secrets.chmod(0o600)
        self.process: Process | None = None

    def start(self) -> None:
        nss = f"sql:{self._folder}"
        self.host.run("certutil", "-N", "-d", nss, "--empty-password")
        self.process = self.host.start(
            "pluto",
            str(self._programs / "pluto"),
            *("--nofork", "--stderrlog", "--config", str(self._folder / "ipsec.conf")),
            *("--secretsfile", str(self._folder / "ipsec.secrets")),
            *("--nssdir", str(self._folder), "--rundir", str(self._folder)),
            *("--ipsecdir", str(self._folder), "--dumpdir", str(self._folder)),
        )
        self.process.wait_for("adding (UDP )?interface|listening for IKE messages")
        self._whack("--listen")
        self.host.run(
            str(self._programs / "addconn"),
            *("--config", str(self._folder / "ipsec.conf")),
            *("--ctlsocket", str(self._folder / "pluto.ctl"), "l2tp"),
        )

    def _whack(self, *arguments: str, check: bool = True) -> str:
        whack = str(self._programs / "whack")
        return self.host.run(whack, "--rundir", str(self._folder), *arguments, check=check).stdout

    def initiate(self) -> str:
        """Main mode and quick mode; gives pluto's account of it."""
        account = self._whack("--name", "l2tp", "--initiate")
        assert "IPsec SA established transport mode" in account, account
        return account

    def status(self) -> str:
        return self._whack("--status")

    def ike_sas(self) -> int:
        """How many it has made since its start."""
        assert self.process is not None
        return self.process.log.count("IKE SA established")

    def terminate(self) -> None:
        """Deletes its SAs, and tells the gateway."""
        self._whack("--name", "l2tp", "--terminate")

    def stop(self) -> None:
        self._whack("--shutdown")
        assert self.process is not None
        self.process.stop()
