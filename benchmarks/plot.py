"""Two small plots as SVG: bars on a logarithmic axis, and lines over one. No library: they are a few rectangles."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

__all__ = ["bars", "lines"]

_STYLE = "font-family:sans-serif;font-size:12px;fill:#333"
_COLOURS = ("#b5402a", "#31688e", "#35793d", "#8a6d1d")
_WIDTH = 720


def _document(height: int, parts: Sequence[str], title: str) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}"'
        f' style="{_STYLE}" role="img"><title>{escape(title)}</title>'
    )
    background = f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>'
    name = f'<text x="10" y="20" style="font-size:14px;font-weight:bold">{escape(title)}</text>'
    return "\n".join([head, background, name, *parts, "</svg>"]) + "\n"


def _decades(least: float, greatest: float) -> range:
    return range(math.floor(math.log10(least)), math.ceil(math.log10(greatest)) + 1)


def _power(exponent: int) -> str:
    return f"{10**exponent:,}" if exponent >= 0 else f"{10.0**exponent:g}"


def bars(title: str, numbers: Mapping[str, float], marked: Sequence[str] = ()) -> str:
    """One bar a name, the shortest first, on a logarithmic axis; those of ``marked`` in another colour."""
    rows = sorted(numbers.items(), key=lambda item: item[1])
    decades = _decades(min(numbers.values()), max(numbers.values()))
    left, right, top, step = 250, _WIDTH - 60, 40, 22

    def place(number: float) -> float:
        return left + (right - left) * (math.log10(number) - decades[0]) / max(1, len(decades) - 1)

    bottom = top + step * len(rows)
    parts = []
    for exponent in decades:
        x = place(10.0**exponent)
        parts.append(f'<line x1="{x:.1f}" y1="{top}" x2="{x:.1f}" y2="{bottom}" stroke="#ddd"/>')
        parts.append(f'<text x="{x:.1f}" y="{bottom + 16}" text-anchor="middle">{_power(exponent)}</text>')
    for index, (name, number) in enumerate(rows):
        y, x = top + step * index, place(number)
        colour = _COLOURS[0] if name in marked else _COLOURS[1]
        parts.append(f'<text x="{left - 8}" y="{y + 14}" text-anchor="end">{escape(name)}</text>')
        parts.append(f'<rect x="{left}" y="{y + 3}" width="{x - left:.1f}" height="{step - 7}" fill="{colour}"/>')
        parts.append(f'<text x="{x + 5:.1f}" y="{y + 14}">{number:.3g}</text>')
    return _document(bottom + 30, parts, title)


def lines(title: str, series: Mapping[str, Mapping[float, float]], unit: str) -> str:
    """One line a name over a logarithmic axis of sizes; the other axis begins at zero."""
    sizes = sorted({size for points in series.values() for size in points})
    greatest = max(number for points in series.values() for number in points.values())
    left, right, top, bottom = 60, _WIDTH - 200, 40, 300

    def place(size: float, number: float) -> tuple[float, float]:
        across = math.log10(size / sizes[0]) / max(math.log10(sizes[-1] / sizes[0]), 1e-9)
        return left + (right - left) * across, bottom - (bottom - top) * number / greatest

    parts = [f'<text x="{left}" y="{top - 6}">{escape(unit)}</text>']
    for size in sizes:
        x, _ = place(size, 0)
        parts.append(f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{size:,.0f}</text>')
    for share in (0, 0.5, 1):
        _, y = place(sizes[0], share * greatest)
        parts.append(f'<line x1="{left}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" stroke="#ddd"/>')
        parts.append(f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{share * greatest:.3g}</text>')
    for index, (name, points) in enumerate(series.items()):
        colour = _COLOURS[index % len(_COLOURS)]
        placed = [place(size, number) for size, number in sorted(points.items())]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in placed]
        parts.append(f'<text x="{right + 12}" y="{top + 18 * index + 10}" style="fill:{colour}">{escape(name)}</text>')
    return _document(bottom + 30, parts, title)
