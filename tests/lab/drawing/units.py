# SPDX-License-Identifier: GPL-2.0-or-later
"""Values in Grafana's units, as Grafana writes them."""

import math
from dataclasses import dataclass

# By what a value is divided, and the words behind it then; the smallest first.
_SCALES: dict[str, list[tuple[float, str]]] = {
    "short": [(1, ""), (1e3, " K"), (1e6, " Mil")],
    "bps": [(1, " b/s"), (1e3, " kb/s"), (1e6, " Mb/s"), (1e9, " Gb/s")],
    "bytes": [(1, " B"), (1024, " KiB"), (1024**2, " MiB"), (1024**3, " GiB")],
    "percentunit": [(0.01, "%")],
    "s": [(1e-6, " µs"), (1e-3, " ms"), (1, " s")],
    "ops": [(1, " ops/s"), (1e3, "K ops/s")],
    "mps": [(1, " msg/s"), (1e3, "K msg/s")],
    "pps": [(1, " p/s"), (1e3, " kp/s")],
}


@dataclass(frozen=True)
class Scale:
    """A unit fit for values up to some size."""

    divisor: float
    words: str

    def write(self, value: float, digits: int = 3) -> str:
        """With so many digits that matter."""
        scaled = value / self.divisor
        if scaled == 0 or scaled == round(scaled) and abs(scaled) < 10**digits:
            return f"{round(scaled)}{self.words}"
        decimals = max(0, digits - 1 - math.floor(math.log10(abs(scaled))))
        plain = f"{scaled:.{decimals}f}"
        return (plain.rstrip("0").rstrip(".") if "." in plain else plain) + self.words


def scale_for(unit: str, largest: float) -> Scale:
    assert unit in _SCALES, f"{unit}: drawing/units.py does not know this unit"
    fit = [entry for entry in _SCALES[unit] if entry[0] <= largest] or _SCALES[unit][:1]
    return Scale(*fit[-1])


def ticks(largest: float, most: int, whole: bool) -> list[float]:
    """Round numbers, or whole ones, from 0 up to `largest`, no more than `most` above 0."""
    magnitude = 10.0 ** math.floor(math.log10(largest / most))
    steps = [magnitude * factor for factor in (1, 2, 2.5, 5, 10)]
    if whole:
        steps = [step for step in steps if step >= 1 and step == round(step)] or [1.0]
    step = next(step for step in steps if largest / step <= most)
    return [step * index for index in range(int(largest / step + 1e-9) + 1)]
