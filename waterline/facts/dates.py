"""When a statement was made: the forms of `as_of`, and the order they are read in.

| `as_of` | read as | counts from |
|---|---|---|
| `2018-08` | that month | August 2018 |
| `~2020-10` | about that month | October 2020 |
| `>=2023-11` | that month or later | November 2023 |
| `2013`, `~2021` | some month of (about) that year | January of it: a dated month of the year outranks it |
| `before 2026`, `before 2026-09` | until then, start not known | December 2025; August 2026 |
| `undated` | no place in time | never |

A statement holds from the month it counts from until the next statement about the same fact. Before the first one
nothing is known: the registry does not carry a value back in time. So `before 2026` says nothing about 2021.

The registry is as good as its statements are dense: a change that is not on record shows only at the next statement.
The source and month that come with each value say how far to trust it.
"""

import re
from dataclasses import dataclass
from datetime import date

_MONTH = re.compile(r"(?P<about>~|>=|before )?(?P<year>[12]\d{3})(?:-(?P<month>0[1-9]|1[0-2]))?")


@dataclass(frozen=True, order=True, slots=True)
class Month:
    """A calendar month. `Month(2018, 8) < Month(2021, 1)`."""

    year: int
    month: int

    def __str__(self) -> str:
        return f"{self.year}-{self.month:02}"

    def months_until(self, day: date) -> int:
        """Whole months from the end of this month to `day`'s month; negative when `day` is earlier."""
        return (day.year - self.year) * 12 + day.month - self.month


def published(as_of: str) -> Month:
    """The month of a fact's own `as_of`, which has one form only: `2026-11`. Else a `ValueError`."""
    found = _MONTH.fullmatch(as_of)
    if not found or found["about"] or not found["month"]:
        raise ValueError(f"as_of is {as_of!r}; write a year and a month, as in '2026-11'.")
    return Month(int(found["year"]), int(found["month"]))


def stated(as_of: str) -> Month | None:
    """The month from which a statement of a history counts, `None` for `undated`. Else a `ValueError`."""
    if as_of == "undated":
        return None
    found = _MONTH.fullmatch(as_of)
    if not found or (found["about"] == ">=" and not found["month"]):
        raise ValueError(
            f"as_of is {as_of!r}; write it as one of the forms in waterline/facts/dates.py, as in '2018-08'."
        )
    year, month = int(found["year"]), int(found["month"] or 1)
    if found["about"] == "before ":
        return Month(year - 1, 12) if month == 1 else Month(year, month - 1)
    return Month(year, month)


def moment(when: int | str) -> Month:
    """The last month of a year (`2018`, `"2018"`), or the month itself (`"2018-08"`). Else a `ValueError`."""
    found = _MONTH.fullmatch(str(when))
    if not found or found["about"]:
        raise ValueError(
            f"{when!r} is not a time the registry knows; give a year, as in 2018, or a month, as in '2018-08'."
        )
    return Month(int(found["year"]), int(found["month"] or 12))
