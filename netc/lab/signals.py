"""What ends netc from outside, made to end what it has begun first."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def held() -> Iterator[None]:
    """Signals wait until the `with` is over: what it does is not to be left halfway."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def terminable() -> Iterator[None]:
    """SIGTERM and SIGHUP unwind the `with` first, and then end this process as they would have."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def raise_it(number: int, _frame: object) -> None:
        raise _Terminated(number)

    defaults = [number for number in SIGNALS[1:] if signal.getsignal(number) == signal.SIG_DFL]
    # Blocked but in the innermost `try`, so that the exception can't be raised where nobody waits for it.
    unblocked = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    for number in defaults:
        signal.signal(number, raise_it)
    try:
        try:
            signal.pthread_sigmask(signal.SIG_SETMASK, unblocked)
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    except _Terminated as terminated:
        signal.signal(terminated.number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {terminated.number})
        os.kill(os.getpid(), terminated.number)
        raise
    finally:
        for number in defaults:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, unblocked)


class _Terminated(BaseException):
    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number
