#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds docs/rfc-map.md to the conformance checklist: each number of it stands in some row, alone or in a range."""
import pathlib
import re
import sys

# How many requirements the checklist has: L1 to L46 of L2TP, P1 to P28 of PPP.
CHECKLIST = {"L": 46, "P": 28}
# Of these every one has a row.
COMPLETE = ("L",)
NUMBERS = re.compile(r"\b([LP])(\d+)(?:-\1?(\d+))?\b")


def main(root: pathlib.Path) -> int:
    named: dict[str, set[int]] = {letter: set() for letter in CHECKLIST}
    for row in (root / "docs/rfc-map.md").read_text().splitlines():
        if row.startswith("|"):
            for letter, first, last in NUMBERS.findall(row):
                named[letter].update(range(int(first), int(last or first) + 1))
    wrong = 0
    for letter, count in CHECKLIST.items():
        wanted = set(range(1, count + 1))
        missing = wanted - named[letter] if letter in COMPLETE else set()
        for number in sorted(missing):
            print(f"docs/rfc-map.md says nothing of {letter}{number}")
        for number in sorted(named[letter] - wanted):
            print(f"docs/rfc-map.md has {letter}{number}, which is none of the checklist's")
        wrong += len(missing) + len(named[letter] - wanted)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
