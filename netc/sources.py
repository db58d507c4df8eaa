"""Files as netc sees them: text with positions, read once, from disk or from an overlay.

Everything that names a place in a file does so by a `Span`. Nothing above this module opens a source file itself, so
that an editor's unsaved buffer, a test's in-memory file and the project's root are handled in one place.
"""

from __future__ import annotations

import os
import stat
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from netc.dataclass import dataclass, field
from netc.spelling import nearest

#: A source larger than this is refused: no network description is that long, and reading it only hangs the machine.
MAX_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a text: `line` and `column` count from 1, columns in characters (not bytes)."""

    line: int
    column: int


class Source:
    """One text with a name. Two sources are the same only if they are the same object.

    `path` is shown to people (as they typed it, or relative to the working directory); `text` is the decoded content,
    without a byte order mark, line ends as they stand in the file. `file` is the absolute path that it was read from,
    None for a text that is no file. `bom` says that the file starts with a byte order mark.
    """

    __slots__ = ("_line_starts", "bom", "file", "path", "text")

    def __init__(self, path: str, text: str, file: Path | None = None, *, bom: bool = False) -> None:
        self.path = path
        self.text = text
        self.file = file
        self.bom = bom
        self._line_starts: list[int] | None = None

    def __repr__(self) -> str:
        return f"Source({self.path!r}, {len(self.text)} characters)"

    @property
    def line_starts(self) -> list[int]:
        """Offset of the first character of each line, in order."""
        if self._line_starts is None:
            starts = [0]
            find, at = self.text.find, 0
            while (at := find("\n", at)) >= 0:
                at += 1
                starts.append(at)
            self._line_starts = starts
        return self._line_starts

    def position(self, offset: int) -> Position:
        """Line and column of a character offset; an offset past the end is the end."""
        offset = min(max(offset, 0), len(self.text))
        line = bisect_right(self.line_starts, offset)
        return Position(line, offset - self.line_starts[line - 1] + 1)

    def offset(self, line: int, column: int) -> int:
        """The offset of a position; the inverse of `position`."""
        return self.line_starts[line - 1] + column - 1

    def line(self, number: int) -> str:
        """The text of line `number` (from 1), without its line end."""
        starts = self.line_starts
        end = starts[number] if number < len(starts) else len(self.text)
        return self.text[starts[number - 1] : end].rstrip("\r\n")


@dataclass(frozen=True, slots=True)
class Span:
    """Characters `start` up to and without `end` of one source."""

    source: Source
    start: int
    end: int

    @property
    def text(self) -> str:
        """The characters themselves."""
        return self.source.text[self.start : self.end]

    @property
    def begin(self) -> Position:
        """Where the span starts."""
        return self.source.position(self.start)

    @property
    def finish(self) -> Position:
        """Where the span ends (the position after its last character)."""
        return self.source.position(self.end)

    def to(self, other: Span) -> Span:
        """From the start of this span to the end of `other`, which stands in the same source."""
        return Span(self.source, self.start, max(self.end, other.end))

    def __str__(self) -> str:
        begin = self.begin
        return f"{self.source.path}:{begin.line}:{begin.column}"


#: Told of every file that is read, or found not to be there (then of None), while somebody listens.
Listener = Callable[[Path, bytes | None], None]
_listeners: list[Listener] = []


@contextmanager
def heard(listener: Listener) -> Iterator[None]:
    """`listener` is told of all files that are read meanwhile: what a result depends on."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)


class SourceError(Exception):
    """A file that can't be read as text. `str()` is one sentence for people; `help` is the fix."""

    def __init__(self, path: str, reason: str, help: str | None = None) -> None:
        super().__init__(f"{path}: {reason}")
        self.path, self.reason, self.help = path, reason, help


#: Marks the folder of a project.
PROJECT_FILE = "netc.toml"


def project_root(file: Path | None) -> Path:
    """The project's folder of a file: the nearest one above with a `netc.toml`, else the file's own.

    For a text that is no file, the working directory takes the place of the file's folder.
    """
    start = file.parent if file is not None else Path(os.path.abspath(os.curdir))
    for folder in (start, *start.parents):
        if os.path.isfile(folder / PROJECT_FILE):
            return folder
    return start


