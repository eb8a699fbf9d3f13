# SPDX-License-Identifier: GPL-2.0-or-later
"""A Grafana dashboard with recorded answers, laid out and drawn as Grafana does, as far as our own dashboard needs it."""

import math
import re
import time
from dataclasses import dataclass
from typing import Any

from drawing.svg import SANS, Box, element, line, number, picture, rectangle, text, text_width
from drawing.units import Scale, scale_for, ticks

Json = dict[str, Any]

_WIDTH, _HEAD, _GAP, _ROW = 1000.0, 48.0, 8.0, 27.0
_GRID_COLUMNS = 24

_BACKGROUND, _PANEL, _BORDER, _GRID = "#111217", "#181b1f", "#2a2d34", "#2b2e34"
_TEXT, _DIM = "#d5d6df", "#9a9ba6"
_COLOURS = {
    "green": "#73bf69",
    "yellow": "#fade2a",
    "orange": "#ff9830",
    "red": "#f2495c",
    "blue": "#5794f2",
}
# What Grafana calls "palette-classic", on dark ground.
_PALETTE = (
    *("#73bf69", "#f2cc0c", "#8ab8ff", "#ff780a", "#f2495c", "#5794f2", "#b877d9"),
    *("#705da0", "#37872d", "#fade2a", "#447ebc", "#c15c17", "#890f02", "#0a437c"),
)
_SMALL = 11.0
# Seconds between marks on the axis of time.
_TIMES = (5, 10, 15, 30, 60, 120, 180, 300, 600, 900, 1800, 3600)


@dataclass(frozen=True)
class _Curve:
    name: str
    colour: str
    points: list[tuple[float, float]]  # of time and value

    @property
    def last(self) -> float:
        return self.points[-1][1]


@dataclass(frozen=True)
class _Span:
    """The time that is shown."""

    start: float
    end: float
    step: float

    def x(self, when: float, plot: Box) -> float:
        return plot.x + plot.width * (when - self.start) / (self.end - self.start)


def _curves(panel: Json, recording: Json) -> list[_Curve]:
    """The recorded answers to a panel's queries."""
    curves: list[_Curve] = []
    for target in panel["targets"]:
        (answer,) = [
            answer
            for answer in recording["answers"]
            if (answer["panel"], answer["target"]) == (panel["id"], target["refId"])
        ]
        assert answer["expression"] == target["expr"], f"{panel['title']}: record anew"
        for series in answer["series"]:
            labels = series["metric"]
            name = re.sub(
                r"{{(\w+)}}", lambda found: labels.get(found[1], ""), target["legendFormat"]
            )
            # What Prometheus cannot say, as the quantile of nothing, Grafana leaves out.
            points = [(float(when), float(value)) for when, value in series["values"]]
            points = [point for point in points if math.isfinite(point[1])]
            if points:
                curves.append(_Curve(name.strip(), _PALETTE[len(curves) % len(_PALETTE)], points))
    return curves


def _pieces(curve: _Curve, step: float) -> list[list[tuple[float, float]]]:
    """A curve cut where values are missing."""
    pieces: list[list[tuple[float, float]]] = []
    for point in curve.points:
        if pieces and point[0] - pieces[-1][-1][0] <= 1.5 * step:
            pieces[-1].append(point)
        else:
            pieces.append([point])
    return pieces


def _draw_curve(
    curve: _Curve, span: _Span, plot: Box, largest: float, width: float, opacity: float
) -> str:
    def place(point: tuple[float, float]) -> tuple[float, float]:
        return span.x(point[0], plot), plot.bottom - plot.height * point[1] / largest

    lines, areas, dots = "", "", ""
    for piece in _pieces(curve, span.step):
        places = [place(point) for point in piece]
        way = "L".join(f"{number(x)} {number(y)}" for x, y in places)
        if len(places) == 1:
            x, y = places[0]
            dots += element("circle", cx=x, cy=y, r=width + 0.5, fill=curve.colour)
            continue
        lines += f"M{way}"
        areas += f"M{number(places[0][0])} {number(plot.bottom)}L{way}V{number(plot.bottom)}z"
    parts = dots
    if areas and opacity:
        parts += element("path", d=areas, fill=curve.colour, fill_opacity=f"{opacity:g}")
    if lines:
        parts += element(
            "path",
            d=lines,
            fill="none",
            stroke=curve.colour,
            stroke_width=width,
            stroke_linejoin="round",
        )
    return parts


