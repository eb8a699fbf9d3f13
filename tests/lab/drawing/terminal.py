# SPDX-License-Identifier: GPL-2.0-or-later
"""A program's screens in a terminal, one after the other, as a moving picture."""

import re
from dataclasses import dataclass
from html import escape
from typing import Any

from drawing.svg import MONO, Box, element, number, picture, rectangle, text

# ECMA-48: cursor home, erase the display from there.
_NEW_SCREEN = "\x1b[H\x1b[J"
_SEQUENCE = re.compile(r"\x1b\[([0-9;]*)([A-Za-z])")

_SIZE = 13.0  # of the letters
_COLUMN, _ROW = 7.83, 18.0
_BORDER, _TITLE = 16.0, 34.0

_BACKGROUND, _BAR, _TEXT, _BRIGHT, _TITLE_TEXT = (
    "#14171c",
    "#23272e",
    "#c6ccd4",
    "#ffffff",
    "#9aa3ad",
)
# SGR 31 to 36.
_COLOURS = {
    "31": "#f2777a",
    "32": "#8fd18a",
    "33": "#f0c674",
    "34": "#81a2d8",
    "35": "#c397d8",
    "36": "#70c0ba",
}


@dataclass(frozen=True)
class _Run:
    """Text of one look in one line."""

    column: int
    content: str
    bold: bool
    colour: str | None


def _runs(line: str) -> list[_Run]:
    """A line cut where its look changes."""
    runs = []
    column, bold, colour = 0, False, None
    # Text, parameters, final letter, text, ...
    pieces = _SEQUENCE.split(line)
    for index, piece in enumerate(pieces):
        if index % 3 == 0:
            assert "\x1b" not in piece, line
            if piece.strip():
                runs.append(_Run(column, piece, bold, colour))
            column += len(piece)
        elif index % 3 == 1:
            assert pieces[index + 1] == "m", line
            for code in piece.split(";"):
                if code in ("", "0"):
                    bold, colour = False, None
                elif code == "1":
                    bold = True
                else:
                    colour = _COLOURS[code]
    return runs


def screens(written: str) -> list[list[str]]:
    """The lines of each screen that a program drew from the top left."""
    drawn = written.replace("\r", "").split(_NEW_SCREEN)
    assert not drawn[0].strip(), "it did not begin with a new screen"
    return [screen.rstrip("\n").split("\n") for screen in drawn[1:]]


def _draw_line(row: int, line: str) -> str:
    """Each column is placed by itself: however wide the letters of the font are, columns stay below each other."""
    parts = ""
    for run in _runs(line):
        for word in re.finditer(r"\S+( \S+)*", run.content):
            look: dict[str, object] = {"class_": "b"} if run.bold else {}
            if run.colour:
                look["fill"] = run.colour
            parts += element(
                "tspan",
                escape(word[0], quote=False),
                x=_BORDER + _COLUMN * (run.column + word.start()),
                textLength=_COLUMN * len(word[0]),
                **look,
            )
    y = _TITLE + _BORDER + _ROW * row + _SIZE
    return element("text", parts, y=y) if parts else ""


def draw_terminal(title: str, recorded: dict[str, Any]) -> str:
    # The first screen has no rates yet.
    looks = screens(recorded["written"])[1:]
    rows = max(len(look) for look in looks)
    for line in (line for look in looks for line in look):
        assert (
            len(_SEQUENCE.sub("", line)) <= recorded["columns"]
        ), f"wider than the terminal: {line}"
    width = _COLUMN * recorded["columns"] + 2 * _BORDER
    height = _ROW * rows + 2 * _BORDER + _TITLE
    whole = recorded["interval"] * len(looks)
    # Whoever wants no motion, and a program that knows none, has the first screen.
    style = (
        f"text{{font:{number(_SIZE)}px {MONO};fill:{_TEXT}}}"
        f".b{{font-weight:bold;fill:{_BRIGHT}}}.t{{fill:{_TITLE_TEXT};text-anchor:middle}}"
        "@media (prefers-reduced-motion:no-preference){"
        f".s{{animation:s {whole}s step-end infinite}}}}"
        f"@keyframes s{{0%{{visibility:visible}}{100 / len(looks):.3f}%,100%{{visibility:hidden}}}}"
    )
    window = Box(0, 0, width, height)
    parts = [
        rectangle(window, rx=8, fill=_BACKGROUND),
        element(
            "path",
            d=f"M0 {number(_TITLE)}V8a8 8 0 0 1 8 -8H{number(width - 8)}a8 8 0 0 1 8 8V{number(_TITLE)}z",
            fill=_BAR,
        ),
        text(width / 2, _TITLE / 2 + 4.5, title, class_="t"),
    ]
    for index, colour in enumerate(("#f2777a", "#f0c674", "#8fd18a")):
        parts.append(element("circle", cx=18 + 18 * index, cy=_TITLE / 2, r=5, fill=colour))
    for index, look in enumerate(looks):
        lines = "\n".join(_draw_line(row, line) for row, line in enumerate(look))
        shown: dict[str, object] = {"visibility": "hidden"} if index else {}
        delay = f"animation-delay:{index * recorded['interval']}s"
        parts.append(element("g", "\n" + lines, class_="s", style=delay, **shown))
    return picture(width, height, title, style, parts)
