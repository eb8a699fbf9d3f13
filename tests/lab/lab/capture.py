# SPDX-License-Identifier: GPL-2.0-or-later
"""Packet captures on an interface, kept when a scenario fails, and questions to them."""

import re
import subprocess
from collections import Counter
from pathlib import Path

from lab.host import Host, Process

# Whatever is not one of these between the gateway and the world does not belong on the wire of an IPsec concentrator.
# ICMP and IGMP are left out of account: they carry no user's data out of a tunnel in this lab; errors are legitimate, and
# a kernel reports the groups of its interfaces when it likes.
ESP_AND_IKE = "(ip proto 50) or (udp port 500) or (udp port 4500)"
CLEAR_TEXT_L2TP = "udp port 1701"


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
        """Ends the capture; the file is whole afterwards."""
        self._process.stop()

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


def protocols(path: Path) -> Counter[str]:
    """The protocols above IP in a capture as tshark names them (`udp:esp`, `udp:isakmp`, `esp`, `l2tp` ...), counted."""
    stacks = _tshark(path, "-Y", "ip || ipv6", "-T", "fields", "-e", "frame.protocols").splitlines()
    return Counter(re.sub(r"^eth:ethertype:ip(v6)?:", "", stack) for stack in stacks)


def matching(path: Path, display_filter: str) -> list[str]:
    """The packets that match a filter in tshark's language, which puts fragments together: a line each."""
    return _tshark(path, "-Y", display_filter).splitlines()


def malformed(path: Path) -> list[str]:
    """The packets in which tshark finds a protocol violated: a line each."""
    return matching(path, "_ws.malformed || l2tp.avp.length < 6")


def hidden_avps(path: Path) -> list[str]:
    """The packets with an AVP whose value is hidden (RFC 2661 §4.3): a line each."""
    return matching(path, "l2tp.avp.hidden == 1")


def objections(path: Path, sender: str) -> list[str]:
    """The L2TP messages of `sender`, control and data, that tshark finds malformed or gives a warning about: a line each."""
    address = "ipv6.src" if ":" in sender else "ip.src"
    # What is inside of IP inside of PPP is not ours to answer for (0x21, 0x57: IPv4 and IPv6, RFC 1332, RFC 5072).
    ours = "(l2tp.type == 1 || !(ppp.protocol == 0x21 || ppp.protocol == 0x57))"
    # 0x600000 is PI_WARN of epan/proto.h.
    doubtful = f"_ws.malformed || ({ours} && _ws.expert.severity >= 0x600000)"
    # What the sender quotes of others in an ICMP error is not his.
    not_quoted = '!(frame.protocols matches "icmp.*l2tp")'
    return _tshark(
        path, "-Y", f"{address} == {sender} && l2tp && {not_quoted} && ({doubtful})"
    ).splitlines()


def check_decodes(path: Path, *senders: str) -> None:
    """Fails unless tshark has seen L2TP of each of `senders`, and has no objection to any of it."""
    for sender in senders:
        address = "ipv6.src" if ":" in sender else "ip.src"
        assert matching(path, f"{address} == {sender} && l2tp.type == 1"), f"no L2TP of {sender}"
        found = objections(path, sender)
        assert not found, f"tshark objects to what {sender} sent:\n" + "\n".join(found[:20])


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
