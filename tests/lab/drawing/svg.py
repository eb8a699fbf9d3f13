# SPDX-License-Identifier: GPL-2.0-or-later
"""Elements of SVG as text."""

from dataclasses import dataclass
from html import escape

SANS = "Inter, 'Helvetica Neue', Helvetica, Arial, 'DejaVu Sans', sans-serif"
MONO = "'DejaVu Sans Mono', 'SF Mono', Menlo, Consolas, 'Liberation Mono', monospace"


@dataclass(frozen=True)
class Box:
    """A rectangle of the picture."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    def without(self, left: float, top: float, right: float, bottom: float) -> "Box":
        """The inner part, with so much less on each side."""
        return Box(
            self.x + left, self.y + top, self.width - left - right, self.height - top - bottom
        )


def number(value: float) -> str:
    """With one decimal, which is enough for any screen."""
    return f"{value:.1f}".removesuffix(".0")


def element(name: str, content: str = "", **attributes: object) -> str:
    """`stroke_width` is the attribute stroke-width, `class_` class; floats are rounded."""
    words = []
    for key, value in attributes.items():
        text = number(value) if isinstance(value, float) else str(value)
        words.append(f' {key.rstrip("_").replace("_", "-")}="{escape(text)}"')
    return (
        f"<{name}{''.join(words)}>{content}</{name}>" if content else f"<{name}{''.join(words)}/>"
    )


def text(x: float, y: float, content: str, **attributes: object) -> str:
    return element("text", escape(content, quote=False), x=float(x), y=float(y), **attributes)


def rectangle(box: Box, **attributes: object) -> str:
    place = {"x": box.x, "y": box.y, "width": box.width, "height": box.height}
    return element("rect", **{key: float(value) for key, value in place.items()}, **attributes)


def line(x1: float, y1: float, x2: float, y2: float, **attributes: object) -> str:
    return element("path", d=f"M{number(x1)} {number(y1)}L{number(x2)} {number(y2)}", **attributes)


def text_width(content: str, size: float) -> float:
    """About as wide as the widest of the fonts that may be there makes it."""
    narrow = sum(content.count(letter) for letter in "ijlft.,:;|!' ()[]")
    wide = sum(content.count(letter) for letter in "mwMW%@")
    return size * (0.62 * (len(content) - narrow - wide) + 0.36 * narrow + 0.95 * wide)


def picture(width: float, height: float, title: str, style: str, parts: list[str]) -> str:
    """The whole file."""
    head = (
        "<!-- SPDX-License-Identifier: GPL-2.0-or-later -->\n"
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{number(width)}" height="{number(height)}" '
        f'viewBox="0 0 {number(width)} {number(height)}" role="img">\n'
    )
    lines = [element("title", escape(title, quote=False)), element("style", style), *parts]
    return head + "\n".join(lines) + "\n</svg>\n"
