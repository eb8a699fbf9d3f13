# SPDX-License-Identifier: GPL-2.0-or-later
"""charon-systemd, one for each host. It needs no systemd; its VICI socket is in the host's own /run."""

import re
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path

from lab.host import Host, Process
from lab.pki import Certificate
from lab.waiting import wait_until

VICI_SOCKET = "/run/charon.vici"
DEFAULT_PSK = "correct horse battery staple"

# What packages bring for a gateway's charon: packaging/strongswan/sallyport.conf.
DROP_IN = Path(__file__).resolve().parents[4] / "packaging" / "strongswan" / "sallyport.conf"

# What a scenario needs and no more: with the whole list of a Debian installation charon takes twenty seconds to start
# under emulation. openssl supplies ciphers, hashes and Diffie-Hellman groups.
_PLUGINS = "random nonce openssl pem pkcs1 pkcs8 x509 revocation constraints pubkey hmac kdf kernel-netlink socket-default vici updown counters"

_STRONGSWAN_CONF = """
charon-systemd {
  load = %(plugins)s
  install_routes = no
  # Nor a rule for a table of routes: the gateway is to look the same with charon and without.
  routing_table = 0
  # Two lost packets are no reason to wait four seconds in a lab.
  retransmit_timeout = 2.0
  retransmit_base = 1.4
  journal {
    default = -1
  }
  filelog {
    stderr {
      default = 1
      ike_name = yes
      time_format = %%T
    }
  }
}
swanctl {
  load = random openssl pem pkcs1 pkcs8 x509
}
"""


class Charon:
    """One host's IKE daemon, without any connection until somebody loads one."""

    # AppArmor, where it is on, confines the programs at these places to configuration in /etc.
    daemon_program = "/usr/sbin/charon-systemd"
    swanctl_program = "swanctl"

    def __init__(self, host: Host, drop_in: Path | None = None) -> None:
        """`drop_in`: a file that strongswan.conf includes."""
        self.host = host
        self._conf = host.scratch / "strongswan.conf"
        self._swanctl_dir = host.scratch / "swanctl"
        include = f"include {drop_in}\n" if drop_in else ""
        self._conf.write_text(_STRONGSWAN_CONF % {"plugins": _PLUGINS} + include)
        self.process: Process | None = None

    def launch(self) -> None:
        """Starts it; wait_ready() waits until it listens."""
        self.process = self.host.start(
            "charon", self.daemon_program, environment={"STRONGSWAN_CONF": str(self._conf)}
        )

    def wait_ready(self) -> None:
        process = self._running()

        def probe() -> bool:
            assert process.running, f"charon ended with {process.status()}:\n{process.tail()}"
            return self.host.path(VICI_SOCKET).is_socket()

        wait_until(f"VICI socket of {self.host.name}", probe)

    def _running(self) -> Process:
        assert self.process is not None, f"charon on {self.host.name} was not launched"
        return self.process

    def start(self) -> "Charon":
        self.launch()
        self.wait_ready()
        return self

    def stop(self) -> None:
        if self.process and self.process.running:
            self.process.stop()
            self.host.path(VICI_SOCKET).unlink(missing_ok=True)

    def kill(self) -> None:
        """As a crash: its SAs stay in the kernel, and its socket on the disk."""
        if self.process:
            self.process.kill()

    def _swanctl(self, arguments: tuple[str, ...]) -> tuple[str, ...]:
        assert self._running().running, f"charon on {self.host.name} has ended"
        environment = (f"STRONGSWAN_CONF={self._conf}", f"SWANCTL_DIR={self._swanctl_dir}")
        return ("env", *environment, self.swanctl_program, *arguments)

    def swanctl(self, *arguments: str, check: bool = True) -> str:
        return self.host.run(*self._swanctl(arguments), check=check).stdout

    def swanctl_command(self) -> str:
        """swanctl for a shell on the host; arguments go behind it."""
        return shlex.join(self._swanctl(()))

    def begin(self, *arguments: str) -> Process:
        """swanctl in the background."""
        return self.host.start("swanctl", *self._swanctl(arguments))

    def children(self) -> list[str]:
        """The numbers of the CHILD_SAs."""
        return re.findall(r"#(\d+), reqid \d+, INSTALLED", self.swanctl("--list-sas"))

    def newest_child(self) -> str:
        """The number of the CHILD_SA that came up last. After a rekey `--child NAME` finds the one that was rekeyed."""
        listed = self.children()
        assert listed, f"charon on {self.host.name} has no CHILD_SA"
        return str(max(map(int, listed)))

    @property
    def log(self) -> str:
        """What it has logged since it was started last."""
        return self._running().log

    def keep(self, kind: str, *files: Path) -> None:
        """Puts files where swanctl looks for them: `x509`, `x509ca`, `x509crl`, `private`."""
        folder = self._swanctl_dir / kind
        folder.mkdir(parents=True, exist_ok=True)
        for file in files:
            shutil.copy(file, folder)

    def wait_log(self, pattern: str, count: int = 1) -> None:
        """Until the log has `count` lines with `pattern`."""
        process = self._running()
        wait_until(
            f"{count} times {pattern!r} in charon's log on {self.host.name}",
            lambda: len(re.findall(pattern, process.log)) >= count,
        )

    def load(self, text: str) -> None:
        """Loads connections and secrets in swanctl.conf's language."""
        # swanctl looks for certificates and keys beside the file.
        self._swanctl_dir.mkdir(exist_ok=True)
        path = self._swanctl_dir / "swanctl.conf"
        path.write_text(text)
        self.swanctl("--load-all", "--file", str(path))


