"""The pages of the book that are made from registries say what the registries say."""

from __future__ import annotations

import re

import pytest

from book.reference import FOLDER, PAGES, comparison, register
from waterline.facts import facts
from waterline.views.cells import LAYOUT, TIMES, cells_at


@pytest.mark.parametrize("name", PAGES)
def test_a_committed_page_is_what_the_registry_says(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == PAGES[name](), (
        f"book/reference/{name} is not what the registry says: python book/reference.py"
    )


def test_every_entry_of_the_comparison_stands_on_its_page_with_a_source() -> None:
    sections = re.split(r"^## ", comparison(), flags=re.MULTILINE)[1:]
    assert [section.splitlines()[0] for section in sections] == [service["name"] for service in LAYOUT["service"]]
    for service, section in zip(LAYOUT["service"], sections, strict=True):
        numbers = [int(number) for number in re.findall(r"^(\d+)\. ", section, flags=re.MULTILINE)]
        assert numbers == list(range(1, len(numbers) + 1))
        for time in TIMES:
            for axis in LAYOUT["axis"]:
                for entry in cells_at(time)[service["id"], axis["id"]].entries:
                    assert entry.fact.id.replace("_", "\\_") in section


def test_every_fact_stands_in_the_register_once() -> None:
    assert re.findall(r"^\| `([^`]+)` \|", register(), flags=re.MULTILINE) == sorted(facts)
