# SPDX-License-Identifier: GPL-2.0-or-later
"""What the kernel says of a scenario: its log, and whether the gateway is as it was before."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass

from lab.host import Host
from lab.waiting import DEFAULT_TIMEOUT, wait_until

_TROUBLE = re.compile(
    r"leftover after parsing attributes in process `sallyport|WARNING|BUG:|Oops|refcount|unregister_netdevice|segfault|general protection|use-after-free|UBSAN|KASAN|scheduling while atomic"
)


class KernelLog:
    """The kernel's log from now on."""

    def __init__(self) -> None:
        self._fd = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
        os.lseek(self._fd, 0, os.SEEK_END)
        self._messages: list[str] = []

    def lines(self) -> list[str]:
        """The messages since the start."""
        while True:
            try:
                record = os.read(self._fd, 8192)
            except BlockingIOError:
                return self._messages
            except BrokenPipeError:
                continue  # The ring overtook us: the next read gives the oldest record left.
            self._messages.append(record.decode(errors="replace").partition(";")[2].splitlines()[0])

    def check(self) -> None:
        """Fails on anything that tells of a broken kernel or a crashed program."""
        lines = self.lines()
        assert not any(
            _TROUBLE.search(line) for line in lines
        ), "trouble in the kernel's log:\n" + "\n".join(lines[-60:])

    def close(self) -> None:
        os.close(self._fd)


@dataclass(frozen=True)
class KernelState:
    """All that a concentrator sets up in its kernel, as sorted lines."""

    links: tuple[str, ...]
    addresses: tuple[str, ...]
    routes: tuple[str, ...]
    rules: tuple[str, ...]
    tunnels: tuple[str, ...]
    xfrm_states: tuple[str, ...]
    xfrm_policies: tuple[str, ...]
    nft: tuple[str, ...]

    def difference(self, later: "KernelState") -> str:
        """What `later` has more or less than this, readable; empty when they are the same."""
        lines = []
        for name in self.__dataclass_fields__:
            before, after = getattr(self, name), getattr(later, name)
            lines += [f"+ {name}: {line}" for line in after if line not in before]
            lines += [f"- {name}: {line}" for line in before if line not in after]
        return "\n".join(lines)


def _without_lifetimes(line: str) -> str:
    """Nor counters: what changes while nothing is set up."""
    moving = r"(valid_lft|preferred_lft|expires) \S+|packets \d+ bytes \d+"
    return re.sub(r"\s+", " ", re.sub(moving, "", line)).strip()


# The senders of clear text that a set remembers for a while: they leave by themselves.
_CLEAR_TEXT_PEERS = re.compile(r"(set clear_text_peers6? \{[^{}]*)elements = \{[^}]*\}")


def _lines(text: str) -> tuple[str, ...]:
    return tuple(sorted(filter(None, (_without_lifetimes(line) for line in text.splitlines()))))


def _policies(text: str) -> tuple[str, ...]:
    # charon's own sockets carry a policy that lets IKE pass; it comes and goes with charon. It has no template: ours has.
    return tuple(line for line in _lines(text) if not (" socket " in line and "tmpl" not in line))


# What `ip` says, a line of its batch for each field of KernelState in order. One process for most of it, since starting
# programs is what takes time under emulation; between the fields a line by which to tell them apart. After `xfrm` it ends.
_BATCH = """\
link show
link show dev lo
address show
link show dev lo
route show table all
link show dev lo
rule show
link show dev lo
l2tp show tunnel
link show dev lo
xfrm state
"""
_LOOPBACK = re.compile(r"^1: lo: <.*\n", re.MULTILINE)


def _names(links: str) -> tuple[str, ...]:
    # Names alone: flags and states settle in their own time.
    return tuple(sorted(line.split(": ")[1] for line in links.splitlines()))


def _routes(text: str) -> tuple[str, ...]:
    # Those to link-local and multicast addresses come with an interface, some time later.
    return tuple(line for line in _lines(text) if not re.match(r"(\w+ )?(fe80:|ff00:)", line))


def _addresses(text: str) -> tuple[str, ...]:
    return tuple(line for line in _lines(text) if "inet6 fe80:" not in line)


def _listed(host: Host, *command: str, stdin: str | None = None) -> str:
    """What `ip` says; again when something has changed while it was listed (NLM_F_DUMP_INTR)."""
    while True:
        text = host.run(*command, stdin=stdin).stdout
        if "Dump was interrupted" not in text:
            return text


def kernel_state(host: Host) -> KernelState:
    """The host's network state now."""
    text = _listed(host, "ip", "-o", "-batch", "-", stdin=_BATCH)
    # The links begin with the very same line.
    _, links, addresses, routes, rules, tunnels, states = _LOOPBACK.split(text)
    return KernelState(
        links=_names(links),
        addresses=_addresses(addresses),
        routes=_routes(routes),
        rules=_lines(rules),
        tunnels=_lines(tunnels),
        xfrm_states=_lines(states),
        xfrm_policies=_policies(_listed(host, "ip", "-o", "xfrm", "policy")),
        nft=_lines(_CLEAR_TEXT_PEERS.sub(r"\1", host.output("nft", "list", "ruleset"))),
    )


def xfrm_errors(host: Host) -> dict[str, int]:
    """The host's counters of packets that IPsec refused, as far as they are not zero."""
    lines = host.output("cat", "/proc/net/xfrm_stat").splitlines()
    return {name: int(count) for name, count in map(str.split, lines) if int(count)}


def wait_nothing_left(
    host: Host,
    before: KernelState,
    timeout: float = DEFAULT_TIMEOUT,
    change: Callable[[KernelState], KernelState] = lambda state: state,
) -> None:
    """Fails unless the host comes back to the state it had: tunnels, interfaces, routes, nft rules, XFRM states and policies.
    `change` takes out of a state what does not matter; `before` has had it done.

    The kernel deletes tunnels and interfaces in work queues, so this waits a little.
    """
    last = ""

    def same() -> bool:
        nonlocal last
        last = before.difference(change(kernel_state(host)))
        return not last

    try:
        wait_until("the gateway's kernel to be as before", same, timeout)
    except AssertionError:
        raise AssertionError(
            f"left behind on {host.name} (+ is new, - is missing):\n{last}"
        ) from None
