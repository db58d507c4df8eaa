"""Classes of `netc.dataclass` are those of `dataclasses`, as far as anybody can tell by using them."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from typing import Any, ClassVar

import pytest

from netc import dataclass as ours


def declared(library: Any) -> dict[str, type]:
    """The same classes by either library."""

    @library.dataclass(frozen=True, slots=True)
    class Point:
        """A value."""

        x: int
        y: int = 2
        seen: ClassVar[int] = 7
        notes: list[str] = library.field(default_factory=list, compare=False)
        hidden: str = library.field(default="h", compare=False, kw_only=True)

        @property
        def sum(self) -> int:
            return self.x + self.y

    @library.dataclass(frozen=True, slots=True)
    class Named(Point):
        name: str = "n"

    @library.dataclass(frozen=True, slots=True, order=True)
    class Place:
        line: int
        column: int

    @library.dataclass(slots=True)
    class Open:
        a: int
        twice: int = library.field(init=False)

        def __post_init__(self) -> None:
            self.twice = 2 * self.a

    @library.dataclass(frozen=True, slots=True, eq=False)
    class Thing:
        a: int

    @library.dataclass(frozen=True, slots=True)
    class Own:
        a: int

        def __repr__(self) -> str:
            return "own"

        def __eq__(self, other: object) -> bool:
            return True

        def __hash__(self) -> int:
            return 5

    return {one.__name__: one for one in (Point, Named, Place, Open, Thing, Own)}


@pytest.fixture(params=[dataclasses, ours], ids=["dataclasses", "netc"])
def library(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def classes(library: Any) -> dict[str, Any]:
    return declared(library)


def test_arguments_by_position_by_name_and_by_default(classes) -> None:
    point = classes["Point"](1, hidden="k")
    assert (point.x, point.y, point.notes, point.hidden, point.seen, point.sum) == (1, 2, [], "k", 7, 3)
    assert classes["Point"](1).notes is not classes["Point"](1).notes
    assert classes["Named"](1, name="m").name == "m"
    with pytest.raises(TypeError):
        classes["Point"]()
    with pytest.raises(TypeError):
        classes["Point"](1, 2, [], "by position")
    with pytest.raises(TypeError):
        classes["Point"](1, z=2)


def test_equality_hash_and_order_are_of_the_compared_fields(classes) -> None:
    point, place = classes["Point"], classes["Place"]
    assert point(1, notes=["a"]) == point(1, notes=["b"], hidden="other")
    assert point(1) != point(2)
    assert point(1) != classes["Named"](1)
    assert point(1) != (1, 2)
    assert len({point(1), point(1), point(2)}) == 2
    assert hash(point(1)) == hash((1, 2))
    assert sorted([place(2, 1), place(1, 9), place(1, 3)]) == [place(1, 3), place(1, 9), place(2, 1)]
    assert place(1, 2) <= place(1, 2) < place(1, 3)
    with pytest.raises(TypeError):
        _ = place(1, 2) < (1, 3)
    thing = classes["Thing"](1)
    assert thing == thing  # equal to itself alone
    assert thing != classes["Thing"](1)
    with pytest.raises(TypeError):
        hash(classes["Open"](1))


def test_a_frozen_value_stays_as_it_is(classes) -> None:
    point = classes["Point"](1)
    with pytest.raises(AttributeError, match="cannot assign to field 'x'"):
        point.x = 2
    with pytest.raises(AttributeError, match="cannot delete field 'x'"):
        del point.x
    opened = classes["Open"](3)
    assert opened.twice == 6
    opened.a = 4
    assert opened.a == 4
    with pytest.raises(AttributeError):
        opened.b = 1


def test_what_a_class_writes_itself_counts(classes) -> None:
    own = classes["Own"]
    assert (repr(own(1)), own(1) == own(2), hash(own(1))) == ("own", True, 5)


def test_repr_and_patterns(classes) -> None:
    assert repr(classes["Place"](1, 2)).endswith("Place(line=1, column=2)")
    match classes["Place"](1, 2):
        case object(line=1, column=column):
            assert column == 2
    assert classes["Point"].__match_args__ == ("x", "y", "notes")
    assert classes["Named"].__match_args__ == ("x", "y", "notes", "name")


def test_replace_and_fields(library, classes) -> None:
    changed = library.replace(classes["Named"](1, 5, hidden="k"), x=9)
    assert (changed.x, changed.y, changed.hidden, changed.name) == (9, 5, "k", "n")
    assert type(changed) is classes["Named"]
    names = [one.name for one in library.fields(classes["Named"])]
    assert names == ["x", "y", "notes", "hidden", "name"]
    with pytest.raises(TypeError):
        library.replace(changed, nothing=1)


def test_copies() -> None:
    from netc.sources import Position

    assert pickle.loads(pickle.dumps(Position(1, 2))) == Position(1, 2)
    assert copy.deepcopy(Position(1, 2)) == copy.copy(Position(1, 2)) == Position(1, 2)
