"""netc: a declarative compiler, linter and dry-run executor for CNI network configuration.

As a library: `load` a file, `check` it for everything that is known of it, `compile` it to networks.

    >>> import netc
    >>> networks, findings = netc.compile(netc.load("dbnet.netc"))

`netc.cni` is the CNI protocol by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from typing import TYPE_CHECKING, Any

from netc.diagnostics import Diagnostic
from netc.model import Network

if TYPE_CHECKING:
    from netc.sources import Source

__all__ = ["Diagnostic", "Network", "check", "compile", "load"]


def load(path: str | PathLike[str]) -> Source:
    """The text of a `.netc` file, ready to be compiled; raises `netc.sources.SourceError` where it can't be read."""
    from netc.sources import Sources

    return Sources().read(str(path))


def check(source: Source, params: Mapping[str, Any] | None = None) -> tuple[Diagnostic, ...]:
    """Every finding about a source, errors to infos, in the order of the text; `params` as for `compile`.

    A conflist, a single configuration or a manifest, by its name, is read as it stands.
    """
    from netc.documents import is_document
    from netc.lint.project import checked_document

    if is_document(source.path):
        return checked_document(source).findings
    return compile(source, params)[1]


def compile(
    source: Source, params: Mapping[str, Any] | None = None
) -> tuple[tuple[Network, ...], tuple[Diagnostic, ...]]:
    """The networks of a source, and every finding about them.

    `params` are values for the source's params: JSON values, or strings that the param's type parses. With an error
    among the findings the networks are not fit to be used.
    """
    from netc.lang import Given
    from netc.lint.project import checked

    given = {name: Given(value, f"param {name}") for name, value in (params or {}).items()}
    result = checked(source, given)
    return result.networks, result.findings
