"""A build that nothing has changed for since the last one, known by what that one read and wrote.

After a build without a finding, netc keeps the hashes of every file that it read and wrote, in its cache folder. The
next build with the same words, of the same netc, that finds all of them as they were has nothing to do. Times and sizes
of files count for nothing: only what is in them.
"""

from __future__ import annotations

import argparse
import json
import os
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from netc import kept
from netc.sources import PROJECT_FILE, heard, project_root
from netc.version import VERSION

#: As many builds are remembered; the oldest go.
_MOST = 64

Digests = dict[str, str | None]


class Build:
    """One call of `netc build`: what it depends on, and what an earlier one with the same words left."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self._file = Path(os.path.abspath(arguments.file))
        words = {key: value for key, value in vars(arguments).items() if key not in ("color", "output_format")}
        self._words = json.dumps([VERSION, _code(), os.getcwd(), sorted(words.items())], default=repr)
        self._read: Digests = {}
        folder = kept.folder()
        name = f"build-{zlib.crc32(self._words.encode()):08x}-{zlib.adler32(self._words.encode()):08x}.json"
        #: Nothing is remembered of what comes by a pipe, or of where there is no home.
        self._path = folder / name if folder is not None and arguments.file != "-" else None

    def files_up_to_date(self) -> int | None:
        """How many files the last build left that are as this one would leave them; None if it has to be done."""
        found = kept.read(self._path) if self._path is not None else None
        if found is None:
            return None
        try:
            record = json.loads(found)
            if record["words"] != self._words or record["root"] != str(project_root(self._file)):
                return None
            if not _unchanged(record["read"]) or not _unchanged(record["written"]):
                return None
            return int(record["files"])
        except (ValueError, KeyError, TypeError, AttributeError):
            return None

    @contextmanager
    def watched(self) -> Iterator[None]:
        """What is read meanwhile is what the build depends on."""
        digest = _digester()
        root = project_root(self._file)
        for name in (PROJECT_FILE, "netc.lock"):
            if not (root / name).exists():
                self._read[str(root / name)] = None

        def listener(path: Path, data: bytes | None) -> None:
            self._read[str(path)] = digest(data) if data is not None else None

        with heard(listener):
            yield

    def done(self, folder: Path, texts: Mapping[str, str], others: Mapping[Path, bytes]) -> None:
        """It wrote these texts, by their paths below a folder, and left `others` as they are now."""
        if self._path is None:
            return
        digest = _digester()
        written = {os.path.abspath(folder / path): digest(text.encode()) for path, text in texts.items()}
        written |= {os.path.abspath(path): digest(data) for path, data in others.items()}
        record = {
            "words": self._words,
            "root": str(project_root(self._file)),
            "read": {path: known for path, known in self._read.items() if path not in written},
            "written": written,
            "files": len(texts),
        }
        kept.write(self._path, json.dumps(record).encode())
        _forget_the_oldest(self._path.parent)


def _unchanged(digests: Digests) -> bool:
    digest = _digester()
    for path, known in digests.items():
        try:
            with open(path, "rb") as file:
                if digest(file.read()) != known:
                    return False
        except FileNotFoundError:
            if known is not None:
                return False
        except (OSError, ValueError):
            return False
    return True


def _digester() -> Callable[[bytes], str]:
    from hashlib import blake2b

    return lambda data: blake2b(data, digest_size=16).hexdigest()


def _code() -> list[tuple[str, int, int]]:
    """Which netc this is, beyond its version: somebody may be at work on it."""
    top = Path(__file__).parent.parent
    found = []
    for parent, folders, names in os.walk(top):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        for name in names:
            state = os.stat(os.path.join(parent, name))
            found.append((os.path.relpath(os.path.join(parent, name), top), state.st_mtime_ns, state.st_size))
    return sorted(found)


def _forget_the_oldest(folder: Path) -> None:
    try:
        records = sorted(folder.glob("build-*.json"), key=lambda path: path.stat().st_mtime)
        for old in records[:-_MOST]:
            old.unlink()
    except OSError:
        return