@dataclass(frozen=True)
class Proposals:
    """What a client offers in IKE and for ESP."""

    ike: str
    esp: str


MODERN = Proposals(ike="aes256-sha256-modp2048", esp="aes256-sha256")
# What Windows 10 and 11 send first to last, in their order.
WINDOWS = Proposals(
    ike="aes256-sha1-ecp384,aes128-sha1-ecp256,aes256-sha1-modp2048,3des-sha1-modp2048",
    esp="aes256-sha1,aes128-sha1,3des-sha1",
)

# What Android up to 11 and Windows Vista have at most: nothing without MODP 1024.
LEGACY = Proposals(ike="3des-sha1-modp1024", esp="3des-sha1")


@dataclass(frozen=True)
class Proof:
    """How a client proves who it is, and what it says that it is; with the PSK and its address when all is left out."""

    version: int = 1
    identity: str = ""
    certificate: Certificate | None = None
    ca: Path | None = None  # of the gateway's certificate; without, the gateway is to know the PSK
    gateway: str = ""  # what the gateway is to call itself; its address when left out


_CLIENT_CONF = """
connections {
  l2tp {
    version = %(version)d
    remote_addrs = "%(gateway)s"
    proposals = %(ike)s
    # The clients of the field have no keyingtries: once, then tell the user.
    keyingtries = 1
    local {
      %(local)s
    }
    remote {
      %(remote)s
      id = "%(gateway_id)s"
    }
    children {
      l2tp {
        mode = transport
        local_ts = dynamic[17/1701]
        remote_ts = dynamic[17/1701]
        esp_proposals = %(esp)s
      }
    }
  }
}
secrets {
  ike-l2tp {
    secret = "%(psk)s"
  }
}
"""

_GATEWAY_CONF = """
connections {
  l2tp {
    version = 1
    local_addrs = %(gateway)s
    proposals = aes256-sha256-modp2048
    unique = never
    local {
      auth = psk
    }
    remote {
      auth = psk
    }
    children {
      l2tp {
        mode = transport
        local_ts = dynamic[udp/1701]
        remote_ts = dynamic[udp]
        esp_proposals = aes256-sha256
      }
    }
  }
}
secrets {
  ike-l2tp {
    secret = "%(psk)s"
  }
}
"""


def client_conf(
    gateway: str,
    psk: str = DEFAULT_PSK,
    proposals: Proposals = MODERN,
    proof: Proof = Proof(),
) -> str:
    """A road warrior's connection, ESP transport mode for UDP 1701 to 1701: IKEv1 main mode and PSK unless told else."""
    local = "auth = psk"
    if proof.certificate:
        local = f"auth = pubkey\n      certs = {proof.certificate.certificate.name}"
    if proof.identity:
        local += f"\n      id = {proof.identity}"
    return _CLIENT_CONF % {
        "version": proof.version,
        "gateway": gateway,
        "gateway_id": proof.gateway or gateway,
        "psk": psk,
        "ike": proposals.ike,
        "esp": proposals.esp,
        "local": local,
        "remote": "auth = pubkey" if proof.ca else "auth = psk",
    }


def stock_gateway_conf(gateway: str, psk: str = DEFAULT_PSK) -> str:
    """A concentrator's connection as one writes it by hand, for the scenarios that run without our daemon."""
    return _GATEWAY_CONF % {"gateway": gateway, "psk": psk}
