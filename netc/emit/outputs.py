"""Writing a build's files: all or nothing, only what changed, and never over a stranger's file.

A folder that netc writes to holds a list of what it wrote, `.netc-outputs`, with the source of each file. It tells a
file of an earlier build (to be replaced, or removed when the source no longer makes it) from one that somebody put
there. Its name has no ending that a container runtime would read.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

LIST_NAME = ".netc-outputs"


class OutputError(Exception):
    """The files can't be written. `str()` is one sentence; `help` is the fix. Nothing was changed."""

    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.help = help


@dataclass(frozen=True, slots=True)
class Plan:
    """What a build would do to a folder: paths relative to it, each sorted.

    `missing` and `stale` are written, `surplus` (made by an earlier build of the same source, no longer wanted) are
    removed, `fresh` are left untouched.
    """

    folder: Path
    texts: Mapping[str, str]
    missing: tuple[str, ...]
    stale: tuple[str, ...]
    surplus: tuple[str, ...]
    fresh: tuple[str, ...]
    owners: Mapping[str, str]

    @property
    def changes(self) -> bool:
        """Whether the files on disk differ from what the source makes."""
        return bool(self.missing or self.stale or self.surplus)


def plan(folder: Path, texts: Mapping[str, str], source: Path, *, force: bool = False) -> Plan:
    """Compare the files that `source` makes (relative path to text) with what lies in `folder`.

    Raises `OutputError` where a file would overwrite one that netc did not write (unless `force`), or one that
    another source makes.
    """
    owners = _read_list(folder)
    own = _name_of(source, folder)
    missing: list[str] = []
    stale: list[str] = []
    fresh: list[str] = []
    for path, text in sorted(texts.items()):
        old = _read(folder / path)
        if old is None:
            missing.append(path)
            continue
        owner = owners.get(path)
        if old == text and owner in (own, None):
            fresh.append(path)
            continue
        if owner is not None and owner != own and (folder / owner).exists():
            raise OutputError(
                f"{folder / path} is made by {_shown(folder, owner)} as well",
                "give one of the networks another name, or build into separate folders with -o",
            )
        if owner is None and not force:
            raise OutputError(
                f"{folder / path} exists and was not written by netc",
                "move it away, or overwrite it with --force",
            )
        (fresh if old == text else stale).append(path)
    surplus = [
        path
        for path, owner in sorted(owners.items())
        if owner == own and path not in texts and _read(folder / path) is not None
    ]
    kept = {path: owner for path, owner in owners.items() if owner != own}
    return Plan(
        folder,
        texts,
        tuple(missing),
        tuple(stale),
        tuple(surplus),
        tuple(fresh),
        {**kept, **dict.fromkeys(texts, own)},
    )


def apply(planned: Plan) -> None:
    """Carry the plan out. Every new text is on disk beside its place before the first one takes it.

    Raises `OutputError` (nothing changed) where a file can't be written, on a full disk for instance.
    """
    folder = planned.folder
    listing = _list_text(planned.owners)
    texts = {path: planned.texts[path] for path in (*planned.missing, *planned.stale)}
    if _read(folder / LIST_NAME) != listing:
        texts[LIST_NAME] = listing
    made: list[Path] = []
    ready: dict[Path, Path] = {}
    try:
        for path, text in texts.items():
            target = folder / path
            made += _make_folders(target.parent)
            beside = target.with_name(f".{target.name}.netc-{os.getpid()}")
            ready[beside] = target
            with open(beside, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
        for beside, target in ready.items():
            os.replace(beside, target)
    except OSError as error:
        _forget(ready, made)
        raise OutputError(f"can't write {error.filename or folder}: {(error.strerror or str(error)).lower()}") from None
    except BaseException:
        _forget(ready, made)
        raise
    for path in planned.surplus:
        with contextlib.suppress(OSError):
            (folder / path).unlink()


def _forget(ready: Iterable[Path], made: list[Path]) -> None:
    for beside in ready:
        with contextlib.suppress(OSError):
            beside.unlink()
    for folder in reversed(made):
        with contextlib.suppress(OSError):
            folder.rmdir()


def _make_folders(folder: Path) -> list[Path]:
    """Make the folder and what it lies in; what was made, outermost first."""
    absent = []
    while not folder.exists():
        absent.append(folder)
        folder = folder.parent
    absent.reverse()
    for one in absent:
        one.mkdir(exist_ok=True)
    return absent


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        if isinstance(error, UnicodeDecodeError):
            return ""
        raise OutputError(f"can't read {path}: {(error.strerror or str(error)).lower()}") from None


def _name_of(source: Path, folder: Path) -> str:
    """How the list names a source: by its way from the folder, so that a checkout can be moved."""
    return Path(os.path.relpath(os.path.abspath(source), os.path.abspath(folder))).as_posix()


def _shown(folder: Path, owner: str) -> str:
    return os.path.relpath(os.path.join(os.path.abspath(folder), owner))


def _list_text(owners: Mapping[str, str]) -> str:
    return json.dumps({"version": 1, "files": dict(sorted(owners.items()))}, indent=1) + "\n"


def _read_list(folder: Path) -> dict[str, str]:
    text = _read(folder / LIST_NAME)
    if text is None:
        return {}
    try:
        files = json.loads(text)["files"]
        return {str(path): str(owner) for path, owner in files.items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise OutputError(
            f"{folder / LIST_NAME} is not netc's list of outputs", "restore it from version control, or remove it"
        ) from None
