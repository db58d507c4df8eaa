"""What the operators do: functions of plain data, which raise `Refusal` where they don't."""

from __future__ import annotations

import sys
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address

from netc.lang.literals import MAX_INT
from netc.lang.refusal import Refusal, a, too_large, wrong_type
from netc.lang.values import Cidr, Data, Duration, Ip, IpRange, List, Mac, Object, Quantity, type_name

Number = int | float

_LARGEST_FLOAT = sys.float_info.max
#: Types whose values have an order.
_ORDERED = (int, float, str, IPv4Address, IPv6Address, Cidr, Quantity, Duration, Mac)


def number(value: Data) -> Number | None:
    """`value` if it is an int or float (`true` is neither)."""
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def bounded(result: Number) -> Number:
    """`result`, if netc computes with numbers that large; raises `Refusal`."""
    if isinstance(result, float):
        if not abs(result) <= _LARGEST_FLOAT:  # infinite, or no number
            raise too_large("the result is too large for a float")
    elif abs(result) > MAX_INT:
        raise too_large("the result is too large: integers go up to 2^128")
    return result


def equal(left: Data, right: Data) -> bool:
    """Whether two values are the same; values of different types never are, an int and a float may be."""
    if isinstance(left, List) and isinstance(right, List):
        pairs = zip(left.items, right.items)
        return len(left.items) == len(right.items) and all(equal(x.data, y.data) for x, y in pairs)
    if isinstance(left, Object) and isinstance(right, Object):
        return left.fields.keys() == right.fields.keys() and all(
            equal(field.value.data, right.fields[key].value.data) for key, field in left.fields.items()
        )
    if number(left) is not None and number(right) is not None:
        return left == right
    if isinstance(left, Quantity) and isinstance(right, Quantity):
        return left.bits == right.bits  # 8MB is 64mbit
    return type(left) is type(right) and left == right


def order_key(value: Data) -> tuple[int | float | str, ...]:
    """What to sort `value` by among values of its type: addresses numerically, IPv4 before IPv6."""
    if isinstance(value, (IPv4Address, IPv6Address)):
        return (value.version, int(value))
    if isinstance(value, Cidr):
        return (value.ip.version, int(value.ip), value.prefix)
    if isinstance(value, Quantity):
        return (value.bits,)
    if isinstance(value, Duration):
        return (value.ms,)
    if isinstance(value, Mac):
        return (value.text,)
    if isinstance(value, (int, float, str)):
        return (value,)
    raise wrong_type(f"{a(type_name(value))} has no order")


def comparable(left: Data, right: Data) -> bool:
    """Whether `<` has a meaning for the two."""
    if isinstance(left, bool) or isinstance(right, bool):
        return False
    if number(left) is not None and number(right) is not None:
        return True
    return isinstance(left, _ORDERED) and type_name(left) == type_name(right)


def contains(container: Data, item: Data) -> bool:
    """`item in container`; raises `Refusal`."""
    if isinstance(container, List):
        return any(equal(item, element.data) for element in container.items)
    if isinstance(container, Object):
        if not isinstance(item, str):
            raise wrong_type(f"a key is a string, not {a(type_name(item))}")
        return item in container.fields
    if isinstance(container, Cidr):
        network = container.network
        if isinstance(item, (IPv4Address, IPv6Address)):
            return item in network
        if isinstance(item, Cidr):
            return item.prefix >= container.prefix and item.ip in network
        if isinstance(item, IpRange):
            return item.first in network and item.last in network
    if isinstance(container, IpRange):
        if isinstance(item, (IPv4Address, IPv6Address)):
            return _between(container, item, item)
        if isinstance(item, IpRange):
            return _between(container, item.first, item.last)
        if isinstance(item, Cidr):
            return _between(container, item.network[0], item.network[-1])
    if isinstance(container, (Cidr, IpRange)):
        raise wrong_type(f"{a(type_name(container))} holds addresses: {a(type_name(item))} can't be in it")
    help = "glob(pattern, text) looks into a string" if isinstance(container, str) else None
    raise wrong_type(f"`in` looks into a list, map, cidr or range, not into {a(type_name(container))}", help)


def _between(container: IpRange, low: Ip, high: Ip) -> bool:
    same = low.version == container.first.version
    return same and int(container.first) <= int(low) and int(high) <= int(container.last)


def _both(op: str, left: Data, right: Data, what: str = "two numbers") -> Refusal:
    kinds = type_name(left), type_name(right)
    help = None
    if op == "+":
        if "string" in kinds:
            help = 'put values into a string by "${a}${b}"'
        elif kinds == ("list", "list"):
            help = "concat(a, b) joins lists"
        elif kinds == ("object", "object"):
            help = "{ ...a, ...b } joins objects"
    if op == "-" and kinds == ("ip", "ip"):
        help = "a range of addresses has no spaces: 10.1.0.1-10.1.0.9; range_of(first, last) makes one"
    elif {"ip", "cidr"} & set(kinds):
        help = "address(cidr, n) is the n-th address of a cidr"
    return wrong_type(f"`{op}` takes {what}, not {a(kinds[0])} and {a(kinds[1])}", help)


