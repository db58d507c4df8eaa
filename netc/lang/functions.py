"""The functions of the language: one Python function each.

The decorator states the signature as the language writes it. `at` is the call's place; what a function makes anew
stands there, what it passes on keeps its own place. A function raises `Refusal` for values it can't work with.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from ipaddress import IPv4Address, IPv6Address
from math import inf
from typing import Any

from netc.dataclass import dataclass
from netc.lang import operators
from netc.lang.literals import BadLiteral
from netc.lang.refusal import Refusal, a, too_large, wrong_type
from netc.lang.types import word
from netc.lang.values import Cidr, Data, Field, Ip, IpRange, List, Mac, Object, Quantity, Val, type_name
from netc.sources import Span

#: Elements of one value; characters of one string.
MAX_ELEMENTS = 100_000
MAX_STRING = 1_000_000

#: The types that a signature's words stand for.
_KINDS: dict[str, tuple[str, ...]] = {
    "number": ("int", "float"),
    "map": ("object",),
    "block": ("ip", "cidr", "range"),
    "scalar": ("bool", "int", "float", "string", "ip", "cidr", "range", "mac", "quantity", "duration"),
    "countable": ("list", "object", "string"),
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a function: `kind` is a type's name, or a word of `_KINDS`, or `any`."""

    name: str
    kind: str
    optional: bool = False
    variadic: bool = False

    def takes(self, data: Data) -> bool:
        """Whether a value is of the parameter's type."""
        return self.kind == "any" or type_name(data) in _KINDS.get(self.kind, (self.kind,))

    @property
    def expected(self) -> str:
        """`an int`, `an ip, a cidr or a range`: what it takes, in words."""
        kinds = [a(kind) for kind in _KINDS.get(self.kind, (self.kind,))]
        if self.kind == "scalar":
            return "a single value"
        return " or ".join(filter(None, [", ".join(kinds[:-1]), kinds[-1]]))


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the language; `signature` as documentation shows it.

    `call` is None for one that needs more than its arguments: the files of the project, the plan of its addresses.
    """

    name: str
    signature: str
    text: str
    parameters: tuple[Parameter, ...]
    call: Callable[..., Data] | None

    @property
    def doc(self) -> str:
        """What it does: the docstring of the Python function, without its indentation."""
        import inspect

        return inspect.cleandoc(self.text)


FUNCTIONS: dict[str, Function] = {}

_PARAMETER = re.compile(r"(\w+): (\w+)(\?|\.\.\.)?")


def function(signature: str) -> Callable[[Callable[..., Data]], Callable[..., Data]]:
    """Declare a function of the language: `name(parameter: type, optional: type?, rest: type...): type`."""

    def declare(call: Callable[..., Data]) -> Callable[..., Data]:
        _declare(signature, call.__doc__ or "", call)
        return call

    return declare


def _declare(signature: str, doc: str, call: Callable[..., Data] | None) -> None:
    name, _, rest = signature.partition("(")
    parameters = tuple(
        Parameter(match[1], match[2], match[3] == "?", match[3] == "...")
        for match in _PARAMETER.finditer(rest.rpartition("):")[0])
    )
    FUNCTIONS[name] = Function(name, signature, doc, parameters, call)


def _list(items: Iterable[Data], at: Span) -> List:
    return List(tuple([Val(item, at) for item in items]))


def _string(text: str) -> str:
    if len(text) > MAX_STRING:
        raise too_large(f"a string of more than {MAX_STRING:,} characters")
    return text


def text_of(data: Data) -> str:
    """A value as it stands in a string; raises `Refusal` for null, lists and objects."""
    if isinstance(data, str):
        return data
    if isinstance(data, bool):
        return "true" if data else "false"
    if data is None:
        raise wrong_type("null has no text", 'write x ?? "..." to give another')
    if isinstance(data, (List, Object)):
        raise wrong_type(
            f"{a(type_name(data))} has no text",
            'join(", ", list) makes one of a list' if isinstance(data, List) else None,
        )
    return str(data)


# ---- addresses -----------------------------------------------------------------------------------------------------


def _longer_prefix(block: Cidr, prefix: int) -> int:
    """How many blocks of that prefix the block holds."""
    limit = block.ip.max_prefixlen
    if not block.prefix <= prefix <= limit:
        raise Refusal(f"a /{prefix} does not fit into a /{block.prefix}", f"from {block.prefix} to {limit}", argument=1)
    return 1 << (prefix - block.prefix)


@function("subnet(block: cidr, prefix: int, index: int): cidr")
def subnet(at: Span, block: Cidr, prefix: int, index: int) -> Data:
    """The block's subnet number `index` (from 0; negative from the end) of length `prefix`."""
    count = _longer_prefix(block, prefix)
    if not -count <= index < count:
        raise Refusal(f"no subnet {index}: {block} holds {count} of /{prefix}", argument=2)
    first = int(block.network[0]) + (index % count << (block.ip.max_prefixlen - prefix))
    return Cidr(type(block.ip)(first), prefix)