@dataclass(slots=True)
class Sources:
    """The files of one run, each read once.

    `root` bounds what may be read: a path that leaves it, also through a symbolic link, is refused, and so is what is
    no regular file. `overlays` map absolute paths to texts that stand in for the file on disk (an editor's buffer, a
    test's fixture).
    """

    root: Path | None = None
    overlays: Mapping[Path, str] = field(default_factory=dict)
    _read: dict[Path, Source] = field(default_factory=dict, init=False)

    def read(self, path: str | Path, *, shown: str | None = None) -> Source:
        """The source at `path`, relative paths from the working directory; raises `SourceError`.

        `shown` is the name that messages use, `path` itself by default.
        """
        name = shown if shown is not None else str(path)
        absolute = Path(os.path.abspath(path))
        known = self._read.get(absolute)
        if known is not None:
            return known
        if absolute in self.overlays:
            text, bom = self.overlays[absolute], False
        else:
            self._refuse_outside_root(absolute, name)
            data = _bytes(absolute, name, regular=self.root is not None)
            text, bom = _decode(data, name), data.startswith(b"\xef\xbb\xbf")
        source = Source(name, text, absolute, bom=bom)
        self._read[absolute] = source
        return source

    def beside(self, source: Source, path: str) -> Source:
        """The source at `path`, relative to the folder that `source` lies in; raises `SourceError`.

        A source that is no file lies in the working directory. Messages call what is read by its way from there.
        """
        shown = os.path.normpath(os.path.join(os.path.dirname(source.path), path))
        if os.path.isabs(path) or "\\" in path:
            slash = "write / between the parts of a path" if "\\" in path else "write it relative to this file"
            raise SourceError(path, "is no path within the project", slash)
        if not path or "\0" in path:
            raise SourceError(repr(path), "is no path")
        folder = source.file.parent if source.file is not None else Path()
        return self.read(folder / path, shown=shown)

    def _refuse_outside_root(self, absolute: Path, name: str) -> None:
        if self.root is None:
            return
        root = Path(os.path.realpath(self.root))
        real = Path(os.path.realpath(absolute))
        if not real.is_relative_to(root):
            help = (
                "netc reads files of the project only: those below the folder of its netc.toml, or of the compiled file"
            )
            raise SourceError(name, "lies outside the project's folder", help)


def _bytes(absolute: Path, name: str, *, regular: bool) -> bytes:
    try:
        # Not blocking, so that a pipe nobody writes to is found out rather than waited for.
        flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | (getattr(os, "O_NONBLOCK", 0) if regular else 0)
        with open(os.open(absolute, flags), "rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if stat.S_ISDIR(mode):
                raise IsADirectoryError
            if regular and not stat.S_ISREG(mode):
                raise SourceError(name, "is a device or pipe, not a file")
            data = file.read(MAX_BYTES + 1)
    except IsADirectoryError:
        raise SourceError(name, "is a directory, not a file") from None
    except FileNotFoundError:
        for listener in _listeners:
            listener(absolute, None)
        raise SourceError(name, "no such file", _neighbour(absolute, name)) from None
    except PermissionError:
        raise SourceError(name, "permission denied") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise SourceError(name, reason.lower()) from None
    for listener in _listeners:
        listener(absolute, data)
    if len(data) > MAX_BYTES:
        raise SourceError(name, f"larger than {MAX_BYTES // 1024 // 1024} MiB", "no network description is that long")
    return data


def _neighbour(absolute: Path, name: str) -> str | None:
    """The file of the same folder that was most likely meant."""
    try:
        meant = nearest(absolute.name, os.listdir(absolute.parent))
    except OSError:
        return None
    return f"did you mean {os.path.join(os.path.dirname(name), meant)}?" if meant is not None else None


def _decode(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SourceError(
            name, f"not UTF-8: byte 0x{data[error.start]:02x} on line {line}", "save the file as UTF-8"
        ) from None
