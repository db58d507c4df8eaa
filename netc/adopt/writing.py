"""Pieces as the text of a `.netc` file, laid out as `netc fmt` does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from netc.adopt.pieces import Body, ChainBlock, Listing, NetworkBlock, Param, PluginBlock, Scalar, Use, scalars
from netc.lang.notation import key_text, quoted
from netc.sources import Source

#: Words that a block's head, a label or a name can't be, bare.
KEYWORDS = frozenset(
    ["import", "param", "let", "chain", "pool", "network", "test", "plugin", "use", "assert", "key", "type", "func",
     "pod", "within", "error", "attach", "detach", "expect", "as", "for", "if", "in", "where", "else", "true", "false",
     "null"]
)  # fmt: skip
#: Keys that are statements in a network: only the spread of an object can give them there.
_STATEMENTS = ("plugin", "use")
#: A body that is longer than this, or says more, goes over several lines.
_WIDTH = 72
_VALUES = 3

_Piece = Scalar | Listing | Body


def text(
    remarks: Sequence[str],
    params: Iterable[Param],
    chains: Iterable[ChainBlock],
    networks: Iterable[NetworkBlock],
    *,
    module: str | None = None,
) -> str:
    """A whole file; `module` is the file that the networks take chains from, as `chains`."""
    from netc.lang.formatter import formatted

    items = ["\n".join(f"# {remark}" if remark else "" for remark in remarks)] if remarks else []
    if module is not None:
        items.append(f"import {quoted(module)} as chains")
    items += [_param(param) for param in params]
    items += [_chain(chain) for chain in chains]
    items += [_network(network) for network in networks]
    source = Source("adopted.netc", "\n\n".join(items) + "\n")
    laid_out = formatted(source)
    # A text with mistakes stays as it is: whoever compiles it says what is wrong.
    return source.text if laid_out.text is None else laid_out.text


def _param(param: Param) -> str:
    default = f" = {param.default}" if param.default is not None else ""
    shown = " ".join(param.stands_for.split())
    return f"## Stands for {shown}\nparam {param.name}: {param.type}{default}"


def _chain(chain: ChainBlock) -> str:
    formals = ", ".join(f"{name}: {type_}" if type_ else name for name, type_ in chain.parameters)
    lines = [line for plugin in chain.plugins for line in _plugin(plugin)]
    return "\n".join([f"chain {chain.name}({formals}) {{", *_indented(lines), "}"])


def _network(network: NetworkBlock) -> str:
    head = network.head if network.head not in KEYWORDS else quoted(network.head)
    lines = _entries(network.entries, at_list_level=True)
    if network.meta:
        lines.insert(0, f"meta {_inline(Body(network.meta))}")
    plugins = [line for plugin in network.plugins for line in _statement(plugin)]
    lines += ["", *plugins] if lines else plugins
    return "\n".join([f"# {network.remark}", f"network {head} {{", *_indented(lines), "}"])


def _statement(statement: PluginBlock | Use) -> list[str]:
    if isinstance(statement, PluginBlock):
        return _plugin(statement)
    arguments = ", ".join(f"{name} = {_inline(value)}" for name, value in statement.arguments)
    return [f"use {statement.chain}({arguments})"]


def _plugin(plugin: PluginBlock) -> list[str]:
    head = plugin.head if plugin.head not in KEYWORDS else quoted(plugin.head)
    return _block(f"plugin {head}", plugin.body)


def _block(head: str, body: Body) -> list[str]:
    line = f"{head} {_inline(body)}"
    if _short(line, body):
        return [line]
    return [f"{head} {{", *_indented(_entries(body)), "}"]


def _short(line: str, body: Body) -> bool:
    return not body.entries or (len(line) <= _WIDTH and sum(1 for _ in scalars(body)) <= _VALUES)


def _entries(body: Body, *, at_list_level: bool = False) -> list[str]:
    """An entry a line, or several; a comma behind each keeps a key that is a word of the grammar apart."""
    lines: list[str] = []
    for key, value in body.entries:
        if at_list_level and key in _STATEMENTS:
            written = [f"...{_inline(Body(((key, value),)))}"]
        else:
            written = _entry(key, value)
        lines += [*written[:-1], f"{written[-1]},"]
    return lines


def _entry(key: str, value: _Piece) -> list[str]:
    if isinstance(value, Body) and key not in KEYWORDS:
        head, inner = _head(key, value)
        return _block(head, inner)
    return [f"{key_text(key)} = {_inline(value)}"]


def _head(key: str, value: Body) -> tuple[str, Body]:
    """The head of a block, and the body behind it: a `type` that comes first is its label."""
    if value.entries and value.entries[0][0] == "type":
        label = value.entries[0][1]
        if isinstance(label, Scalar) and label.text.startswith('"'):
            word = label.text[1:-1]
            bare = word if quoted(word) == label.text and key_text(word) == word and word not in KEYWORDS else None
            return f"{key_text(key)} {bare or label.text}", Body(value.entries[1:])
    return key_text(key), value


def _inline(value: _Piece) -> str:
    if isinstance(value, Scalar):
        return value.text
    if isinstance(value, Listing):
        return f"[{', '.join(_inline(item) for item in value.items)}]"
    if not value.entries:
        return "{ }"
    return f"{{ {', '.join(_inline_entry(key, one) for key, one in value.entries)} }}"


def _inline_entry(key: str, value: _Piece) -> str:
    if isinstance(value, Body) and key not in KEYWORDS:
        head, inner = _head(key, value)
        return f"{head} {_inline(inner)}"
    return f"{key_text(key)} = {_inline(value)}"


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"  {line}" if line else "" for line in lines]
