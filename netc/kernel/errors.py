"""What the kernel refuses, in the words that Go programs print: lower-case errno texts."""

from __future__ import annotations

import errno as codes
import os


def errno_text(errno: int) -> str:
    """The text of an errno, lower case: `file exists`, `network is unreachable`."""
    return os.strerror(errno).lower()


class KernelError(OSError):
    """A refused kernel call.

    `errno` is the kernel's; `operation` says what was asked for (`add link br0`); `reason` is the errno's text;
    `hint` is what the kernel or netc adds (the missing module, the kernel's own extended message), "" if nothing.
    `str()` is the reason, with the hint in brackets, so that it can follow a colon in a plugin's message.
    """

    def __init__(self, errno: int, operation: str, hint: str = "", *, reason: str | None = None) -> None:
        super().__init__(errno, reason if reason is not None else errno_text(errno))
        self.operation = operation
        self.hint = hint

    @property
    def reason(self) -> str:
        """The errno's text, or the text that stands for it."""
        return str(self.strerror)

    def __str__(self) -> str:
        return f"{self.reason} ({self.hint})" if self.hint else self.reason

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (self.errno, self.operation, self.hint, self.reason))

    def is_missing(self) -> bool:
        """Whether the thing that the call was about does not exist (any more)."""
        return self.errno in (codes.ENODEV, codes.ENOENT, codes.ESRCH, codes.EADDRNOTAVAIL)


def _rebuild(errno: int, operation: str, hint: str, reason: str) -> KernelError:
    return KernelError(errno, operation, hint, reason=reason)
