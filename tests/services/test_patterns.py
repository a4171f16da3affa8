"""Event patterns, a table: which document which pattern wants, and which patterns are none.

Amazon EventBridge User Guide, "Comparison operators for use in event patterns" (read 2026-11); README of Event Ruler.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto.events.models import EventPattern

from waterline.services.patterns import ALL, Document, InvalidPattern, compiled, parsed

EMPLOYEES = {"employees": [{"first": "John", "last": "Doe"}, {"first": "Anna", "last": "Smith"}]}

# name, pattern, document, whether it matches, whether moto says so too
CASES: list[tuple[str, dict[str, Any], dict[str, Any], bool, bool]] = [
    ("equals", {"a": ["x"]}, {"a": "x"}, True, True),
    ("equals, another value", {"a": ["x"]}, {"a": "y"}, False, True),
    ("equals, no such field", {"a": ["x"]}, {"b": "x"}, False, True),
    ("equals, case", {"a": ["x"]}, {"a": "X"}, False, True),
    ("one of several", {"a": ["x", "y"]}, {"a": "y"}, True, True),
    ("two fields, both", {"a": ["x"], "b": ["y"]}, {"a": "x", "b": "y"}, True, True),
    ("two fields, one", {"a": ["x"], "b": ["y"]}, {"a": "x", "b": "z"}, False, True),
    ("other fields do not matter", {"a": ["x"]}, {"a": "x", "b": 1}, True, True),
    ("nested", {"a": {"b": ["x"]}}, {"a": {"b": "x"}}, True, True),
    ("nested, too shallow", {"a": {"b": ["x"]}}, {"a": "x"}, False, True),
    ("null", {"a": [None]}, {"a": None}, True, True),
    ("null is not absent", {"a": [None]}, {}, False, True),
    ("null is not a text", {"a": [None]}, {"a": "null"}, False, True),
    ("empty", {"a": [""]}, {"a": ""}, True, True),
    ("empty is not null", {"a": [""]}, {"a": None}, False, True),
    ("true", {"a": [True]}, {"a": True}, True, True),
    ("true is not 1", {"a": [1]}, {"a": True}, False, False),
    ("1 is not true", {"a": [True]}, {"a": 1}, False, False),
    ("number", {"a": [300]}, {"a": 300}, True, True),
    ("a number is not a text", {"a": [300]}, {"a": "300"}, False, True),
    ("array in the document", {"a": ["x"]}, {"a": ["w", "x"]}, True, True),
    ("array in the document, none", {"a": ["x"]}, {"a": ["w", "v"]}, False, True),
    ("empty array in the document", {"a": ["x"]}, {"a": []}, False, True),
    ("array in an array", {"a": ["x"]}, {"a": [["x"], ["y"]]}, True, False),
    ("array of objects", {"employees": {"first": ["Anna"]}}, EMPLOYEES, True, False),
    ("array of objects, one element", {"employees": {"first": ["Anna"], "last": ["Smith"]}}, EMPLOYEES, True, False),
    ("array of objects, two elements", {"employees": {"first": ["Anna"], "last": ["Doe"]}}, EMPLOYEES, False, True),
    ("keys with dots", {"a.b": ["x"]}, {"a": {"b": "x"}}, True, True),
    ("prefix", {"a": [{"prefix": "eu-"}]}, {"a": "eu-west-1"}, True, True),
    ("prefix, another", {"a": [{"prefix": "eu-"}]}, {"a": "us-east-1"}, False, True),
    ("prefix of a number", {"a": [{"prefix": "3"}]}, {"a": 300}, False, True),
    ("prefix, any case", {"a": [{"prefix": {"equals-ignore-case": "EU"}}]}, {"a": "eu-west-1"}, True, True),
    ("suffix", {"a": [{"suffix": ".png"}]}, {"a": "cat.png"}, True, True),
    ("suffix, another", {"a": [{"suffix": ".png"}]}, {"a": "cat.jpg"}, False, True),
    ("suffix, any case", {"a": [{"suffix": {"equals-ignore-case": ".PNG"}}]}, {"a": "cat.png"}, True, True),
    ("equals, any case", {"a": [{"equals-ignore-case": "Alice"}]}, {"a": "aLICE"}, True, True),
    ("equals, any case, another", {"a": [{"equals-ignore-case": "Alice"}]}, {"a": "Bob"}, False, True),
    ("anything but", {"a": [{"anything-but": "x"}]}, {"a": "y"}, True, True),
    ("anything but, this", {"a": [{"anything-but": "x"}]}, {"a": "x"}, False, True),
    ("anything but, absent", {"a": [{"anything-but": "x"}]}, {}, False, True),
    ("anything but, a list", {"a": [{"anything-but": ["x", "y"]}]}, {"a": "y"}, False, True),
    ("anything but numbers", {"a": [{"anything-but": [1, 2]}]}, {"a": 3}, True, True),
    ("anything but prefix", {"a": [{"anything-but": {"prefix": "x"}}]}, {"a": "yx"}, True, True),
    ("anything but prefix, this", {"a": [{"anything-but": {"prefix": "x"}}]}, {"a": "xy"}, False, True),
    ("anything but suffix", {"a": [{"anything-but": {"suffix": "x"}}]}, {"a": "yx"}, False, True),
    ("anything but, any case", {"a": [{"anything-but": {"equals-ignore-case": ["X"]}}]}, {"a": "x"}, False, True),
    ("anything but, one of an array", {"a": [{"anything-but": "x"}]}, {"a": ["x", "y"]}, True, True),
    ("numeric, equal", {"a": [{"numeric": ["=", 3]}]}, {"a": 3.0}, True, True),
    ("numeric, range", {"a": [{"numeric": [">", 10, "<=", 20]}]}, {"a": 20}, True, True),
    ("numeric, at an open end", {"a": [{"numeric": [">", 10, "<=", 20]}]}, {"a": 10}, False, True),
    ("numeric, text", {"a": [{"numeric": [">", 10]}]}, {"a": "20"}, False, True),
    ("numeric, true", {"a": [{"numeric": ["=", 1]}]}, {"a": True}, False, False),
    ("exists", {"a": [{"exists": True}]}, {"a": None}, True, True),
    ("exists, absent", {"a": [{"exists": True}]}, {}, False, True),
    ("exists looks at leaves", {"a": [{"exists": True}]}, {"a": {"b": 1}}, False, True),
    ("does not exist", {"a": [{"exists": False}]}, {}, True, True),
    ("does not exist, there", {"a": [{"exists": False}]}, {"a": 1}, False, True),
    ("does not exist looks at leaves", {"a": [{"exists": False}]}, {"a": {"b": 1}}, True, True),
    ("does not exist, or", {"a": [{"exists": False}, "x"]}, {"a": "x"}, True, True),
    ("does not exist, or, other", {"a": [{"exists": False}, "x"]}, {"a": "y"}, False, True),
    ("or over fields, first", {"$or": [{"a": ["x"]}, {"b": ["y"]}]}, {"a": "x"}, True, True),
    ("or over fields, second", {"$or": [{"a": ["x"]}, {"b": ["y"]}]}, {"b": "y"}, True, True),
    ("or over fields, none", {"$or": [{"a": ["x"]}, {"b": ["y"]}]}, {"a": "y"}, False, True),
    ("or and another", {"c": ["z"], "$or": [{"a": ["x"]}, {"b": ["y"]}]}, {"a": "x"}, False, True),
    ("or below", {"d": {"$or": [{"a": ["x"]}, {"b": ["y"]}]}}, {"d": {"b": "y"}}, True, True),
    ("or in an or", {"$or": [{"a": [1]}, {"$or": [{"b": [2]}, {"c": [3]}]}]}, {"c": 3}, True, True),
    ("wildcard", {"a": [{"wildcard": "dir/*.txt"}]}, {"a": "dir/sub/x.txt"}, True, True),
    ("wildcard, escaped", {"a": [{"wildcard": "\\*x"}]}, {"a": "*x"}, True, True),
    ("wildcard, escaped, other", {"a": [{"wildcard": "\\*x"}]}, {"a": "ax"}, False, True),
    ("wildcard over lines", {"a": [{"wildcard": "x*y"}]}, {"a": "x\ny"}, True, False),
    ("cidr", {"a": [{"cidr": "10.0.0.0/24"}]}, {"a": "10.0.0.33"}, True, True),
    ("cidr, outside", {"a": [{"cidr": "10.0.0.0/24"}]}, {"a": "10.0.1.33"}, False, True),
    ("cidr, no address", {"a": [{"cidr": "10.0.0.0/24"}]}, {"a": "here"}, False, True),
]


@pytest.mark.parametrize(("pattern", "document", "wanted"), [case[1:4] for case in CASES], ids=[c[0] for c in CASES])
def test_a_pattern_wants(pattern: dict[str, Any], document: dict[str, Any], wanted: bool) -> None:
    assert compiled(pattern).wants(document) is wanted
    assert compiled(json.dumps(pattern)).wants(Document(parsed(json.dumps(document)))) is wanted


@pytest.mark.parametrize(("pattern", "document", "wanted", "same"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_moto_says_the_same_but_where_it_is_known_to_be_wrong(
    pattern: dict[str, Any], document: dict[str, Any], wanted: bool, same: bool
) -> None:
    theirs = EventPattern(json.dumps(pattern), pattern).matches_event(document)  # type: ignore[arg-type]
    assert (theirs is wanted) is same


@pytest.mark.parametrize("text", ["300.0", "3.0e2", "300.00"])
def test_a_number_in_a_list_is_compared_as_it_is_written(text: str) -> None:
    """ "300, 300.0, and 3.0e2 are not considered equal"; numeric compares values."""
    document = Document(parsed(f'{{"a": {text}}}'))
    assert not compiled('{"a": [300]}').wants(document)
    assert compiled(f'{{"a": [{text}]}}').wants(document)
    assert compiled('{"a": [{"numeric": ["=", 300]}]}').wants(document)


INVALID = [
    ("no JSON", "{"),
    ("no object", "[]"),
    ("null", "null"),
    ("empty", "{}"),
    ("a bare value", '{"a": "x"}'),
    ("a bare number", '{"a": 1}'),
    ("an empty list", '{"a": []}'),
    ("an empty object", '{"a": {}}'),
    ("a list in a list", '{"a": [["x"]]}'),
    ("an unknown match type", '{"a": [{"starts-with": "x"}]}'),
    ("two match types in one", '{"a": [{"prefix": "x", "suffix": "y"}]}'),
    ("prefix of no text", '{"a": [{"prefix": 1}]}'),
    ("suffix of a list", '{"a": [{"suffix": ["x"]}]}'),
    ("exists of a text", '{"a": [{"exists": "true"}]}'),
    ("numeric without a list", '{"a": [{"numeric": 5}]}'),
    ("numeric, odd", '{"a": [{"numeric": [">"]}]}'),
    ("numeric, unknown comparison", '{"a": [{"numeric": ["!=", 5]}]}'),
    ("numeric of a text", '{"a": [{"numeric": [">", "5"]}]}'),
    ("numeric too large", '{"a": [{"numeric": [">", 5.1e9]}]}'),
    ("numeric upside down", '{"a": [{"numeric": [">", 5, "<", 3]}]}'),
    ("numeric, twice the same", '{"a": [{"numeric": [">", 5, ">", 3]}]}'),
    ("anything-but of both", '{"a": [{"anything-but": ["x", 1]}]}'),
    ("anything-but of nothing", '{"a": [{"anything-but": []}]}'),
    ("anything-but of true", '{"a": [{"anything-but": true}]}'),
    ("anything-but of numeric", '{"a": [{"anything-but": {"numeric": [">", 5]}}]}'),
    ("wildcard, two in a row", '{"a": [{"wildcard": "x**"}]}'),
    ("wildcard, escaping a letter", '{"a": [{"wildcard": "x\\\\y"}]}'),
    ("cidr of no block", '{"a": [{"cidr": "here"}]}'),
    ("no number", '{"a": [NaN]}'),
]


@pytest.mark.parametrize("pattern", [text for _, text in INVALID], ids=[name for name, _ in INVALID])
def test_what_is_no_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(InvalidPattern):
        compiled(pattern)


def test_a_service_says_which_match_types_it_knows() -> None:
    with pytest.raises(InvalidPattern, match="unknown match type wildcard"):
        compiled({"a": [{"wildcard": "x*"}]}, ALL - {"wildcard"})


@pytest.mark.parametrize(
    "pattern",
    [
        {"$or": ["x"]},
        {"$or": [{"prefix": "x"}]},
        {"$or": {"a": ["x"]}},
    ],
    ids=["values", "match types", "an object"],
)
def test_or_is_a_field_where_it_does_not_stand_over_objects(pattern: dict[str, Any]) -> None:
    """Event Ruler keeps old patterns working in which ``$or`` is the name of a field."""
    document = {"$or": {"a": "x"}} if isinstance(pattern["$or"], dict) else {"$or": "x"}
    assert compiled(pattern).wants(document)


def test_too_many_combinations_of_or_are_refused() -> None:
    either = [{f"f{number}": ["x"]} for number in range(11)]
    pattern = {name: {"$or": either} for name in "abc"}
    with pytest.raises(InvalidPattern, match="combinations"):
        compiled(pattern)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["", "x", "y", "xy"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
DOCUMENTS = st.dictionaries(st.sampled_from("abc"), JSON, max_size=3)
LEAVES = st.lists(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.sampled_from(["x", {"prefix": "x"}, {"exists": True}, {"exists": False}, {"anything-but": "x"}]),
    min_size=1,
    max_size=2,
)
PATTERNS = st.dictionaries(
    st.sampled_from("abc"),
    st.recursive(LEAVES, lambda i: st.dictionaries(st.sampled_from("abc"), i, min_size=1)),
    min_size=1,
)


@given(pattern=PATTERNS, document=DOCUMENTS)
def test_a_pattern_of_two_fields_wants_no_more_than_each_of_them(
    pattern: dict[str, Any], document: dict[str, Any]
) -> None:
    """And is an and: what matches all fields matches each field alone."""
    if compiled(pattern).wants(document):
        assert all(compiled({key: value}).wants(document) for key, value in pattern.items())


@given(one=PATTERNS, other=PATTERNS, document=DOCUMENTS)
def test_or_wants_what_one_of_its_branches_wants(
    one: dict[str, Any], other: dict[str, Any], document: dict[str, Any]
) -> None:
    either = compiled({"$or": [one, other]}).wants(document)
    assert either is (compiled(one).wants(document) or compiled(other).wants(document))


@given(document=DOCUMENTS)
def test_a_field_exists_or_does_not(document: dict[str, Any]) -> None:
    there = compiled({"a": [{"exists": True}]}).wants(document)
    assert there is not compiled({"a": [{"exists": False}]}).wants(document)