@function("subnets(block: cidr, prefix: int): list")
def subnets(at: Span, block: Cidr, prefix: int) -> Data:
    """All subnets of the block of length `prefix`, in order."""
    count = _longer_prefix(block, prefix)
    if count > MAX_ELEMENTS:
        raise too_large(
            f"{count:,} subnets: a list has at most {MAX_ELEMENTS:,} elements", "subnet(block, prefix, i) is one"
        )
    first, step = int(block.network[0]), 1 << (block.ip.max_prefixlen - prefix)
    return _list((Cidr(type(block.ip)(first + step * i), prefix) for i in range(count)), at)


@function("address(block: cidr, n: int): ip")
def address(at: Span, block: Cidr, n: int) -> Data:
    """The n-th address of the block: 0 is the network address, 1 the first after it, -1 the last of all."""
    size = block.network.num_addresses
    if not -size <= n < size:
        raise Refusal(f"no address {n}: {block.network} has {size}", argument=1)
    return block.network[n]


@function("range_of(first: ip, last: ip): range")
def range_of(at: Span, first: Ip, last: Ip) -> Data:
    """The range from `first` to `last`, both included."""
    if first.version != last.version:
        raise Refusal("the two ends of a range are of one family", argument=1)
    if int(last) < int(first):
        raise Refusal(f"the range ends before it starts: {last} is below {first}", argument=1)
    return IpRange(first, last)


def _ends(block: Ip | Cidr | IpRange) -> tuple[int, int, int]:
    if isinstance(block, Cidr):
        return block.ip.version, int(block.network[0]), int(block.network[-1])
    if isinstance(block, IpRange):
        return block.first.version, int(block.first), int(block.last)
    return block.version, int(block), int(block)


@function("overlaps(a: block, b: block): bool")
def overlaps(at: Span, left: Ip | Cidr | IpRange, right: Ip | Cidr | IpRange) -> Data:
    """Whether two addresses, cidrs or ranges have an address in common."""
    (family, low, high), (other, from_, to) = _ends(left), _ends(right)
    return family == other and low <= to and from_ <= high


_declare(
    "alloc(pool: pool, key: string, prefix: int, family: int?): cidr",
    "The block of length `prefix` that the project's plan has for `key` in a pool. `family` is 4 or 6, needed where "
    "the prefix fits both.",
    None,
)
_declare(
    "data(path: string): any",
    "What a YAML or JSON file holds. The path is relative to the file that the call stands in.",
    None,
)

# ---- lists and objects ---------------------------------------------------------------------------------------------


@function("len(x: countable): int")
def length(at: Span, x: List | Object | str) -> Data:
    """How many elements, keys or characters `x` has."""
    return len(x) if isinstance(x, str) else len(x.items) if isinstance(x, List) else len(x.fields)


@function("keys(x: map): list")
def keys(at: Span, x: Object) -> Data:
    """The keys of an object, in its order."""
    return List(tuple([Val(key, field.key_span) for key, field in x.fields.items()]))


@function("values(x: map): list")
def values(at: Span, x: Object) -> Data:
    """The values of an object, in its order."""
    return List(tuple([field.value for field in x.fields.values()]))


@function("merge(objects: map...): map")
def merge(at: Span, *objects: Object) -> Data:
    """The keys of all objects; a later one's value wins, a key keeps its first place."""
    out: dict[str, Field] = {}
    for each in objects:
        out.update(each.fields)
    return Object(out)


