"""Networks from a few lines of text, as tests of differences need them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from netc.compiler import compile_source
from netc.model import Network
from netc.sources import Source


@pytest.fixture
def networks() -> Callable[..., Sequence[Network]]:
    """Compiles a text; the file's name is `net.netc` if nothing else is said."""

    def compiled(text: str, name: str = "net.netc") -> Sequence[Network]:
        found = compile_source(Source(name, text))
        assert not found.findings, found.findings
        return found.networks

    return compiled
