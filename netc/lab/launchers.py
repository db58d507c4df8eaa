"""netc's drivers as plugin programs: files in a folder that any runtime can call by their names."""

from __future__ import annotations

import os
import shlex
import stat
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from netc.cni.executor import Executor
from netc.cni.gojson import Json
from netc.cni.plugin import Environment

#: What tells a launcher from a file of somebody else.
_MARK = "# Runs netc's driver"


class LauncherError(Exception):
    """The folder can't take the launchers. `str()` is one sentence, `help` the fix. Nothing was changed."""

    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.help = help


def types() -> tuple[str, ...]:
    """The plugin types that netc has a driver for, sorted."""
    from netc import plugins

    return tuple(name for name in plugins.names() if plugins.has(name, "driver"))


def text(plugin_type: str) -> str:
    """The launcher of a plugin type: a shell script that starts this Python with this netc."""
    return (
        f"#!/bin/sh\n{_MARK} of {plugin_type}: netc plugin --help says more.\n"
        f'exec {shlex.quote(sys.executable)} -m netc plugin {plugin_type} "$@"\n'
    )


def is_launcher(path: str | os.PathLike[str]) -> bool:
    """Whether a file is a launcher of some netc."""
    try:
        with open(path, "rb") as file:
            return _MARK.encode() in file.read(200)
    except OSError:
        return False


def install(folder: Path, wanted: Iterable[str], *, force: bool = False) -> list[Path]:
    """Put a launcher for each type into the folder: those that were not there as they are now.

    Raises `LauncherError` where a file of that name is somebody else's, unless `force` is on, and where the folder
    can't be written to; all are put there or none.
    """
    names = list(dict.fromkeys(wanted))
    strangers = [name for name in names if os.path.lexists(folder / name) and not is_launcher(folder / name)]
    if strangers and not force:
        raise LauncherError(
            f"{folder / strangers[0]} is no launcher of netc"
            + (f", nor are {len(strangers) - 1} more" if strangers[1:] else ""),
            "take another folder, or overwrite it with --force",
        )
    stale = [name for name in names if _read(folder / name) != text(name)]
    ready: dict[Path, Path] = {}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in stale:
            beside = folder / f".{name}.netc-{os.getpid()}"
            ready[beside] = folder / name
            beside.write_text(text(name), encoding="utf-8")
            beside.chmod(0o755)
        for beside, target in ready.items():
            beside.replace(target)
    except OSError as error:
        raise LauncherError(f"can't write {folder}: {(error.strerror or str(error)).lower()}") from None
    finally:
        for beside in ready:
            with suppress(OSError):
                beside.unlink()
    return list(ready.values())


def uninstall(folder: Path) -> list[Path]:
    """Take every launcher out of a folder, and nothing else; raises `LauncherError`."""
    try:
        found = sorted(path for path in folder.iterdir() if stat.S_ISREG(path.lstat().st_mode) and is_launcher(path))
        for path in found:
            path.unlink()
    except OSError as error:
        raise LauncherError(f"can't change {folder}: {(error.strerror or str(error)).lower()}") from None
    return found


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None


class Delegates:
    """Runs the IPAM plugins of a launched driver: launchers inside this process, anything else as a program."""

    def __init__(self, programs: Executor, drivers: Executor) -> None:
        self._programs, self._drivers = programs, drivers

    def find(self, plugin_type: str) -> str:
        """Where CNI_PATH has it. Raises `CniError`."""
        return self._programs.find(plugin_type)

    def run(self, plugin_type: str, env: Environment, request: Mapping[str, Json]) -> Json | None:
        """The plugin's answer. Raises `CniError`."""
        inside = is_launcher(self.find(plugin_type))
        return (self._drivers if inside else self._programs).run(plugin_type, env, request)