@function("concat(lists: list...): list")
def concat(at: Span, *lists: List) -> Data:
    """The elements of all lists, one list after the other."""
    if sum(len(each.items) for each in lists) > MAX_ELEMENTS:
        raise too_large(f"a list of more than {MAX_ELEMENTS:,} elements")
    return List(tuple([item for each in lists for item in each.items]))


def identity(data: Data) -> Any:
    """A hashable stand-in for `data`: equal for equal values only."""
    if isinstance(data, List):
        return ("list", *[identity(item.data) for item in data.items])
    if isinstance(data, Object):
        return ("object", frozenset((key, identity(field.value.data)) for key, field in data.fields.items()))
    if isinstance(data, Quantity):
        return ("quantity", data.bits)
    return ("number" if operators.number(data) is not None else type_name(data), data)


@function("distinct(x: list): list")
def distinct(at: Span, x: List) -> Data:
    """The list without elements that an earlier one equals."""
    seen: dict[Any, Val] = {}
    for item in x.items:
        seen.setdefault(identity(item.data), item)
    return List(tuple(seen.values()))


def _orderable(items: tuple[Val, ...], what: str) -> tuple[Val, ...]:
    for item in items[:1]:
        if not operators.comparable(item.data, item.data):
            raise wrong_type(f"{what} can't order {a(type_name(item.data))}")
    for item in items[1:]:
        if not operators.comparable(items[0].data, item.data):
            kinds = f"{a(type_name(items[0].data))} and {a(type_name(item.data))}"
            raise wrong_type(f"{what} needs elements of one type, not {kinds}")
    return items


@function("sort(x: list): list")
def sort(at: Span, x: List) -> Data:
    """The list from least to greatest: numbers, strings by code point, addresses numerically."""
    return List(tuple(sorted(_orderable(x.items, "sort"), key=lambda item: operators.order_key(item.data))))


@function("count(n: int): list")
def count(at: Span, n: int) -> Data:
    """The list 0, 1, ... up to n - 1."""
    if not 0 <= n <= MAX_ELEMENTS:
        if n < 0:
            raise Refusal("count() takes no negative number", argument=0)
        raise too_large(f"a list of {n:,} elements: at most {MAX_ELEMENTS:,}")
    return _list(range(n), at)


def _candidates(given: tuple[Data, ...], at: Span, what: str) -> tuple[Val, ...]:
    items = given[0].items if len(given) == 1 and isinstance(given[0], List) else _list(given, at).items
    if not items:
        raise Refusal(f"{what} of nothing")
    return _orderable(items, what)


@function("min(values: any...): any")
def minimum(at: Span, *given: Data) -> Data:
    """The least of the arguments, or of the elements of one list."""
    return min(_candidates(given, at, "min"), key=lambda item: operators.order_key(item.data)).data


@function("max(values: any...): any")
def maximum(at: Span, *given: Data) -> Data:
    """The greatest of the arguments, or of the elements of one list."""
    return max(_candidates(given, at, "max"), key=lambda item: operators.order_key(item.data)).data


# ---- strings -------------------------------------------------------------------------------------------------------

_VERB = re.compile(r"%(?P<flags>[-+0 ]*)(?P<width>\d*)(?:\.(?P<precision>\d+))?(?P<verb>.?)", re.S)


@function("format(pattern: string, values: scalar...): string")
def format_(at: Span, pattern: str, *given: Data) -> Data:
    """The pattern with `%s` (text), `%d` (int), `%x` (hex), `%f` (float) filled in; `%05d` pads, `%%` is `%`."""
    left = list(given)
    parts, end, size = [], 0, 0
    for match in _VERB.finditer(pattern):
        parts += [pattern[end : match.start()], _verb(match, left)]
        end = match.end()
        size += len(parts[-1]) + len(parts[-2])
        if size > MAX_STRING:
            break
    if left and size <= MAX_STRING:
        raise Refusal(f"format() has {len(left)} more value{'s' if len(left) > 1 else ''} than its pattern has places")
    return _string("".join([*parts, pattern[end:]]))


