"""nftables in one namespace: JSON commands in, JSON out, each run one kernel transaction.

The JSON is that of libnftables-json(5). It goes through libnftables by ctypes with one context that is kept for as
long as the namespace is (0.2 ms a transaction, against 3 to 16 for a process); where the library is not installed, the
same JSON is piped to an `nft` process.

Two costs shape every rule set built on this: re-declaring a base chain makes the kernel wait for RCU (about 12 ms), so
look first; and finding a rule by its comment means listing its chain, so prefer elements of sets and maps, which are
added and deleted by their key.
"""

from __future__ import annotations

import ctypes
import errno as codes
import json
import os
import random
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from typing import Any, Protocol

from netc.kernel.errors import KernelError

#: One command of libnftables-json(5): `{"add": {"table": {"family": "inet", "name": "netc"}}}`.
Command = Mapping[str, Any]
#: One object of a listing: `{"rule": {...}}`.
Listed = dict[str, Any]

LIBRARY = "libnftables.so.1"
_OUTPUT_JSON = 1 << 4
#: nft answers in words alone: the errnos that callers tell apart, found by their text in it.
_ERRNOS = (
    codes.ENOENT,
    codes.EEXIST,
    codes.EBUSY,
    codes.EPERM,
    codes.EOPNOTSUPP,
    codes.EPROTONOSUPPORT,
    codes.EAFNOSUPPORT,
)
_INTERRUPTED = os.strerror(codes.EINTR)
#: How often a run is begun again. Fifty processes at once interrupt one another a handful of times.
_INTERRUPTIONS = 100


class Place(Protocol):
    """What is needed of a namespace: to be in it for a moment, and to be told of changes before they are made."""

    def entered(self) -> AbstractContextManager[None]: ...

    def before_call(self, operation: str) -> None: ...


class _Backend(Protocol):
    """Runs one document, JSON or nft's own language: (output, None), or ("", error text)."""

    def run(self, document: bytes) -> tuple[str, str | None]: ...

    def close(self) -> None: ...


class _Library:
    """libnftables through ctypes. Made, and run, by a thread that is in the namespace."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._library = library
        context = ctypes.c_void_p
        library.nft_ctx_new.restype, library.nft_ctx_new.argtypes = context, [ctypes.c_uint32]
        for name in ("nft_ctx_buffer_output", "nft_ctx_buffer_error", "nft_ctx_free"):
            getattr(library, name).argtypes = [context]
        for name in ("nft_ctx_get_output_buffer", "nft_ctx_get_error_buffer"):
            getattr(library, name).restype, getattr(library, name).argtypes = ctypes.c_char_p, [context]
        library.nft_run_cmd_from_buffer.argtypes = [context, ctypes.c_char_p]
        library.nft_ctx_output_set_flags.argtypes = [context, ctypes.c_uint]
        self._context = library.nft_ctx_new(0)
        if not self._context:
            raise KernelError(codes.EPROTONOSUPPORT, "nft", "does this kernel have the module nf_tables?")
        library.nft_ctx_buffer_output(self._context)
        library.nft_ctx_buffer_error(self._context)
        library.nft_ctx_output_set_flags(self._context, _OUTPUT_JSON)

    def run(self, document: bytes) -> tuple[str, str | None]:
        failed = self._library.nft_run_cmd_from_buffer(self._context, document)
        # Both buffers are emptied by reading them, so that no text of this run is left for the next.
        output = (self._library.nft_ctx_get_output_buffer(self._context) or b"").decode(errors="replace")
        error = (self._library.nft_ctx_get_error_buffer(self._context) or b"").decode(errors="replace")
        return ("", error) if failed else (output, None)

    def close(self) -> None:
        context, self._context = self._context, None
        if context:
            self._library.nft_ctx_free(context)


class _Process:
    """`nft -f -`. A child process is born into its parent thread's namespace."""

    def __init__(self, program: str) -> None:
        self._program = program

    def run(self, document: bytes) -> tuple[str, str | None]:
        import subprocess

        # With -j, nft takes a script on its standard input for bad JSON, and then finds nothing left to read: success.
        options = ["-j"] if document.startswith(b"{") else []
        command = [self._program, *options, "-f", "-"]
        environment = {**os.environ, "LC_ALL": "C"}  # its words are looked into
        done = subprocess.run(command, input=document, capture_output=True, check=False, env=environment)
        if done.returncode:
            return "", (done.stderr or done.stdout).decode(errors="replace")
        return done.stdout.decode(errors="replace"), None

    def close(self) -> None:
        pass


def _backend() -> _Backend:
    with suppress(OSError):
        return _Library(ctypes.CDLL(LIBRARY))
    program = find_program("nft")
    if program is None:
        raise KernelError(
            codes.ENOENT,
            "nft",
            reason=f"neither {LIBRARY} nor the nft program is on this machine; install the package nftables",
        )
    return _Process(program)


