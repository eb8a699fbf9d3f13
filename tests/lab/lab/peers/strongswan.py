# SPDX-License-Identifier: GPL-2.0-or-later
"""charon-systemd, one for each host. It needs no systemd; its VICI socket is in the host's own /run."""

from dataclasses import dataclass
from pathlib import Path

from lab.host import Host, Process
from lab.waiting import wait_until

VICI_SOCKET = "/run/charon.vici"
DEFAULT_PSK = "correct horse battery staple"

# What packages bring for a gateway's charon.
DROP_IN = Path(__file__).resolve().parents[4] / "packaging" / "strongswan" / "sallyport.conf"

# What a scenario needs and no more: with the whole list of a Debian installation charon takes twenty seconds to start
# under emulation. openssl supplies ciphers, hashes and Diffie-Hellman groups.
_PLUGINS = "random nonce openssl pem pkcs1 x509 pubkey hmac kdf kernel-netlink socket-default vici updown counters"

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
  load = random pem pkcs1 x509
}
"""


class Charon:
    """One host's IKE daemon, without any connection until somebody loads one."""

    def __init__(self, host: Host, drop_in: Path | None = None) -> None:
        """`drop_in`: a file that strongswan.conf includes."""
        self.host = host
        self._conf = host.scratch / "strongswan.conf"
        include = f"include {drop_in}\n" if drop_in else ""
        self._conf.write_text(_STRONGSWAN_CONF % {"plugins": _PLUGINS} + include)
        self.process: Process | None = None

    def launch(self) -> None:
        """Starts it; wait_ready() waits until it listens."""
        self.process = self.host.start(
            "charon", "/usr/sbin/charon-systemd", environment={"STRONGSWAN_CONF": str(self._conf)}
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

    def swanctl(self, *arguments: str, check: bool = True) -> str:
        assert self._running().running, f"charon on {self.host.name} has ended"
        return self.host.run(
            "env", f"STRONGSWAN_CONF={self._conf}", "swanctl", *arguments, check=check
        ).stdout

    def load(self, text: str) -> None:
        """Loads connections and secrets in swanctl.conf's language."""
        path = self.host.scratch / "swanctl.conf"
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

_CLIENT_CONF = """
connections {
  l2tp {
    version = 1
    remote_addrs = "%(gateway)s"
    proposals = %(ike)s
    # The clients of the field have no keyingtries: once, then tell the user.
    keyingtries = 1
    local {
      auth = psk
    }
    remote {
      auth = psk
      id = "%(gateway)s"
    }
    children {
      l2tp {
        mode = transport
        local_ts = dynamic[udp/1701]
        remote_ts = dynamic[udp/1701]
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


def client_conf(gateway: str, psk: str = DEFAULT_PSK, proposals: Proposals = MODERN) -> str:
    """A road warrior's connection: IKEv1 main mode, PSK, ESP transport mode for UDP 1701 to 1701."""
    return _CLIENT_CONF % {
        "gateway": gateway,
        "psk": psk,
        "ike": proposals.ike,
        "esp": proposals.esp,
    }


def stock_gateway_conf(gateway: str, psk: str = DEFAULT_PSK) -> str:
    """A concentrator's connection as one writes it by hand, for the scenarios that run without our daemon."""
    return _GATEWAY_CONF % {"gateway": gateway, "psk": psk}
