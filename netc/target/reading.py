"""The targets of a `netc.toml`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import ip_interface

from netc.diagnostics import Diagnostic, error
from netc.project_file import PROJECT_FILE, ProjectFile, Setting
from netc.sources import Span
from netc.spelling import suggest
from netc.target import Release, Target, Uplink, release
from netc.target.runtimes import RUNTIMES

#: How `plugins` says that a plugin is not installed.
NONE = "none"
_KUBELET = "kubelet hands nothing to plugins: name the runtime below it, such as containerd or cri-o"


def targets(project: ProjectFile) -> tuple[tuple[Target, ...], tuple[Diagnostic, ...]]:
    """The targets that networks are judged by, and what is wrong with them.

    Each `[target.NAME]` is a target, with what `[target]` says where it says nothing itself; without any, `[target]` is
    one by itself.
    """
    base = project.tables.get("target", {})
    named = project.named.get("target", {})
    findings: list[Diagnostic] = []
    found = [_target(one.name, one.span, {**base, **one.settings}, findings) for one in named.values()]
    if not found and base:
        found = [_target("", next(iter(base.values())).key, base, findings)]
    # What they inherit is said once.
    return tuple(found), tuple(dict.fromkeys(findings))


def _target(name: str, span: Span, settings: Mapping[str, Setting], findings: list[Diagnostic]) -> Target:
    reading = _Reading(settings, findings)
    reference, plugins = reading.plugins()
    runtime, runtime_release = reading.runtime()
    multus = settings.get("multus")
    modules, nodes = settings.get("modules"), settings.get("nodes")
    return Target(
        name,
        span,
        reference,
        plugins,
        runtime,
        runtime_release,
        reading.release(multus) if multus is not None else None,
        frozenset(modules.value) if modules is not None else None,
        reading.uplinks(),
        tuple(nodes.value) if nodes is not None else (),
        dict(_places(settings)),
    )


def _places(settings: Mapping[str, Setting], before: str = "") -> Iterator[tuple[str, Span]]:
    for key, setting in settings.items():
        yield before + key, setting.span
        yield from _places(setting.inner, f"{before}{key}.")


class _Reading:
    """Settings as values; collects what is wrong with them."""

    def __init__(self, settings: Mapping[str, Setting], findings: list[Diagnostic]) -> None:
        self._settings, self._findings = settings, findings

    def plugins(self) -> tuple[Release | None, dict[str, Release | None]]:
        setting = self._settings.get("plugins")
        if setting is None:
            return None, {}
        if isinstance(setting.value, str):
            return self.release(setting), {}
        found = {
            key: None if one.value == NONE else self.release(one, f', or "{NONE}"')
            for key, one in setting.inner.items()
        }
        return found.pop("reference", None), {
            key: number for key, number in found.items() if number is not None or setting.inner[key].value == NONE
        }

    def runtime(self) -> tuple[str | None, Release | None]:
        setting = self._settings.get("runtime")
        if setting is None:
            return None, None
        name, _, number = setting.value.strip().partition(" ")
        if name not in RUNTIMES:
            help = _KUBELET if name == "kubelet" else suggest(name, RUNTIMES)
            self._complain(f"netc knows no runtime {name!r}", setting.span, help)
            return None, None
        found = release(number.strip()) if number else None
        if number and found is None:
            self._complain(f"{number.strip()!r} is no release of {name}", setting.span, f'write "{name} 2.1"')
        return name, found

    def release(self, setting: Setting, others: str = "") -> Release | None:
        found = release(setting.value)
        if found is None:
            self._complain(f"{setting.value!r} is no release", setting.span, f'write numbers, such as "1.9.1"{others}')
        return found

    def uplinks(self) -> dict[str, Uplink] | None:
        setting = self._settings.get("uplinks")
        if setting is None:
            return None
        found = {}
        for name, one in setting.inner.items():
            addresses = []
            listed = one.inner.get("addresses")
            for text in listed.value if listed is not None else ():
                try:
                    if "/" not in text:
                        raise ValueError(text)
                    addresses.append(ip_interface(text))
                except ValueError:
                    assert listed is not None
                    help = 'write it with its prefix length, such as "192.0.2.10/24"'
                    self._complain(f"{text!r} is no address of an interface", listed.span, help)
            mtu = one.inner.get("mtu")
            found[name] = Uplink(name, mtu.value if mtu is not None else None, tuple(addresses))
        return found

    def _complain(self, message: str, span: Span, help: str | None) -> None:
        self._findings.append(error(PROJECT_FILE.code, message, span, help=help))
