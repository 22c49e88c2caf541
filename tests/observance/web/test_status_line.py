"""The line of a duty's history: in proportion to the days, with years, meetings, and words where they have room."""

from observance.web.status_line import status_line


def span(first: str, last: str, label: str = "provided") -> dict[str, str]:
    """A span of the line."""
    return {"from": first, "until": last, "label": label, "statusIri": ""}


def test_status_line() -> None:
    """Spans follow each other in proportion, years are at most eight, meetings outside the days are left out."""
    spans = [
        span("2001-01-01", "2003-12-31", "provided after the assumed period"),
        span("2004-01-01", "2004-01-01"),
        span("2004-01-02", "2020-12-31"),
    ]
    meetings = [{"day": day} for day in ("2000-12-31", "2004-01-01", "2020-12-31", "2021-01-01")]
    line = status_line(spans, meetings=meetings)
    assert line is not None
    first, short, last = line.spans

    assert (first.x, short.x, last.x) == (0, first.width, round(short.x + short.width, 2))
    assert round(last.x + last.width, 2) == line.today < 100
    assert last.width > 5 * first.width > 100 * short.width
    assert [(s.has_words, s.has_sign, s.has_narrow_sign) for s in line.spans] == [
        (False, True, True),
        (False, False, False),
        (True, True, True),
    ]
    assert [(mark.text, mark.view["day"], mark.span["from"]) for mark in line.meetings] == [
        ("1", "2004-01-01", "2004-01-01"),
        ("2", "2020-12-31", "2004-01-02"),
    ]
    assert [year.text for year in line.years] == ["2002", "2005", "2008", "2011", "2014", "2017", "2020"]
    assert [year.is_minor for year in line.years[:3]] == [False, True, False]


def test_short_lines() -> None:
    """Without spans there is no line; of one day there is one, without years, at both ends of the calendar."""
    assert status_line([], meetings=[]) is None
    for day in ("0001-01-01", "9999-12-31"):
        line = status_line([span(day, day)], meetings=[])
        assert line is not None and (line.spans[0].width, line.years) == (line.today, ())
