"""Files of the author's that a command changes in place: shown as a diff, or written at once."""

from __future__ import annotations

import contextlib
import os
import stat
import sys

from netc.cli.project import Misuse


def diff(path: str, before: str, after: str) -> str:
    """A unified diff that `patch` takes."""
    from difflib import unified_diff

    lines = unified_diff(_lines(before), _lines(after), path, path)
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _lines(text: str) -> list[str]:
    """Lines as `patch` counts them: a carriage return is a character of its line."""
    return [f"{line}\n" for line in text.split("\n")[:-1]] + [last for last in text.split("\n")[-1:] if last]


def to_stdout(text: str) -> None:
    """Exactly these characters to stdout, whatever the locale."""
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode())
    sys.stdout.buffer.flush()


def write(path: str, text: str) -> None:
    """Put the text in the file's place at once, with its mode; the file behind a symbolic link. Raises `Misuse`."""
    target = os.path.realpath(path)
    beside = os.path.join(os.path.dirname(target), f".{os.path.basename(target)}.netc-{os.getpid()}")
    try:
        mode = stat.S_IMODE(os.stat(target).st_mode) if os.path.exists(target) else None
        try:
            with open(beside, "x", encoding="utf-8", newline="") as file:
                file.write(text)
            if mode is not None:
                os.chmod(beside, mode)
            os.replace(beside, target)
        except BaseException:  # an interrupt, too, must not leave the file beside
            with contextlib.suppress(OSError):
                os.unlink(beside)
            raise
    except OSError as error:
        raise Misuse(f"can't write {path}: {(error.strerror or str(error)).lower()}") from None
