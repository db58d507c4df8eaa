"""Plugins as programs: finding them on CNI_PATH and running them (SPEC.md, section 2)."""

from __future__ import annotations

import contextlib
import errno
import os
import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Final, TextIO

from netc.cni.decode import Keys
from netc.cni.errors import CniError, Code, failure
from netc.cni.executor import check_plugin_type
from netc.cni.gojson import Json, JsonError, dumps, kind, loads, quote
from netc.cni.plugin import Environment, Verb
from netc.cni.trace import write_log

if TYPE_CHECKING:
    import subprocess

#: Runs of a binary that is still being written ("text file busy") before the call fails, and the pause between them.
BUSY_RUNS: Final = 6
BUSY_PAUSE_S: Final = 1.0
#: How long a plugin that is being ended has to end by itself.
GRACE_S: Final = 2.0


class ProcessExecutor:
    """Runs plugin binaries; an `Executor`.

    `path` are the folders to look in, in order. `environ` is what the plugins inherit (default: this process's
    environment), with the six CNI_ variables laid over it. `stderr` gets what a plugin wrote there, once it has
    succeeded; on failure that text is part of the error only where the plugin gave no other. `timeout_s` ends a plugin
    that takes longer (default: none does).

    A plugin runs in the namespaces of the calling thread. It is not tied to this process's life: PR_SET_PDEATHSIG
    fires when the *thread* that forked ends, setting it needs a preexec_fn, which is unsafe beside other threads, and a
    plugin that is killed halfway leaves more behind than one that runs to its end in a few milliseconds.
    """

    def __init__(
        self,
        path: Iterable[str],
        *,
        environ: Mapping[str, str] | None = None,
        stderr: TextIO | None = None,
        timeout_s: float | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.path = tuple(path)
        self._environ, self._stderr, self._timeout_s, self._sleep = environ, stderr, timeout_s, sleep

    def find(self, plugin_type: str) -> str:
        """The plugin's path: the first regular file of that name. Raises `CniError` (code 999)."""
        check_plugin_type(plugin_type)
        if not self.path:
            raise failure("no paths provided")
        for folder in self.path:
            found = os.path.join(folder, plugin_type)
            if os.path.isfile(found):
                return found
        raise failure(f"failed to find plugin {quote(plugin_type)} in path [{' '.join(self.path)}]")

    def run(self, plugin_type: str, env: Environment, request: Mapping[str, Json]) -> Json | None:
        """Runs the binary: the JSON on its stdout for ADD and VERSION, else None. Raises `CniError`.

        The code is the plugin's own; 0 if it failed without saying so in JSON; 999 for an answer that is no JSON.
        """
        binary = self.find(plugin_type)
        status, out, log = self._run(binary, env, dumps(request, indent=None).encode(errors="replace"))
        if log:
            write_log(log)
        if status:
            raise _failed(out, log, exit_text(status))
        if log and self._stderr is not None:
            self._stderr.write(log)
        if env.command not in (Verb.ADD, Verb.VERSION):
            return None
        try:
            return loads(out)
        except JsonError as error:
            raise failure(str(error)) from error

    def _run(self, binary: str, env: Environment, request: bytes) -> tuple[int, bytes, str]:
        variables = {**(os.environ if self._environ is None else self._environ), **env.variables()}
        for left in reversed(range(BUSY_RUNS)):
            try:
                return _communicate(binary, variables, request, self._timeout_s)
            except OSError as error:
                # The last run's failure is the call's: there is no result that could count as success.
                if error.errno == errno.ETXTBSY and left:
                    self._sleep(BUSY_PAUSE_S)
                    continue
                why = f"fork/exec {binary}: {(error.strerror or str(error)).lower()}"
                raise _failed(b"", "", why) from error
            except ValueError as error:  # a NUL in a variable: no environment can hold it
                text = f"the environment for {binary} can't be made: {error}"
                raise CniError(Code.INVALID_ENVIRONMENT, text) from error
        raise AssertionError("the loop returns or raises")


def _communicate(
    binary: str, variables: Mapping[str, str], request: bytes, timeout_s: float | None
) -> tuple[int, bytes, str]:
    import subprocess

    pipe = subprocess.PIPE
    # A process group of its own: an interrupt at the terminal reaches us alone, and we end the plugin with whatever it
    # has started itself.
    process = subprocess.Popen([binary], stdin=pipe, stdout=pipe, stderr=pipe, env=variables, process_group=0)
    try:
        out, log = process.communicate(request, timeout_s)
    except subprocess.TimeoutExpired:
        _end(process)
        raise CniError(Code.UNKNOWN, f"netplugin failed: {quote(binary)} took longer than {timeout_s} s") from None
    except BaseException:
        _end(process)
        raise
    return process.returncode, out, log.decode("utf-8", errors="replace")


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends the plugin's process group, and reaps the plugin."""
    import signal
    import subprocess

    for sent in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, sent)
        try:
            process.wait(GRACE_S)
            break
        except subprocess.TimeoutExpired:
            continue
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            with contextlib.suppress(OSError):  # the request may be in the buffer of a pipe that nobody reads now
                stream.close()


def exit_text(status: int) -> str:
    """How a process ended, in Go's words: `exit status 1`, `signal: killed`."""
    if status >= 0:
        return f"exit status {status}"
    import signal

    return f"signal: {(signal.strsignal(-status) or f'signal {-status}').lower()}"


def _failed(out: bytes, log: str, how: str) -> CniError:
    """The error of a plugin that ended with `how`, from what it printed."""
    if not out:
        if not log:
            return CniError(Code.UNKNOWN, f"netplugin failed with no error message: {how}")
        return CniError(Code.UNKNOWN, f"netplugin failed: {quote(log)}: {how}")
    try:
        document = loads(out)
        if document is not None and not isinstance(document, Mapping):
            raise JsonError(f"json: cannot unmarshal {kind(document)} into Go value of type types.Error")
        keys = Keys(document or {}, prefix="", struct="Error")
        return CniError(keys.unsigned("code"), keys.string("msg"), keys.string("details"))
    except (JsonError, CniError) as error:
        why = error.msg if isinstance(error, CniError) else str(error)
        text = quote(out.decode("utf-8", errors="replace"))
        return CniError(Code.UNKNOWN, f"netplugin failed but error parsing its diagnostic message {text}: {why}")
