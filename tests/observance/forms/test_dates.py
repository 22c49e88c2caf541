"""Dates as people write them; where day and month may be either, both are given, and one that does not exist is none."""

import pytest

from observance.forms import read_date


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        ("31/03/2024", ("2024-03-31",)),
        ("03/31/2024", ("2024-03-31",)),
        ("03/04/2024", ("2024-04-03", "2024-03-04")),
        ("3.4.2024", ("2024-04-03", "2024-03-04")),
        ("05/05/2024", ("2024-05-05",)),
        ("mars 2024", ("2024-03",)),
        ("Fevrier 2024", ("2024-02",)),
        ("1er mars 2024", ("2024-03-01",)),
        ("March 31, 2024", ("2024-03-31",)),
        ("03/2024", ("2024-03",)),
        ("2024/3/31", ("2024-03-31",)),
        ("2024", ("2024",)),
        ("31/02/2024", ()),
        ("brumaire 2024", ()),
        ("fév 2024", ("2024-02",)),
        ("sept. 2024", ("2024-09",)),
        ("jui 2024", ()),
        ("ju 2024", ()),
        ("12/11/10", ()),
        ("٣١/٠٣/٢٠٢٤", ()),
        ("0000", ()),
        ("mars", ()),
    ],
)
def test_dates(text: str, dates: tuple[str, ...]) -> None:
    """Each text gives the dates that it can mean."""
    assert read_date(text).dates == dates
