"""`dataclasses` for a program that starts often: the same classes, their methods written when they are first called.

The library writes and compiles half a dozen methods as it decorates a class, which takes most of a millisecond, and
loads `inspect` for it; a lint of a small file defines eighty such classes and calls a few of their methods. Here a
class costs some microseconds until one of its methods is needed, and is the same from then on: `__init__`, `__eq__`,
`__hash__`, `__repr__` and the comparisons do what those of the library do.

A type checker sees the library's own functions. Only what netc uses is here: no `InitVar`, no inherited defaults that
change their place, always `__slots__`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = ["dataclass", "field", "fields", "replace"]

if TYPE_CHECKING:
    from dataclasses import dataclass, field, fields, replace
else:
    _MISSING = object()
    _FIELDS = "__netc_fields__"
    _set = object.__setattr__

    class Field:
        """What is known of a field."""

        __slots__ = ("compare", "default", "default_factory", "init", "kw_only", "name")

        def __init__(self, default, default_factory, init, compare, kw_only):
            self.name = ""
            self.default, self.default_factory = default, default_factory
            self.init, self.compare, self.kw_only = init, compare, kw_only

        @property
        def optional(self):
            return self.default is not _MISSING or self.default_factory is not _MISSING

    def field(*, default=_MISSING, default_factory=_MISSING, init=True, compare=True, kw_only=False):
        """A field with something to be said of it."""
        return Field(default, default_factory, init, compare, kw_only)

    def fields(of):
        """The fields of an object or class, in order."""
        return tuple(getattr(of, _FIELDS).values())

    def replace(obj, /, **changes):
        """A copy with these fields changed."""
        for one in fields(obj):
            if one.init and one.name not in changes:
                changes[one.name] = getattr(obj, one.name)
        return type(obj)(**changes)

    def dataclass(*, frozen=False, slots=True, eq=True, order=False):
        """A class whose annotations are its fields."""
        assert slots, "netc's values have slots"
        return lambda cls: _made(cls, frozen, eq, order)

    def _made(cls, frozen, eq, order):
        own = dict(cls.__dict__)
        known, inherited = {}, set()
        for base in reversed(cls.__mro__[1:]):
            known.update(base.__dict__.get(_FIELDS, ()))
            slots = base.__dict__.get("__slots__", ())
            inherited.update((slots,) if isinstance(slots, str) else slots)
        for name, annotation in own.get("__annotations__", {}).items():
            if str(annotation).startswith("ClassVar"):
                continue
            default = own.pop(name, _MISSING)
            one = default if isinstance(default, Field) else Field(default, _MISSING, True, True, False)
            one.name = name
            known[name] = one
        own.pop("__dict__", None)
        own.pop("__weakref__", None)
        own["__slots__"] = tuple(name for name in known if name not in inherited)
        own[_FIELDS] = known
        own["__match_args__"] = tuple(name for name, one in known.items() if one.init and not one.kw_only)
        box = []
        methods = {"__init__": _init, "__repr__": _repr}
        if eq:
            methods["__eq__"] = _eq
            if frozen:
                methods["__hash__"] = _hash
            else:
                own.setdefault("__hash__", None)
        if order:
            methods |= {name: _comparison(sign) for name, sign in _SIGNS.items()}
        for name, write in methods.items():
            own.setdefault(name, _later(name, write, box))
        if frozen:
            own["__setattr__"], own["__delattr__"] = _no_setting, _no_deleting
        own.setdefault("__getstate__", _state)
        own.setdefault("__setstate__", _set_state)
        made = type(cls)(cls.__name__, cls.__bases__, own)
        made.__qualname__ = cls.__qualname__
        box.append((made, tuple(known.values()), frozen))
        return made

    def _later(name, write, box):
        """A method that writes itself when it is called."""

        def method(self, *args, **kwargs):
            cls, known, frozen = box[0]
            written = write(known, frozen, hasattr(cls, "__post_init__"))
            written.__qualname__ = f"{cls.__qualname__}.{name}"
            setattr(cls, name, written)
            return written(self, *args, **kwargs)

        method.__name__ = name
        return method

    def _compiled(text, names):
        exec(text, names)
        return names["method"]

    def _init(known, frozen, after):
        names, parameters, behind, body = {"_set": _set}, [], [], []
        for one in known:
            value = one.name
            if one.init:
                text = one.name
                if one.optional:
                    names[f"_d_{one.name}"] = _LATER if one.default_factory is not _MISSING else one.default
                    text += f"=_d_{one.name}"
                (behind if one.kw_only else parameters).append(text)
            if one.default_factory is not _MISSING:
                names[f"_f_{one.name}"], names["_later"] = one.default_factory, _LATER
                made = f"_f_{one.name}()"
                value = f"{made} if {one.name} is _later else {one.name}" if one.init else made
            elif not one.init:
                continue
            body.append(f"  _set(self,{one.name!r},{value})" if frozen else f"  self.{one.name}={value}")
        words = ",".join(["self", *parameters, *(["*", *behind] if behind else [])])
        body.append("  self.__post_init__()" if after else "  pass")
        return _compiled(f"def method({words}):\n" + "\n".join(body), names)

    #: Stands for a default that is made anew for each object.
    _LATER = object()

    def _tuple(of, known):
        return "(" + "".join(f"{of}.{one.name}," for one in known if one.compare) + ")"

    def _eq(known, *_):
        return _compiled(
            "def method(self,other):\n"
            "  if other.__class__ is self.__class__:\n"
            f"    return {_tuple('self', known)}=={_tuple('other', known)}\n"
            "  return NotImplemented",
            {},
        )

    def _hash(known, *_):
        return _compiled(f"def method(self):\n  return hash({_tuple('self', known)})", {})

    _SIGNS = {"__lt__": "<", "__le__": "<=", "__gt__": ">", "__ge__": ">="}

    def _comparison(sign):
        def write(known, *_):
            return _compiled(
                "def method(self,other):\n"
                "  if other.__class__ is self.__class__:\n"
                f"    return {_tuple('self', known)}{sign}{_tuple('other', known)}\n"
                "  return NotImplemented",
                {},
            )

        return write

    def _repr(known, *_):
        def method(self):
            shown = ", ".join(f"{one.name}={getattr(self, one.name)!r}" for one in known)
            return f"{type(self).__qualname__}({shown})"

        return method

    class FrozenInstanceError(AttributeError):
        """A field of a value can't be set."""

    def _no_setting(self, name, value):
        raise FrozenInstanceError(f"cannot assign to field {name!r}")

    def _no_deleting(self, name):
        raise FrozenInstanceError(f"cannot delete field {name!r}")

    def _state(self):
        return [getattr(self, one.name) for one in fields(self)]

    def _set_state(self, state):
        for one, value in zip(fields(self), state, strict=True):
            _set(self, one.name, value)