def find_program(name: str) -> str | None:
    """The path of a system program; the sbin folders count even where PATH (a plain user's) leaves them out."""
    import shutil

    return shutil.which(name, path=os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin")))


def _refusal(operation: str, error: str) -> KernelError:
    """nft's text without its positions in our input, which nobody wrote and nobody can look up."""
    lines = [line.partition("Error: ")[2] for line in error.splitlines() if "Error: " in line]
    reason = "; ".join(dict.fromkeys(lines)) or error.strip() or "nft failed and said nothing"
    number = next((number for number in _ERRNOS if os.strerror(number) in reason), codes.EINVAL)
    return KernelError(number, operation, reason=reason)


class Nft:
    """nftables of one namespace. Safe to share between threads: transactions queue."""

    def __init__(self, namespace: Place) -> None:
        self._namespace = namespace
        self._lock = threading.Lock()
        self._backend: _Backend | None = None

    def run(self, *commands: Command) -> list[Listed]:
        """Apply the commands as one transaction, all or nothing, and return what they list (`[]` for pure changes).

        Raises `KernelError` with nft's own text. A run that only lists is not announced to the fault hook.
        """
        if not all("list" in command for command in commands):
            self._namespace.before_call("nft")
        output, error = self._run(_document(commands))
        if error is not None:
            raise _refusal("nft", error)
        return _listed(output)

    def run_script(self, script: str) -> None:
        """Apply a script in nft's own language (nft(8)) as one transaction.

        For what JSON can't say before nftables 1.0.7: a map whose values are concatenations. Nothing that came from a
        user may be pasted into a script. Raises `KernelError` with nft's own text.
        """
        self._namespace.before_call("nft")
        _, error = self._run(script.encode())
        if error is not None:
            raise _refusal("nft", error)

    def lay_out(self, script: str, modules: Sequence[str]) -> None:
        """`run_script` for one that creates a table and fills it: nothing where somebody else was faster.

        `modules` are what the table's rules are made of, for the error's hint. Raises `KernelError`.
        """
        try:
            self.run_script(script)
        except KernelError as error:
            if error.errno != codes.EEXIST:
                error.hint = error.hint or f"this kernel may lack one of the modules {', '.join(modules)}"
                raise

    def element(self, family: str, table: str, name: str, key: str) -> str | None:
        """What nft prints of the element `key` (in nft's own language) of a set or map; None where there is none.

        It takes a third of a millisecond however many elements there are, while listing them takes 20 us for each. The
        text is for looking a comment up in: whether it is JSON depends on how nft was reached.
        """
        output, error = self._run(f"get element {family} {table} {name} {{ {key} }}".encode())
        if error is None:
            return output
        refusal = _refusal("nft get", error)
        if refusal.is_missing():
            return None
        raise refusal

    def list_table(self, family: str, name: str) -> list[Listed] | None:
        """Everything in a table, the table itself first; None where there is no such table."""
        return self.listing("table", family=family, name=name)

    def listing(self, kind: str, **which: str) -> list[Listed] | None:
        """What `nft list KIND ...` lists; None where it does not exist.

        `listing("chain", family="inet", table="netc", name="forward")` gives the chain and its rules;
        `listing("map", ...)` one object whose `elem` holds the elements.
        """
        output, error = self._run(_document([{"list": {kind: which or None}}]))
        if error is None:
            return [item for item in _listed(output) if "metainfo" not in item]
        refusal = _refusal("nft list", error)
        if refusal.is_missing():
            return None
        raise refusal

    def _run(self, document: bytes) -> tuple[str, str | None]:
        # libnftables opens its socket again, in whatever namespace the thread is, when another process changes the
        # rules while it lists them: so the thread is inside for the whole run, not only to make the context.
        with self._lock, self._namespace.entered():
            if self._backend is None:
                self._backend = _backend()
            output, error = self._backend.run(document)
            for attempt in range(_INTERRUPTIONS):
                if error is None or _INTERRUPTED not in error:
                    break
                # Another process changed the rules while nft was reading them, and nothing was changed here.
                time.sleep(random.uniform(0, 0.001 * (attempt + 1)))
                output, error = self._backend.run(document)
            return output, error

    def close(self) -> None:
        """Free the context; the next `run` makes a new one."""
        with self._lock:
            backend, self._backend = self._backend, None
        if backend is not None:
            backend.close()


def _document(commands: Sequence[Command]) -> bytes:
    return json.dumps({"nftables": list(commands)}).encode()


def _listed(output: str) -> list[Listed]:
    if not output.strip():
        return []
    listed: list[Listed] = json.loads(output)["nftables"]
    return listed
