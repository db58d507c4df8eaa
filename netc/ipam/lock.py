"""The text of `netc.lock`: one line per block, `POOL  NETWORK  KEY`.

Lines are in the order of addresses within a pool, with an empty line between pools; nothing is aligned, so that no
block changes another's line. See `netc.ipam.blocks.arranged` for what that does to merges.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from netc.dataclass import dataclass
from netc.diagnostics import Diagnostic, error
from netc.ipam import codes
from netc.ipam.blocks import Block, Network, arranged
from netc.ipam.collisions import MOST, collisions
from netc.ipam.quoting import BARE, TOKEN, unquoted, word
from netc.ipam.space import network, width
from netc.sources import Source, Span

NAME = "netc.lock"
VERSION = 1
_HEADER = f"# {NAME} version {VERSION}: the address blocks that netc planned. Commit it; change it with `netc ipam`."
_HEADER_START = re.compile(rf"# {re.escape(NAME)} version (\d{{1,9}})(?!\d)")
_MARKER = re.compile(r"(<{7}|={7}|>{7}|\|{7})(?: .*)?$")
_CIDR = re.compile(r"([0-9A-Fa-f:.]+)/([0-9]{1,3})")
#: A line as netc writes it, of names without quotes.
_SIMPLE = re.compile(f"({BARE})  ({_CIDR.pattern.replace('(', '(?:')})  ({BARE})")
_BLANK = re.compile(r"[ \t]*")
_RESTORE = "restore the file from version control; without one, everything is planned anew"


@dataclass(frozen=True, slots=True)
class Lock:
    """What a lock file says: its blocks, in the order of their lines, and what is wrong with it.

    `source` is None where there is no file yet. With an error among the findings `blocks` has what could be read.
    """

    blocks: tuple[Block, ...] = ()
    findings: tuple[Diagnostic, ...] = ()
    source: Source | None = None

    @property
    def legible(self) -> bool:
        """Whether every line was read: what contradicts itself can still be repaired by a command."""
        return not any(
            found.code in (codes.BROKEN.code, codes.CONFLICT.code, codes.HEADER.code) for found in self.findings
        )


def text(blocks: Iterable[Block]) -> str:
    """The lock file of these blocks: the same bytes for the same blocks, in whatever order they come."""
    lines = [_HEADER]
    pool: str | None = None
    for block in arranged(blocks):
        if block.pool != pool:
            pool = block.pool
            lines.append("")
        lines.append(f"{word(block.pool)}  {block.network}  {word(block.key)}")
    return "\n".join(lines) + "\n"


def read(source: Source) -> Lock:
    """What a lock file says. Any text is read: what is no lock is a finding at its line, never an exception."""
    findings: list[Diagnostic] = []
    blocks: list[Block] = []
    lines = source.text.split("\n")
    refused = _header(source, lines[0])
    if refused is not None:
        return Lock((), (refused,), source)
    conflicts: list[Span] = []
    start = 0
    for line in lines:
        content = line.removesuffix("\r")
        if content and not content.isspace() and not content.lstrip(" \t").startswith("#"):
            if _MARKER.match(content):
                conflicts.append(Span(source, start, start + len(content)))
            else:
                found = _block(source, start, content)
                if isinstance(found, Block):
                    blocks.append(found)
                else:
                    findings.append(found)
                    if len(findings) >= MOST:
                        break
        start += len(line) + 1
    if conflicts:
        # Both sides of a conflict contradict each other: that, and not each line of it, is what is wrong.
        return Lock(tuple(blocks), (*_conflicts(conflicts), *findings), source)
    return Lock(tuple(blocks), (*findings, *collisions(blocks)), source)


def _header(source: Source, line: str) -> Diagnostic | None:
    found = _HEADER_START.match(line)
    place = Span(source, 0, len(line.rstrip("\r")))
    if found is None:
        empty = not source.text.strip()
        marker = _MARKER.match(line.rstrip("\r"))
        if marker is not None:
            return _conflict(place)
        return error(
            codes.HEADER.code,
            f"{source.path} is empty" if empty else f"{source.path} does not start with `# {NAME} version {VERSION}`",
            place,
            help=_RESTORE,
        )
    if int(found[1]) != VERSION:
        return error(
            codes.HEADER.code,
            f"{source.path} has version {found[1]}, and this netc reads version {VERSION}",
            place,
            help="use the release of netc that wrote it",
        )
    return None


def _conflicts(places: list[Span]) -> Iterable[Diagnostic]:
    """One finding for each conflict: at the marker that opens it, or at one that has lost its opening."""
    opened = [place for place in places if place.text.startswith("<")]
    return [_conflict(place) for place in opened or places[:1]]


def _conflict(place: Span) -> Diagnostic:
    return error(
        codes.CONFLICT.code,
        "a merge conflict: two branches took blocks at one place of a pool",
        place,
        help="keep the lines of one side, those in use already, and remove the markers;\n"
        "the next `netc build` plans what is then missing",
    )


def _block(source: Source, start: int, content: str) -> Block | Diagnostic:
    """The block of a line, or what is wrong with the line."""
    simple = _SIMPLE.fullmatch(content)
    if simple is not None:
        plain = _network(simple[2])
        if plain is not None and plain[1]:
            return Block(simple[1], simple[3], plain[0], Span(source, start, start + len(content)))
    at = _skip(content, 0)
    words: list[tuple[str, int, int]] = []
    while at < len(content):
        found = TOKEN.match(content, at)
        if found is None:
            open_quote = content[at] == '"'
            return _broken(
                "a quote that is not closed" if open_quote else f"{content[at]!r} has no place here",
                Span(source, start + at, start + (len(content) if open_quote else at + 1)),
            )
        words.append((found[0], found.start(), found.end()))
        if len(words) > 3:
            return _broken(
                "a line has 3 words, this one has more", Span(source, start + words[3][1], start + len(content))
            )
        at = _skip(content, found.end())
        if at == found.end() < len(content) and TOKEN.match(content, at):
            return _broken("two words without a space between them", Span(source, start + at, start + len(content)))
    whole = Span(source, start + words[0][1], start + words[-1][2])
    if len(words) != 3:
        return _broken(f"a line has 3 words, this one has {len(words)}", whole)
    names = []
    for token, begin, end in (words[0], words[2]):
        name = unquoted(token)
        if name is None:
            return _broken("an escape that does not exist", Span(source, start + begin, start + end))
        names.append(name)
    token, begin, end = words[1]
    place = Span(source, start + begin, start + end)
    found_network = _network(token)
    if found_network is None:
        return _broken(f"{token} is no network", place)
    meant, whole_network = found_network
    if not whole_network:
        return error(
            codes.BROKEN.code,
            f"{token} is an address in a network, not a network",
            place,
            help=f"most likely {meant} was meant; version control knows what it was",
        )
    return Block(names[0], names[1], meant, whole)


def _skip(content: str, at: int) -> int:
    found = _BLANK.match(content, at)
    return found.end() if found is not None else at


def _broken(what: str, place: Span) -> Diagnostic:
    return error(
        codes.BROKEN.code, what, place, help="a line is `POOL  NETWORK  KEY`; version control knows what it was"
    )


def _network(token: str) -> tuple[Network, bool] | None:
    """The network that a cidr lies in, and whether the cidr is that network; None for what is no cidr."""
    found = _CIDR.fullmatch(token)
    if found is None:
        return None
    try:
        ip = IPv6Address(found[1]) if ":" in found[1] else IPv4Address(found[1])
    except AddressValueError:
        return None
    spare, number = width(ip.version) - int(found[2]), int(ip)
    if spare < 0:
        return None
    first = number >> spare << spare
    return network(first, int(found[2]), ip.version), first == number
