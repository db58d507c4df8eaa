"""Pools, requests and locks in few words: everything stands in one text, so that findings have places to show."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_network

import pytest

from netc.diagnostics import Diagnostic
from netc.ipam.blocks import Block, Request
from netc.ipam.lock import Lock, read
from netc.ipam.pools import Pool, Written, declare
from netc.lang.literals import address_like
from netc.sources import Source, Span

HEADER = "# netc.lock version 1\n"


class Project:
    """What an author wrote, word by word: each one is the next line of `fleet.netc`."""

    def __init__(self) -> None:
        self.source = Source("fleet.netc", "")

    def place(self, text: str) -> Span:
        start = len(self.source.text)
        self.source.text += text + "\n"
        return Span(self.source, start, start + len(text))

    def written(self, text: str) -> Written:
        return Written(address_like(text), self.place(text))

    def declared(self, name: str, cidrs: str, reserve: str = "") -> tuple[Pool, tuple[Diagnostic, ...]]:
        """A pool from words, and what is wrong with it."""
        head = self.place(f"pool {name}")
        return declare(name, head, [*map(self.written, cidrs.split())], [*map(self.written, reserve.split())])

    def pool(self, name: str, cidrs: str, reserve: str = "") -> Pool:
        """A pool with nothing wrong."""
        pool, findings = self.declared(name, cidrs, reserve)
        assert findings == ()
        return pool

    def request(self, pool: str, key: str, prefix: int, family: int | None = None) -> Request:
        """A request with a place of its own."""
        return Request(pool, key, prefix, family, self.place(f"alloc({pool}, {key}, {prefix})"))


@pytest.fixture
def project() -> Project:
    return Project()


@pytest.fixture
def block() -> Callable[[str, str, str], Block]:
    """A block that is new: pool, network, key."""
    return lambda pool, network, key: Block(pool, key, ip_network(network))


@pytest.fixture
def lock() -> Callable[[str], Lock]:
    """A lock file with these lines, one a block."""
    return lambda lines: read(Source("netc.lock", HEADER + lines))
