#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds the one-way arrows of docs/architecture.md: which folder may include which.

Also forbids, in the protocol engines, every header that would let I/O, a clock, a thread or a random source in.
"""
import pathlib
import re
import sys

ALLOWED = {
    "base": set(),
    "crypto": {"base"},
    "l2tp": {"base", "crypto"},
    "ppp": {"base", "crypto"},
    "trace": {"base", "l2tp", "ppp"},
    "vici": {"base"},
    "aaa": {"base", "crypto"},
    "dhcp": {"base"},
    "netlink": {"base"},
    "daemon": {"base", "crypto", "l2tp", "ppp", "trace", "vici", "aaa", "dhcp", "netlink"},
    "cli": {"base"},
}
ENGINES = {"crypto", "l2tp", "ppp", "trace", "vici", "aaa", "dhcp"}
IMPURE = re.compile(
    r"<(sys/.*|netinet/.*|arpa/.*|unistd\.h|fcntl\.h|poll\.h|thread|mutex|future|random|ctime|time\.h"
    r"|iostream|cstdio|stdio\.h|syslog\.h|systemd/.*|libmnl/.*|linux/.*)>")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"][^>"]+[>"])')


def violations(root: pathlib.Path):
    """Yields one line of text for each include that goes against the arrows."""
    for folder, allowed in ALLOWED.items():
        for path in sorted((root / folder).rglob("*.[hc]*")):
            if path.suffix not in {".h", ".cc"}:
                continue
            for number, line in enumerate(path.read_text().splitlines(), 1):
                match = INCLUDE.match(line)
                if not match:
                    continue
                name = match.group(1)
                where = f"{path.relative_to(root)}:{number}: {name}"
                if name.startswith('"'):
                    target = name[1:].split("/")[0].rstrip('"')
                    if target != folder and target not in allowed:
                        yield f"{where}: {folder}/ may include {sorted(allowed) or 'nothing of ours'}"
                elif folder in ENGINES and IMPURE.fullmatch(name):
                    yield f"{where}: an engine has no I/O, clock, thread or random source"


def main() -> int:
    found = list(violations(pathlib.Path(sys.argv[1])))
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
