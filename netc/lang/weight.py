"""How large values are, so that none grows without end.

Values are shared: `let b = [a, a]` costs nothing, and thirty such lines make a list that no disk holds. So the size
is counted as if every part were written out.
"""

from __future__ import annotations

from typing import NamedTuple

from netc.lang.functions import MAX_ELEMENTS, MAX_STRING
from netc.lang.refusal import too_large
from netc.lang.syntax import MAX_DEPTH
from netc.lang.values import Data, List, Object, Val

#: Characters that weigh as much as one element.
_CHARACTERS = 128


class Weight(NamedTuple):
    """`elements` of a value and all within it, how `deep` it is nested, and whether an object in it has a null."""

    elements: int
    deep: int
    null: bool


_ONE = Weight(1, 0, False)


class Scale:
    """Weighs values, each list and object once."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Weight, Data]] = {}

    def check(self, data: Data) -> Data:
        """`data`, if it is not too large; raises `Refusal`."""
        if isinstance(data, str):
            if len(data) > MAX_STRING:
                raise too_large(f"a string of {len(data):,} characters: at most {MAX_STRING:,}")
        elif isinstance(data, (List, Object)):
            self.weigh(data)
        return data

    def weigh(self, data: Data) -> Weight:
        """The weight of a value; raises `Refusal` for one that is too large."""
        if isinstance(data, str):
            return _ONE if len(data) < _CHARACTERS else Weight(1 + len(data) // _CHARACTERS, 0, False)
        if not isinstance(data, (List, Object)):
            return _ONE
        known = self._known.get(id(data))
        if known is not None:
            return known[0]
        parts: list[Val] = (
            list(data.items) if isinstance(data, List) else [field.value for field in data.fields.values()]
        )
        elements, deep, null = 1, 0, False
        for part in parts:
            inner = part.data
            weight = self.weigh(inner) if isinstance(inner, (str, List, Object)) else _ONE
            elements += weight.elements
            deep = max(deep, weight.deep)
            null = null or weight.null or (inner is None and isinstance(data, Object))
        if elements > MAX_ELEMENTS:
            raise too_large(f"a value of more than {MAX_ELEMENTS:,} elements", "elements within elements count as well")
        if deep >= MAX_DEPTH:
            raise too_large(f"a value nested more than {MAX_DEPTH} deep")
        weight = Weight(elements, deep + 1, null)
        self._known[id(data)] = weight, data  # the value is kept, so that its id stays its own
        return weight

    def without_nulls(self, data: Data) -> Data:
        """The value with the keys of its objects that are null left out."""
        if not isinstance(data, (List, Object)) or not self.weigh(data).null:
            return data
        if isinstance(data, List):
            return List(tuple([Val(self.without_nulls(item.data), item.span) for item in data.items]))
        from netc.dataclass import replace

        return Object(
            {
                key: replace(field, value=Val(self.without_nulls(field.value.data), field.value.span))
                for key, field in data.fields.items()
                if field.value.data is not None
            }
        )
