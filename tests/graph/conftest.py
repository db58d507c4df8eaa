"""Pictures of a few lines of text."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from netc.compiler import compile_source
from netc.graph import Picture, draw
from netc.graph.alike import subjects
from netc.sources import Source


@pytest.fixture
def picture() -> Callable[[str], Picture]:
    """Compiles a text and draws all of it."""

    def drawn(text: str) -> Picture:
        found = compile_source(Source("net.netc", text))
        assert not found.findings, found.findings
        return draw("net.netc", subjects(found.networks, found.pods))

    return drawn