def _time_marks(span: _Span, most: int) -> list[int]:
    every = next(every for every in _TIMES if (span.end - span.start) / every <= most)
    first = math.ceil(span.start / every) * every
    return list(range(first, int(span.end) + 1, every))


def _clock(when: float, seconds: bool = False) -> str:
    return time.strftime("%H:%M:%S" if seconds else "%H:%M", time.gmtime(when))


def _legend_rows(curves: list[_Curve], width: float) -> list[list[tuple[float, _Curve]]]:
    """Where each entry begins, from the left, in as many rows as it takes."""
    rows: list[list[tuple[float, _Curve]]] = [[]]
    x = 0.0
    for curve in curves:
        needed = 20 + text_width(curve.name, _SMALL) + 14
        if rows[-1] and x + needed > width:
            rows.append([])
            x = 0.0
        rows[-1].append((x, curve))
        x += needed
    return rows


def _draw_timeseries(panel: Json, curves: list[_Curve], span: _Span, box: Box) -> list[str]:
    defaults = panel["fieldConfig"]["defaults"]
    custom = defaults.get("custom", {})
    inner = box.without(12, 34, 14, 10)
    if not curves:
        return [_middle(inner, "No data", _DIM)]
    legend = _legend_rows(curves, inner.width)
    largest = max(value for curve in curves for _, value in curve.points)
    scale = scale_for(defaults["unit"], largest)
    # Of a curve that is 0 all the time too.
    top = largest * 1.06 or scale.divisor
    counted = all(value == round(value) for curve in curves for _, value in curve.points)
    marks = ticks(top / scale.divisor, 5, counted and scale.divisor == 1)
    words = [_mark(scale, mark, marks) for mark in marks]
    left = max(text_width(word, _SMALL) for word in words) + 8
    plot = inner.without(left, 2, 0, 18 + 18 * len(legend) + 4)
    assert plot.height > 50, f"{panel['title']}: its legend has {len(curves)} entries"
    parts = []
    for mark, word in zip(marks, words):
        y = plot.bottom - plot.height * mark * scale.divisor / top
        parts.append(line(plot.x, y, plot.right, y, class_="g"))
        parts.append(text(plot.x - 8, y + 4, word, class_="l", text_anchor="end"))
    for when in _time_marks(span, int(plot.width / 60)):
        x = span.x(when, plot)
        parts.append(line(x, plot.y, x, plot.bottom, class_="g"))
        if plot.x + 12 < x < plot.right - 12:
            parts.append(text(x, plot.bottom + 15, _clock(when), class_="l", text_anchor="middle"))
    # As in Grafana: a later curve lies above an earlier one.
    width, opacity = custom.get("lineWidth", 1), custom.get("fillOpacity", 0) / 100
    for curve in curves:
        parts.append(_draw_curve(curve, span, plot, top, float(width), opacity))
    for row, entries in enumerate(legend):
        y = plot.bottom + 18 + 18 * (row + 1)
        for x, curve in entries:
            x += inner.x
            parts.append(
                line(x + 1, y - 4, x + 13, y - 4, stroke=curve.colour, stroke_width=3.0, class_="k")
            )
            parts.append(text(x + 20, y, curve.name, class_="e"))
    return parts


def _mark(scale: Scale, mark: float, marks: list[float]) -> str:
    """A number of an axis, all with the same decimals."""
    step = marks[1] if len(marks) > 1 else 1.0
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    if decimals and round(step * 10**decimals, 6) % 1:
        decimals += 1  # steps of 0.25
    elif not decimals and step % 1:
        decimals = 1  # of 2.5
    return f"{mark:.{decimals}f}{scale.words}" if mark else f"0{scale.words}"


def _middle(box: Box, content: str, colour: str, size: float = 13.0) -> str:
    return text(
        box.x + box.width / 2,
        box.y + box.height / 2 + size * 0.36,
        content,
        fill=colour,
        font_size=size,
        text_anchor="middle",
    )


def _stat_look(defaults: Json, value: float) -> tuple[str, str]:
    """What a single value says, and its colour."""
    for mapping in defaults.get("mappings", []):
        assert mapping["type"] == "value", mapping
        shown = mapping["options"].get(f"{value:g}")
        if shown:
            return shown["text"], _COLOURS[shown["color"]]
    steps = defaults["thresholds"]["steps"]
    reached = [step for step in steps if step["value"] is None or value >= step["value"]]
    return scale_for(defaults["unit"], value).write(value), _COLOURS[reached[-1]["color"]]