def _amount(bits: int, like: Quantity) -> Quantity:
    if not 0 <= bits <= MAX_INT:
        raise Refusal("the result is below zero" if bits < 0 else "the result is too large: at most 2^128 bits")
    text = f"{bits // 8}B" if like.kind == "byte" and bits % 8 == 0 else f"{bits}bit"
    return Quantity(bits, like.kind, text)


def _add(left: Data, right: Data) -> Data:
    x, y = number(left), number(right)
    if x is not None and y is not None:
        return bounded(x + y)
    if isinstance(left, Quantity) and isinstance(right, Quantity):
        return _amount(left.bits + right.bits, left)
    raise _both("+", left, right)


def _subtract(left: Data, right: Data) -> Data:
    x, y = number(left), number(right)
    if x is not None and y is not None:
        return bounded(x - y)
    if isinstance(left, Quantity) and isinstance(right, Quantity):
        return _amount(left.bits - right.bits, left)
    raise _both("-", left, right)


def _multiply(left: Data, right: Data) -> Data:
    x, y = number(left), number(right)
    if x is not None and y is not None:
        return bounded(_safely(lambda: x * y))
    if isinstance(left, int) and isinstance(right, Quantity):
        left, right = right, left
    if isinstance(left, Quantity) and isinstance(right, int) and not isinstance(right, bool):
        return _amount(left.bits * right, left)
    raise _both("*", left, right)


def _divide(left: Data, right: Data) -> Data:
    x, y = number(left), number(right)
    if isinstance(left, Quantity) and isinstance(right, int) and not isinstance(right, bool):
        return _amount(_exact(left.bits, right, str(left), str(right)), left)
    if x is None or y is None:
        raise _both("/", left, right)
    if isinstance(x, int) and isinstance(y, int):
        return _exact(x, y, str(x), str(y))
    if not y:
        raise Refusal("division by zero")
    return bounded(_safely(lambda: x / y))


def _exact(x: int, y: int, left: str, right: str) -> int:
    if not y:
        raise Refusal("division by zero")
    if x % y:
        raise Refusal(
            f"{left} / {right} is not a whole number",
            "integer division must be exact; `%` gives the rest, 1.0 * a / b a float",
        )
    return x // y


def _remainder(left: Data, right: Data) -> Data:
    x, y = number(left), number(right)
    if not isinstance(x, int) or not isinstance(y, int):
        raise _both("%", left, right, "two ints")
    if not y:
        raise Refusal("division by zero")
    return x % y


def _safely(compute: Callable[[], Number]) -> Number:
    try:
        return compute()
    except OverflowError:
        raise too_large("the result is too large for a float") from None


def _equals(left: Data, right: Data) -> bool:
    """`==`: comparing values that can never be equal is a mistake, other than with null."""
    kinds = type_name(left), type_name(right)
    if "null" in kinds or kinds[0] == kinds[1] or (number(left) is not None and number(right) is not None):
        return equal(left, right)
    help = None
    if "string" in kinds and {"ip", "cidr", "mac"} & set(kinds):
        word = kinds[0] if kinds[1] == "string" else kinds[1]
        help = f"write the {word} without quotes, or use {word}(text)"
    raise wrong_type(f"{a(kinds[0])} is never equal to {a(kinds[1])}", help)


def _compare(op: str, left: Data, right: Data) -> bool:
    if not comparable(left, right):
        help = f"test it before: x != null && x {op} ..." if left is None or right is None else None
        raise wrong_type(f"`{op}` can't compare {a(type_name(left))} with {a(type_name(right))}", help)
    x, y = order_key(left), order_key(right)
    return {"<": x < y, "<=": x <= y, ">": x > y, ">=": x >= y}[op]


_BINARY: dict[str, Callable[[Data, Data], Data]] = {
    "+": _add,
    "-": _subtract,
    "*": _multiply,
    "/": _divide,
    "%": _remainder,
    "==": _equals,
    "!=": lambda left, right: not _equals(left, right),
    "in": lambda left, right: contains(right, left),
}


def binary(op: str, left: Data, right: Data) -> Data:
    """`left op right` for the operators that always need both sides; raises `Refusal`."""
    function = _BINARY.get(op)
    return function(left, right) if function is not None else _compare(op, left, right)


def unary(op: str, operand: Data) -> Data:
    """`!operand` or `-operand`; raises `Refusal`."""
    if op == "!":
        if not isinstance(operand, bool):
            raise wrong_type(f"`!` takes a bool, not {a(type_name(operand))}", "write x == null, or x == 0")
        return not operand
    amount = number(operand)
    if amount is None:
        raise wrong_type(f"`-` takes a number, not {a(type_name(operand))}")
    return -amount
