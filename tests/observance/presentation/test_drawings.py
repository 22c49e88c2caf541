"""The drawings of an answer's numbers: sizes are in proportion, every number is written too, and names are escaped."""

import re
import xml.etree.ElementTree as ET
from datetime import date

import pytest

from observance.presentation import Series, lane_chart, line_chart, tiles, value_bars

SVG = "{http://www.w3.org/2000/svg}"
SERIES = Series(("a", "b <c>"), (("first", (10.0, 5.0)), ("second", (10.0, 20.0))))


def texts(drawing: str) -> list[str]:
    """The texts of the drawing, which is well-formed."""
    return ["".join(text.itertext()) for text in ET.fromstring(drawing).iter(f"{SVG}text")]


def test_bars_are_in_proportion():
    """The longest bar is the largest number of all columns, and each number stands beside its bar."""
    drawing = value_bars(SERIES, title="T & t")
    widths = [int(rect.attrib["width"]) for rect in ET.fromstring(drawing).iter(f"{SVG}rect")][:4]

    assert widths == [180, 180, 90, 360]
    assert {"10", "5", "20", "b <c>", "first", "second"} <= set(texts(drawing))
    assert ET.fromstring(drawing).attrib["aria-label"] == "T & t"


def test_tiles_have_one_size():
    """Every tile has the same size; its foot shows the share of the second number, or of the largest where there is none."""
    shares = [int(width) for width in re.findall(r'width="(\d+)" height="8"', tiles(SERIES, title="T"))]
    assert shares == [152, 38]
    alone = tiles(Series(("a", "b"), (("n", (4.0, 1.0)),)), title="T")
    assert [int(width) for width in re.findall(r'width="(\d+)" height="8"', alone)] == [152, 38]
    assert texts(tiles(SERIES, title="T"))[1] == "10 / 10"
    assert "0 / 0" in texts(tiles(Series(("a",), (("n", (0.0,)), ("of", (0.0,)))), title="T"))


def test_line_over_days():
    """A point lies as far to the right as its day and as high as its number; one day alone can be drawn."""
    days = [date(2019, 1, 1), date(2020, 1, 1), date(2021, 1, 1)]
    drawing = line_chart(Series(("x", "y", "z"), (("n", (0.0, 5.0, 10.0)),)), days=days, labels=("x", "y", "z"), title="T")
    points = [(int(point.attrib["cx"]), int(point.attrib["cy"])) for point in ET.fromstring(drawing).iter(f"{SVG}circle")]

    assert [points[0], points[2]] == [(60, 200), (880, 30)]
    assert points[1][1] == 115
    assert {"2020", "2021", "10", "0", "n"} <= set(texts(drawing))
    assert line_chart(Series(("x",), (("n", (0.0,)),)), days=days[:1], labels=("x",), title="T")


TITLE = 'Days & <others> "quoted"'


def test_lanes():
    """Each lane has its marks from left to right by day, each with its text, and no more years than there is room for."""
    lanes = [("one", [(date(1971, 1, 1), "first"), (date(2024, 12, 31), "last")]), ("two " * 30, [(date(2000, 6, 1), "<b>middle</b>")])]
    drawn = lane_chart(lanes, title=TITLE)
    places = [int(x) for x in re.findall(r'<circle cx="(\d+)"', drawn)]

    assert 330 == places[0] < places[2] < places[1] <= 1000
    assert "<b>" not in drawn
    assert "<others>" not in drawn
    assert "two two" in drawn and "two " * 20 not in drawn
    assert len(re.findall(r">\d{4}</text>", drawn)) <= 14


def test_nothing_to_draw():
    """Without any day there is nothing to draw."""
    with pytest.raises(ValueError, match="empty"):
        lane_chart([("one", [])], title=TITLE)
