"""A word or mark of a text."""

from __future__ import annotations


class Token(str):
    """The characters of one terminal of the grammar, `type`, and where they stand: from `start_pos` up to `end_pos`."""

    __slots__ = ("end_pos", "start_pos", "type")

    type: str
    start_pos: int
    end_pos: int

    def __new__(cls, type: str, text: str, start_pos: int = 0, end_pos: int = 0) -> Token:
        self = str.__new__(cls, text)
        self.type, self.start_pos, self.end_pos = type, start_pos, end_pos
        return self

    def __repr__(self) -> str:
        return f"Token({self.type!r}, {str(self)!r})"
