"""The kinds of outputs: netc's own, one module each, and those of a project's netc.toml."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from typing import Protocol, cast

from netc.diagnostics import Diagnostic, Step, error
from netc.emit.request import MANIFEST, Made, Output, Request
from netc.project_file import PROJECT_FILE, ProjectFile
from netc.spelling import suggest

#: The word of `--emit` to the module that makes it, and what that is.
KINDS: Mapping[str, tuple[str, str]] = {
    "conflist": ("netc.emit.conflist", "network configurations for /etc/cni/net.d"),
    "nad": ("netc.emit.nad", "Multus NetworkAttachmentDefinitions"),
    "configmap": ("netc.emit.configmap", "ConfigMaps that hold the conflists"),
    "installer": ("netc.emit.installer", "a DaemonSet that installs the ConfigMaps' files on every node"),
}


class Kind(Protocol):
    """What a kind's module offers."""

    def make(self, request: Request) -> Made:
        """The outputs, or what is wrong."""


def known(project: ProjectFile | None) -> tuple[str, ...]:
    """The words that `--emit` takes in this project."""
    named = project.named.get("emit", {}) if project is not None else {}
    return (*KINDS, *(name for name in named if name not in KINDS))


def with_needed(kinds: Sequence[str]) -> tuple[str, ...]:
    """These kinds, each once, and what they are of no use without: an installer's ConfigMaps."""
    return tuple(
        dict.fromkeys(one for kind in kinds for one in (("configmap", kind) if kind == "installer" else (kind,)))
    )


def problems(project: ProjectFile) -> tuple[Diagnostic, ...]:
    """What is wrong with the kinds that netc.toml defines or asks for, beyond its form."""
    named = project.named.get("emit", {})
    found = [
        error(PROJECT_FILE.code, f"{name} is netc's own kind of output", table.span, help="give yours another name")
        for name, table in named.items()
        if name in KINDS
    ]
    asked = project.setting("build", "emit")
    words = [*KINDS, *named]
    if asked is not None:
        found += [
            error(PROJECT_FILE.code, f"there is no kind of output {word!r}", asked.span, help=suggest(word, words))
            for word in asked.value
            if word not in words
        ]
    return tuple(found)


def make(kinds: Sequence[str], request: Request) -> tuple[dict[str, tuple[str, str]], tuple[Diagnostic, ...]]:
    """Path to kind and text of all outputs of these words of `known`, and what keeps them from being written."""
    files: dict[str, tuple[str, str]] = {}
    causes: dict[str, Output] = {}
    findings: list[Diagnostic] = []
    for kind in with_needed(kinds):
        if kind in KINDS:
            made = cast(Kind, importlib.import_module(KINDS[kind][0])).make(request)
        else:
            from netc.emit import custom

            made = custom.make(kind, request)
        findings += made.findings
        for output in made.outputs:
            first = causes.get(output.path)
            if first is not None:
                findings.append(_twice(first, output))
            else:
                causes[output.path] = output
                files[output.path] = (kind, output.text)
    return files, tuple(findings)


def _twice(first: Output, second: Output) -> Diagnostic:
    return error(
        MANIFEST.code,
        f"two outputs would be the file {second.path}",
        second.cause,
        Step("the other one is made here", first.cause),
        help="give one of them another name",
    )