def _verb(match: re.Match[str], left: list[Data]) -> str:
    verb, width, precision = match["verb"], match["width"], match["precision"]
    if verb == "%":
        return "%"
    if verb not in tuple("sdxXf"):
        raise Refusal(f"format() knows no {match[0]!r}", "it knows %s %d %x %X %f and %%", argument=0)
    if len(width) > 3 or len(precision or "") > 2:
        raise too_large(f"the width in {match[0]!r}", "a width has at most 3 digits, a precision 2")
    if not left:
        raise Refusal(f"format() has no value for {match[0]!r}", argument=0)
    value = left.pop(0)
    if verb == "s":
        return f"%{match['flags'].replace('0', '')}{width}s" % (
            text_of(value)[: int(precision) if precision else None],
        )
    amount = operators.number(value)
    if amount is None or (verb != "f" and not isinstance(amount, int)):
        wanted = "a number" if verb == "f" else "an int"
        raise wrong_type(f"{match[0]!r} takes {wanted}, not {a(type_name(value))}")
    try:
        return match[0] % (amount,)
    except OverflowError:
        raise too_large("the number is too large for a float") from None


@function("join(separator: string, x: list): string")
def join(at: Span, separator: str, x: List) -> Data:
    """The elements as text, with the separator between them."""
    texts = [text_of(item.data) for item in x.items]
    if sum(map(len, texts)) + len(separator) * max(len(texts) - 1, 0) > MAX_STRING:
        raise too_large(f"a string of more than {MAX_STRING:,} characters")
    return separator.join(texts)


@function("split(separator: string, text: string): list")
def split(at: Span, separator: str, text: str) -> Data:
    """The parts of the text between separators."""
    if not separator:
        raise Refusal("split() needs a separator", argument=0)
    if text.count(separator) >= MAX_ELEMENTS:
        raise too_large(f"a list of more than {MAX_ELEMENTS:,} elements")
    return _list(text.split(separator), at)


@function("replace(text: string, old: string, new: string): string")
def replace(at: Span, text: str, old: str, new: str) -> Data:
    """The text with every `old` replaced by `new`."""
    if not old:
        raise Refusal("replace() needs a text to look for", argument=1)
    if len(text) + text.count(old) * max(len(new) - len(old), 0) > MAX_STRING:
        raise too_large(f"a string of more than {MAX_STRING:,} characters")
    return text.replace(old, new)


@function("lower(text: string): string")
def lower(at: Span, text: str) -> Data:
    """The text in lower case."""
    return _string(text.lower())


@function("upper(text: string): string")
def upper(at: Span, text: str) -> Data:
    """The text in upper case."""
    return _string(text.upper())


@function("trim(text: string): string")
def trim(at: Span, text: str) -> Data:
    """The text without white space at its ends."""
    return text.strip()


@function("starts_with(text: string, start: string): bool")
def starts_with(at: Span, text: str, start: str) -> Data:
    """Whether the text starts with `start`."""
    return text.startswith(start)


@function("ends_with(text: string, end: string): bool")
def ends_with(at: Span, text: str, end: str) -> Data:
    """Whether the text ends with `end`."""
    return text.endswith(end)


_MAX_PATTERN = 1_000


@function("glob(pattern: string, text: string): bool")
def glob(at: Span, pattern: str, text: str) -> Data:
    """Whether the whole text matches: `*` is any characters, `?` one, every other one itself."""
    if len(pattern) > _MAX_PATTERN:
        raise too_large(f"a pattern of more than {_MAX_PATTERN:,} characters")
    first, *rest = [re.escape(part).replace(r"\?", ".") for part in pattern.split("*")]
    if not rest:
        return re.fullmatch(first, text, re.S) is not None
    # What stands between two stars is taken where it comes first, for good: a text costs no more than its length.
    middle = "".join(f"(?>.*?{part})" for part in rest[:-1] if part)
    return re.fullmatch(f"{first}{middle}.*{rest[-1]}", text, re.S) is not None


# ---- conversions ---------------------------------------------------------------------------------------------------


@function("string(x: scalar): string")
def string(at: Span, x: Data) -> Data:
    """The value as text, as `"${x}"` has it."""
    return text_of(x)


