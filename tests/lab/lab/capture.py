# SPDX-License-Identifier: GPL-2.0-or-later
"""Packet captures on an interface, kept when a scenario fails, and questions to them."""

import os
import re
import signal
import subprocess
from pathlib import Path

from lab.host import Host, Process
from lab.waiting import wait_until

# ESP proper, or in UDP behind the port of NAT-T, where IKE begins with four zeros (RFC 3948 §2.1, §2.2). pcap-filter(7):
# what is in UDP can be asked for over IPv4 alone; over IPv6 it begins behind 40 and 8 octets.
ESP = (
    "ip proto 50 or ip6 proto 50 or (ip and udp port 4500 and udp[8:4] != 0)"
    " or (ip6 and udp port 4500 and ip6[48:4] != 0)"
)
# Whatever is neither IKE nor ESP between the gateway and the world does not belong on the wire of an IPsec concentrator.
# ICMP, IGMP and MLD (which comes behind hop-by-hop options) are left out of account: they carry no user's data out of a
# tunnel in this lab; errors are legitimate, and a kernel reports the groups of its interfaces when it likes.
NEITHER_ESP_NOR_IKE = (
    "(ip or ip6) and not (ip proto 50 or ip6 proto 50 or udp port 500 or udp port 4500"
    " or icmp or igmp or icmp6 or ip6 proto 0)"
)
CLEAR_TEXT_L2TP = "udp port 1701"
# Data messages, which have no T bit, with the S bit and without (RFC 2661 §3.1).
NUMBERED_DATA = "udp port 1701 and udp[8] & 0x88 = 0x08"
UNNUMBERED_DATA = "udp port 1701 and udp[8] & 0x88 = 0"
_WARNING = 0x600000  # PI_WARN of Wireshark's epan/proto.h
_FIGURES = re.compile(
    r"(\d+) packets? captured, (\d+) packets? received by filter, (\d+) packets? dropped by kernel"
)


class Capture:
    """A running tcpdump."""

    def __init__(self, host: Host, interface: str) -> None:
        self.path = host.scratch / f"{interface}.pcap"
        self._interface = interface
        self._process: Process = host.start(
            f"tcpdump-{interface}",
            "tcpdump",
            "-n",
            "-U",
            "--immediate-mode",
            "-s",
            "0",
            "-Z",
            "root",
            "-i",
            interface,
            "-w",
            str(self.path),
        )

    def wait_ready(self) -> None:
        """Until packets are being captured."""
        self._process.wait_for(r"listening on")

    def stop(self) -> None:
        """Ends the capture; the file has every packet until now."""
        if self._process.running:
            wait_until("tcpdump to have written what it received", self._has_caught_up)
        self._process.stop()

    def _has_caught_up(self) -> bool:
        # What is still between the kernel and tcpdump when a signal ends it is lost; SIGUSR1 makes it say how far it is.
        told = len(_FIGURES.findall(self._process.log))
        os.kill(self._process.pid, signal.SIGUSR1)
        figures = wait_until(
            "tcpdump's figures", lambda: _FIGURES.findall(self._process.log)[told:]
        )
        captured, received, dropped = map(int, figures[-1])
        return captured + dropped >= received

    def count(self, packet_filter: str) -> int:
        """How many packets of the file so far match a pcap filter."""
        result = subprocess.run(
            ["tcpdump", "-n", "-r", str(self.path), packet_filter],
            check=True,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        return len(result.stdout.splitlines())

    def text(self, packet_filter: str = "", limit: int = 40) -> str:
        """The first matching packets, a line each, for messages to people."""
        result = subprocess.run(
            ["tcpdump", "-n", "-r", str(self.path), "-c", str(limit), packet_filter],
            check=True,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        return result.stdout


def _tshark(path: Path, *arguments: str) -> str:
    # -n: no names are looked up. The L2TP dissector is told about the port that the kernel's sessions use.
    result = subprocess.run(
        ["tshark", "-n", "-r", str(path), "-d", "udp.port==1701,l2tp", *arguments],
        check=True,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    return result.stdout


def matching(path: Path, display_filter: str) -> list[str]:
    """The packets that match a filter in tshark's language, which puts fragments together: a line each."""
    return _tshark(path, "-Y", display_filter).splitlines()


def malformed(path: Path) -> list[str]:
    """The packets in which tshark finds a protocol violated: a line each."""
    return matching(path, "_ws.malformed || l2tp.avp.length < 6")


def tcp_segment_sizes(path: Path, display_filter: str) -> set[int]:
    """The Maximum Segment Sizes in the SYNs that match a filter in tshark's language."""
    words = ("-Y", f"tcp.options.mss && ({display_filter})", "-T", "fields")
    return {int(size) for size in _tshark(path, *words, "-e", "tcp.options.mss_val").split()}


def hidden_avps(path: Path) -> list[str]:
    """The packets with an AVP whose value is hidden (RFC 2661 §4.3): a line each."""
    return matching(path, "l2tp.avp.hidden == 1")


# What these packets of LCP and its like hold is the peer's own (RFC 1661 §5.2, §5.4, §5.6 to §5.8).
_COPIES = (
    "Configuration Ack",
    "Configuration Reject",
    "Code Reject",
    "Protocol Reject",
    "Echo Reply",
)


def check_decodes(path: Path, *senders: str) -> None:
    """Fails unless tshark has seen L2TP of each of `senders`, and neither finds any of it, control and data, malformed nor
    gives a warning about it. One run of tshark, which takes its time to start."""
    fields = ("ip.src", "ipv6.src", "l2tp.type", "ppp.protocol", "_ws.malformed")
    fields += ("_ws.expert.severity", "_ws.expert.message", "frame.number", "_ws.col.Info")
    # What somebody quotes of others in an ICMP error is not his.
    words = ["-Y", '!(frame.protocols matches "icmp.*l2tp") && l2tp', "-T", "fields"]
    for field in fields:
        words += ["-e", field]
    seen, found = set(), []
    for line in _tshark(path, *words).splitlines():
        v4, v6, kind, protocol, malformed_, severities, message, number, info = line.split("\t")
        # Outer before inner: over IPv6 the inner packet may be IPv4.
        sender = (v6 if protocol == "0x0021" and v6 else v4 or v6).split(",")[0]
        if kind in ("1", "True"):
            seen.add(sender)
        # What is inside of IP inside of PPP is not ours to answer for (RFC 1332, RFC 5072).
        ours = protocol not in ("0x0021", "0x0057")
        warned = any(int(one) >= _WARNING for one in severities.split(",") if one)
        copied = kind not in ("1", "True") and info.startswith(_COPIES)
        if sender in senders and not copied and (malformed_ or (ours and warned)):
            found.append(f"{number} {sender} {info}: {message}")
    assert seen >= set(senders), f"tshark saw control messages of {seen}"
    assert not found, "tshark objects to what was sent:\n" + "\n".join(found[:20])


def l2tp_messages(path: Path) -> list[str]:
    """The control messages of a clear-text capture in order: `SENDER_ADDRESS MESSAGE_TYPE`, by number (RFC 2661 §4.4.1)."""
    lines = _tshark(
        path,
        "-Y",
        "l2tp.avp.message_type",
        "-T",
        "fields",
        "-e",
        "ip.src",
        "-e",
        "l2tp.avp.message_type",
    ).splitlines()
    return [line.replace("\t", " ") for line in lines]
