"""Writing a build's files: all or nothing, only what changed, and never over a stranger's file.

A folder that netc writes to holds a list of what it wrote, `.netc-outputs`, with the source of each file. It tells a
file of an earlier build (to be replaced, or removed when the source no longer makes it) from one that somebody put
there. Its name has no ending that a container runtime would read.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from netc.dataclass import dataclass

LIST_NAME = ".netc-outputs"

#: The kind of output that the list does not name.
CONFLIST = "conflist"


class Made(NamedTuple):
    """What the list says of a file: the source that it was made of, and the kind of output that it is."""

    source: str
    kind: str


class OutputError(Exception):
    """The files can't be written. `str()` is one sentence; `help` is the fix. Nothing was changed."""

    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.help = help


@dataclass(frozen=True, slots=True)
class Plan:
    """What a build would do to a folder: paths relative to it, each sorted.

    `missing` and `stale` are written, `surplus` (made by an earlier build of the same source, no longer wanted) are
    removed, `fresh` are left untouched. `owners` is what the list will say.
    """

    folder: Path
    texts: Mapping[str, str]
    missing: tuple[str, ...]
    stale: tuple[str, ...]
    surplus: tuple[str, ...]
    fresh: tuple[str, ...]
    owners: Mapping[str, Made]

    @property
    def changes(self) -> bool:
        """Whether the files on disk differ from what the source makes."""
        return bool(self.missing or self.stale or self.surplus)


def plan(
    folder: Path,
    texts: Mapping[str, str],
    source: Path,
    *,
    kinds: Mapping[str, str] | None = None,
    others: Collection[str] = (),
    force: bool = False,
) -> Plan:
    """Compare the files that `source` makes (relative path to text) with what lies in `folder`.

    `kinds` says which kind of output a path is, a conflist where it does not. Files of the
    kinds `others`, which this build could make but was not asked for, stay as they are.

    Raises `OutputError` where a file would overwrite one that netc did not write (unless `force`), or one that
    another source makes.
    """
    owners = _read_list(folder)
    own = _name_of(source, folder)
    kinds = kinds or {}
    _refuse_outside(folder, texts)
    missing: list[str] = []
    stale: list[str] = []
    fresh: list[str] = []
    for path, text in sorted(texts.items()):
        old = _read(folder / path)
        if old is None:
            missing.append(path)
            continue
        owner = owners[path].source if path in owners else None
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
        for path, (owner, kind) in sorted(owners.items())
        if owner == own and kind not in others and path not in texts and _read(folder / path) is not None
    ]
    kept = {path: one for path, one in owners.items() if one.source != own or one.kind in others}
    return Plan(
        folder,
        texts,
        tuple(missing),
        tuple(stale),
        tuple(surplus),
        tuple(fresh),
        {**kept, **{path: Made(own, kinds.get(path, CONFLIST)) for path in texts}},
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
    write(folder, texts)
    for path in planned.surplus:
        with contextlib.suppress(OSError):
            (folder / path).unlink()


def write(folder: Path, texts: Mapping[str, str]) -> None:
    """Write all these texts (relative path to text) or none, over what is there; raises `OutputError`."""
    made: list[Path] = []
    ready: dict[str, str] = {}
    try:
        for parent in {os.path.dirname(path): None for path in texts}:
            made += _make_folders(folder / parent)
        for path, text in texts.items():
            parent, name = os.path.split(path)
            beside = os.path.join(folder, parent, f".{name}.netc-{os.getpid()}")
            ready[beside] = os.path.join(folder, path)
            with open(beside, "wb") as file:
                file.write(text.encode())
        for beside, target in ready.items():
            os.replace(beside, target)
    except OSError as error:
        _forget(ready, made)
        raise OutputError(f"can't write {error.filename or folder}: {(error.strerror or str(error)).lower()}") from None
    except BaseException:
        _forget(ready, made)
        raise


def _forget(ready: Iterable[str], made: list[Path]) -> None:
    for beside in ready:
        with contextlib.suppress(OSError):
            os.unlink(beside)
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


def _refuse_outside(folder: Path, paths: Iterable[str]) -> None:
    """An output that lies elsewhere, by its name or through a symbolic link to another folder, is not written."""
    real = os.path.realpath(folder)
    for parent, path in {os.path.dirname(path): path for path in paths}.items():
        if not Path(os.path.realpath(os.path.join(real, parent))).is_relative_to(real):
            raise OutputError(
                f"{folder / path} lies outside {folder}",
                "files are written below the output folder only: remove the link",
            )


def _name_of(source: Path, folder: Path) -> str:
    """How the list names a source: by its way from the folder, so that a checkout can be moved."""
    return Path(os.path.relpath(os.path.abspath(source), os.path.abspath(folder))).as_posix()


def _shown(folder: Path, owner: str) -> str:
    return os.path.relpath(os.path.join(os.path.abspath(folder), owner))


def _list_text(owners: Mapping[str, Made]) -> str:
    listed = sorted(owners.items())
    document: dict[str, object] = {"version": 1, "files": {path: one.source for path, one in listed}}
    kinds = {path: one.kind for path, one in listed if one.kind != CONFLIST}
    if kinds:
        document["kinds"] = kinds
    return json.dumps(document, indent=1) + "\n"


def _read_list(folder: Path) -> dict[str, Made]:
    text = _read(folder / LIST_NAME)
    if text is None:
        return {}
    try:
        document = json.loads(text)
        kinds = {str(path): str(kind) for path, kind in document.get("kinds", {}).items()}
        files = {str(path): Made(str(owner), kinds.get(path, CONFLIST)) for path, owner in document["files"].items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise OutputError(
            f"{folder / LIST_NAME} is not netc's list of outputs", "restore it from version control, or remove it"
        ) from None
    _refuse_outside(folder, files)  # the list may have been meddled with: nothing outside is netc's to remove
    return files