def _parse(text: str, kind: str) -> Data:
    try:
        parsed = word(text)
    except BadLiteral as bad:
        raise Refusal(f"{text!r} is no {kind}: {bad.why}", bad.help, argument=0) from None
    if type_name(parsed) != kind:
        raise Refusal(f"{text!r} is {a(type_name(parsed))}, not {a(kind)}", argument=0)
    return parsed


@function("int(x: scalar): int")
def int_(at: Span, x: Data) -> Data:
    """The int that a string holds, or that a float is equal to."""
    if isinstance(x, str):
        return _parse(x, "int")
    if isinstance(x, float) and x.is_integer():
        return operators.bounded(int(x))
    if isinstance(x, int) and not isinstance(x, bool):
        return x
    if isinstance(x, float):
        raise Refusal(f"{x} is no whole number", argument=0)
    raise wrong_type(f"int() takes a string or a number, not {a(type_name(x))}", argument=0)


_FLOAT = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?", re.ASCII)


@function("float(x: scalar): float")
def float_(at: Span, x: Data) -> Data:
    """The float that a string holds, also one with an exponent, or that is equal to an int."""
    if isinstance(x, float):
        return x
    if isinstance(x, int) and not isinstance(x, bool):
        return float(x)
    if not isinstance(x, str):
        raise wrong_type(f"float() takes a string or a number, not {a(type_name(x))}", argument=0)
    number = float(x) if _FLOAT.fullmatch(x) else inf
    if abs(number) == inf:
        raise Refusal(f"{x!r} is no float", "write it as in 1.5e-7", argument=0)
    return number


def _converter(kind: str) -> Callable[[Data], Data]:
    def convert(x: Data) -> Data:
        if type_name(x) == kind:
            return x
        if isinstance(x, str):
            return _parse(x, kind)
        raise wrong_type(f"{kind}() takes a string, not {a(type_name(x))}", argument=0)

    return convert


@function("ip(x: scalar): ip")
def ip(at: Span, x: Data) -> Data:
    """The address that a string holds."""
    if isinstance(x, Cidr):
        raise wrong_type("ip() takes a string, not a cidr", "c.ip is its address, c.first its first host", argument=0)
    return _converter("ip")(x)


@function("cidr(x: scalar, prefix: int?): cidr")
def cidr(at: Span, x: Data, prefix: int | None = None) -> Data:
    """The cidr that a string holds, or that an address and a prefix length make."""
    if prefix is None:
        return _converter("cidr")(x)
    base = _converter("ip")(x)
    assert isinstance(base, (IPv4Address, IPv6Address))
    if not 0 <= prefix <= base.max_prefixlen:
        raise Refusal(f"an IPv{base.version} prefix is 0 to {base.max_prefixlen}, not {prefix}", argument=1)
    return Cidr(base, prefix)


@function("mac(x: scalar): mac")
def mac(at: Span, x: Data) -> Data:
    """The MAC address that a string holds."""
    return _converter("mac")(x)


#: Linux: IFNAMSIZ is 16, the last byte is for the terminating zero.
_IFNAME_BYTES = 15


@function("ifname(parts: scalar...): string")
def ifname(at: Span, *parts: Data) -> Data:
    """The parts joined by `-` as an interface name; where that is over 15 bytes, its start and a hash of the whole."""
    from hashlib import sha256

    name = "-".join(text_of(part) for part in parts)
    if bad := re.search(r"[\s/:\x00-\x1f]", name):
        raise Refusal(f"an interface name has no {bad[0]!r}: {name!r}")
    if name in ("", ".", ".."):
        raise Refusal(f"{name!r} is no interface name")
    encoded = name.encode("utf-8", "replace")
    if len(encoded) <= _IFNAME_BYTES:
        return name
    digest = sha256(encoded).hexdigest()[:8]
    start = encoded[: _IFNAME_BYTES - len(digest) - 1].decode("utf-8", "ignore").rstrip("-")
    return f"{start}-{digest}"


@function("hash_mac(seed: string): mac")
def hash_mac(at: Span, seed: str) -> Data:
    """A MAC address made from the seed: always the same, locally administered, unicast."""
    from hashlib import sha256

    digest = bytearray(sha256(seed.encode("utf-8", "replace")).digest()[:6])
    digest[0] = digest[0] & 0xFC | 0x02
    return Mac(":".join(f"{byte:02x}" for byte in digest))
