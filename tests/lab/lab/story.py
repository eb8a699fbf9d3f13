# SPDX-License-Identifier: GPL-2.0-or-later
"""What a script that is no pytest scenario tells while it runs: the demo, the package's life."""

import os
import time


class Story:
    """Prints a line for each thing that was seen, with the time since the beginning."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self.failed: list[str] = []
        colour = os.environ.get("TERM", "dumb") != "dumb" and "NO_COLOR" not in os.environ
        self._bold, self._green, self._red, self._dim, self._plain = (
            ("\033[1m", "\033[32m", "\033[31m", "\033[2m", "\033[0m") if colour else ("",) * 5
        )

    def title(self, text: str) -> None:
        print(f"{self._bold}{text}{self._plain}", flush=True)

    def chapter(self, text: str) -> None:
        print(f"\n{self._bold}{text}{self._plain}", flush=True)

    def fact(self, holds: object, text: str) -> None:
        """Says `text` and whether it holds. A story in which something does not hold ends there."""
        self.claim(holds, text)
        assert holds, text

    def claim(self, holds: object, text: str, detail: str = "") -> None:
        """As fact(), for a story that goes on all the same: `failed` has what did not hold, and `detail` says more of it."""
        mark = f"{self._green}✓" if holds else f"{self._red}✗"
        seconds = f"{time.monotonic() - self._start:6.1f} s"
        print(f"  {self._dim}{seconds}{self._plain}  {mark}{self._plain} {text}", flush=True)
        if not holds:
            self.failed.append(text)
            self.aside(detail)

    def aside(self, text: str) -> None:
        for line in text.splitlines():
            print(f"              {self._dim}{line}{self._plain}", flush=True)
