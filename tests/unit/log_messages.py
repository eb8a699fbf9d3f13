#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds docs/log-messages.md and the daemon's sources together: each message id stands in both."""
import pathlib
import re
import sys

CALL = re.compile(r'\bLog(?:Debug|Info|Warning|Error|Failure|Request|)\(\s*(?:LogLevel::k\w+,\s*)?"([a-z0-9_]+)"')
ROW = re.compile(r"^\| (`[^|]*`) \|", re.MULTILINE)


def main(root: pathlib.Path) -> int:
    used = set()
    for path in (root / "daemon").glob("*.cc"):
        used.update(CALL.findall(path.read_text()))
    documented = set()
    for row in ROW.findall((root / "docs/log-messages.md").read_text()):
        documented.update(re.findall(r"`([a-z0-9_]+)`", row))
    for name in sorted(used - documented):
        print(f"docs/log-messages.md lacks {name}")
    for name in sorted(documented - used):
        print(f"docs/log-messages.md has {name}, which nothing logs")
    return 1 if used != documented or not used else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
