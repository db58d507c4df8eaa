"""What manifests are told: by netc.toml, and by the command line, which wins."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from netc.diagnostics import Diagnostic, error
from netc.emit.kubernetes import LABEL, object_name
from netc.emit.request import IMAGE, ManifestOptions
from netc.project_file import PROJECT_FILE, ProjectFile

#: A DaemonSet's name has to leave room for what its pods' names add.
_LONGEST_NAME = 52
_RESOURCE = re.compile(r"[A-Za-z0-9][-A-Za-z0-9.]*/[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?")
_NO_RESOURCE = "is no name of a device plugin's resource"
_AS_RESOURCE = "write it as the device plugin does: vendor.example/name"


class OptionError(Exception):
    """A value of the command line does not do. `help` is the fix."""

    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.help = help


def manifest_options(
    project: ProjectFile | None, stem: str, given: Mapping[str, Any]
) -> tuple[ManifestOptions, tuple[Diagnostic, ...]]:
    """The options of a build of the source called `stem`, and what netc.toml has that Kubernetes would refuse.

    `given` are values of the command line by the keys of `[manifests]`; raises `OptionError` for one of those.
    """
    findings: list[Diagnostic] = []
    for key, problem in _PROBLEMS.items():
        if key in given and (message := problem(given[key])) is not None:
            raise OptionError(f"{key} {given[key]!r} {message}")
        setting = project.setting("manifests", key) if project is not None else None
        if setting is not None and (message := problem(setting.value)) is not None:
            findings.append(error(PROJECT_FILE.code, f"{key} {setting.value!r} {message}", setting.span))
    resources: dict[str, str] = {}
    setting = project.setting("manifests", "resources") if project is not None else None
    for network, resource in (setting.value if setting is not None else {}).items():
        resources[network] = resource
        if not _RESOURCE.fullmatch(resource) and setting is not None:
            findings.append(error(PROJECT_FILE.code, f"{resource!r} {_NO_RESOURCE}", setting.span, help=_AS_RESOURCE))
    for network, resource in given.get("resources", {}).items():
        resources[network] = resource
        if not _RESOURCE.fullmatch(resource):
            raise OptionError(f"resource {network}={resource}: {resource!r} {_NO_RESOURCE}", _AS_RESOURCE)
    options = ManifestOptions(
        name=given.get("name") or _value(project, "name") or _default_name(stem),
        namespace=given.get("namespace") or _value(project, "namespace") or "kube-system",
        nad_namespace=given.get("namespace") or _value(project, "nad-namespace"),
        image=given.get("image") or _value(project, "image") or IMAGE,
        resources=resources,
    )
    return options, tuple(findings)


def _value(project: ProjectFile | None, key: str) -> Any:
    setting = project.setting("manifests", key) if project is not None else None
    return setting.value if setting is not None else None


def _default_name(stem: str) -> str:
    word = object_name(stem)[: _LONGEST_NAME - 5].strip("-")
    return f"netc-{word}" if word else "netc"


def _name_problem(value: str) -> str | None:
    if not LABEL.fullmatch(value) or len(value) > _LONGEST_NAME:
        return f"is no name of a DaemonSet: up to {_LONGEST_NAME} of a-z, 0-9 and -"
    return None


def _namespace_problem(value: str) -> str | None:
    return None if LABEL.fullmatch(value) else "is no name of a namespace: up to 63 of a-z, 0-9 and -"


def _image_problem(value: str) -> str | None:
    if not value or any(not "!" <= character <= "~" for character in value):
        return "is no name of an image"
    last = value.rpartition("/")[2]
    if "@" not in last and ":" not in last:
        return "has no tag or digest: what it stands for would change by itself"
    return None


_PROBLEMS: Mapping[str, Callable[[str], str | None]] = {
    "name": _name_problem,
    "namespace": _namespace_problem,
    "nad-namespace": _namespace_problem,
    "image": _image_problem,
}
