"""Networks of any JSON, and YAML as a cluster reads it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from netc.emit.options import manifest_options
from netc.emit.request import Request
from netc.model import Meta, Network
from netc.sources import Source, Span


@pytest.fixture
def network() -> Callable[..., Network]:
    """Makes a network of this name; what is not said is empty."""

    def make(name: str, plugins: list[Any] | None = None, **meta: Any) -> Network:
        source = Source("net.netc", f"network {name} {{ }}\n")
        conflist = {"cniVersion": "1.0.0", "name": name, "plugins": plugins or [{"type": "bridge"}]}
        return Network(name, conflist, {}, Span(source, 8, 8 + len(name)), Meta(**meta))

    return make


@pytest.fixture
def request_for() -> Callable[..., Request]:
    """A request for manifests of these networks, with options as the command line gives them."""

    def make(*networks: Network, **options: Any) -> Request:
        given: Mapping[str, Any] = {key.replace("_", "-"): value for key, value in options.items()}
        return Request(networks, "fleet", manifest_options(None, "fleet", given)[0])

    return make