def _draw_stat(panel: Json, curves: list[_Curve], span: _Span, box: Box) -> list[str]:
    defaults = panel["fieldConfig"]["defaults"]
    inner = box.without(1, 32, 1, 6)
    if not curves:
        return [_middle(inner, "No data", _DIM)]
    assert len(curves) == 1, f"{panel['title']}: of one gateway one value"
    (curve,) = curves
    shown, colour = _stat_look(defaults, curve.last)
    parts = []
    if panel["options"]["graphMode"] == "area":
        plot = Box(box.x + 1, box.bottom - 27, box.width - 2, 26)
        largest = defaults.get("max") or max(value for _, value in curve.points) * 1.05 or 1.0
        stretched = _Span(curve.points[0][0], curve.points[-1][0], span.step)
        coloured = _Curve(curve.name, colour, curve.points)
        parts.append(_draw_curve(coloured, stretched, plot, largest, 1.0, 0.18))
        inner = inner.without(0, 0, 0, 18)
    parts.append(_middle(inner, shown, colour, 30.0))
    return parts


def _draw_panel(panel: Json, recording: Json, span: _Span, box: Box) -> str:
    draw = {"stat": _draw_stat, "timeseries": _draw_timeseries}
    assert panel["type"] in draw, f"{panel['title']}: drawing knows no {panel['type']}"
    parts = [
        rectangle(box, rx=3, fill=_PANEL, stroke=_BORDER),
        text(box.x + 12, box.y + 21, panel["title"], class_="h"),
        *draw[panel["type"]](panel, _curves(panel, recording), span, box),
    ]
    return element("g", "\n" + "\n".join(parts))


def _place(grid: Json) -> Box:
    column = (_WIDTH - _GAP) / _GRID_COLUMNS
    return Box(
        _GAP + column * grid["x"],
        _HEAD + _ROW * grid["y"],
        column * grid["w"] - _GAP,
        _ROW * grid["h"] - _GAP,
    )


def _draw_head(dashboard: Json, span: _Span) -> list[str]:
    """The title, the variables and the time."""
    parts = [text(_GAP + 4, 31, dashboard["title"], class_="h", font_size=18.0)]
    x = 124.0
    for name, value in (("datasource", "Prometheus"), ("instance", "All")):
        assert any(variable["name"] == name for variable in dashboard["templating"]["list"]), name
        width = text_width(name, 12) + text_width(value, 12) + 34
        box = Box(x, 12, width, 26)
        middle = x + text_width(name, 12) + 16
        parts.append(rectangle(box, rx=2, fill=_PANEL, stroke=_BORDER))
        parts.append(line(middle, 12, middle, 38, stroke=_BORDER))
        parts.append(text(x + 8, 29, name, fill=_DIM, font_size=12.0))
        parts.append(text(middle + 8, 29, value, fill=_TEXT, font_size=12.0))
        x += width + 10
    words = f"{_clock(span.start, True)} to {_clock(span.end, True)} UTC"
    parts.append(text(_WIDTH - _GAP - 4, 29, words, fill=_DIM, font_size=12.0, text_anchor="end"))
    return parts


def draw_dashboard(dashboard: Json, recording: Json, rows: int | None = None) -> str:
    """All of it, or the panels within so many rows of its grid."""
    span = _Span(recording["start"], recording["end"], recording["step"])
    panels = [
        panel
        for panel in dashboard["panels"]
        if rows is None or panel["gridPos"]["y"] + panel["gridPos"]["h"] <= rows
    ]
    places = {panel["id"]: _place(panel["gridPos"]) for panel in panels}
    height = max(place.bottom for place in places.values()) + _GAP
    style = (
        f"text{{font-family:{SANS}}}.h{{fill:{_TEXT};font-weight:500;font-size:13px}}"
        f".l{{fill:{_DIM};font-size:{number(_SMALL)}px}}.e{{fill:{_TEXT};font-size:{number(_SMALL)}px}}"
        f".g{{stroke:{_GRID};stroke-width:1}}.k{{stroke-linecap:round}}"
    )
    parts = [rectangle(Box(0, 0, _WIDTH, height), rx=4, fill=_BACKGROUND)]
    parts += _draw_head(dashboard, span)
    parts += [_draw_panel(panel, recording, span, places[panel["id"]]) for panel in panels]
    title = f"The dashboard {dashboard['title']} with a laboratory's data"
    return picture(_WIDTH, height, title, style, parts)
