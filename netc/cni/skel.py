"""The envelope around a plugin written in Python: what every CNI plugin checks before and after its own work.

`call` is for plugins inside the process, `main` for a plugin as a program; both go the same way. The order of checks,
codes and texts are the reference library's (SPEC.md, section 2 and "Error"): environment, JSON and name, version, the
plugin's function, and last the network namespace.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from typing import BinaryIO, Final, TextIO

from netc.cni import names, versions
from netc.cni.decode import Keys
from netc.cni.errors import CniError, Code, failure
from netc.cni.executor import Executor, check_plugin_type
from netc.cni.gojson import Json, JsonError, dumps, go_type, kind, loads
from netc.cni.plugin import VARIABLES, Call, Environment, Handlers, Verb
from netc.cni.result_json import parse, parse_prev, render
from netc.cni.results import Result
from netc.cni.trace import run_delegate
from netc.dataclass import replace

_ATTACHMENT: Final = ("command", "container_id", "netns", "ifname", "path")
_REQUIRED: Final[Mapping[str, tuple[str, ...]]] = {
    Verb.ADD: _ATTACHMENT,
    Verb.CHECK: _ATTACHMENT,
    Verb.DEL: tuple(field for field in _ATTACHMENT if field != "netns"),
    Verb.GC: ("command", "path"),
    Verb.STATUS: ("command", "path"),
}
#: The first version of the specification that has the verb, where it isn't the first of all.
SINCE: Final[Mapping[str, str]] = {Verb.CHECK: "0.4.0", Verb.GC: "1.1.0", Verb.STATUS: "1.1.0"}

#: Device and inode of a network namespace.
NetnsId = tuple[int, int]
Emit = Callable[[Json], None]


class PluginCrashError(CniError):
    """An exception in a plugin's function that is no `CniError`: a bug of the plugin, kept as `__cause__`. Code 999."""


def call(
    handlers: Handlers,
    env: Environment,
    request: Mapping[str, Json],
    executor: Executor | None = None,
    plugin_type: str = "",
    *,
    own_netns: Callable[[], NetnsId | None] | None = None,
) -> Json | None:
    """Runs a plugin inside this process: its answer as JSON in the request's version, None for a verb without one.

    `executor` finds and runs the IPAM plugin that it may delegate to. `own_netns` says which network namespace counts
    as the plugin's own (default: the calling thread's). Raises `CniError`: the plugin's own, the envelope's, or
    `PluginCrashError` for any other exception in the plugin.
    """
    answers: list[Json] = []
    try:
        _invoke(handlers, env, lambda: request, executor, plugin_type, own_netns or thread_netns, answers.append)
    except CniError as error:
        error.plugin = error.plugin or plugin_type or None
        raise
    return answers[0] if answers else None


def main(
    handlers: Handlers,
    plugin_type: str,
    *,
    environ: Mapping[str, str] | None = None,
    stdin: BinaryIO | None = None,
    stdout: TextIO | None = None,
    stderr: TextIO | None = None,
    executor: Executor | None = None,
) -> int:
    """A plugin as a program: environment and stdin in, JSON on stdout. Returns the exit status, 0 or 1.

    Errors are printed on stdout as SPEC.md wants them. Without CNI_COMMAND it says on stderr what it is. `executor`
    (default: the binaries on CNI_PATH) runs IPAM plugins.
    """
    environ = os.environ if environ is None else environ
    out, log = stdout or sys.stdout, stderr or sys.stderr
    env = Environment.of(environ)
    if not env.command:
        print(handlers.about or f"CNI {plugin_type} plugin (netc)", file=log)
        print(f"CNI protocol versions supported: {', '.join(handlers.versions)}", file=log)
        return 0
    if executor is None:
        from netc.cni.process import ProcessExecutor

        executor = ProcessExecutor(tuple(filter(None, env.path.split(":"))), environ=environ, stderr=log)

    def emit(answer: Json) -> None:
        out.write(dumps(answer, indent=None) + "\n" if env.command == Verb.VERSION else dumps(answer))

    try:
        _invoke(
            handlers, env, lambda: _read_request(stdin or sys.stdin.buffer), executor, plugin_type, thread_netns, emit
        )
    except CniError as error:
        if isinstance(error, PluginCrashError):
            import traceback

            traceback.print_exception(error.__cause__, file=log)
        out.write(dumps(error.to_json()))
        return 1
    finally:
        out.flush()
    return 0


def thread_netns() -> NetnsId | None:
    """The network namespace that the calling thread is in; None where there is no such thing."""
    return _netns_id("/proc/thread-self/ns/net")


def _netns_id(path: str) -> NetnsId | None:
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino


def _read_request(stdin: BinaryIO) -> Json:
    try:
        text = stdin.read()
    except OSError as error:
        raise CniError(Code.IO_FAILURE, f"error reading from stdin: {error.strerror}") from error
    try:
        return loads(text)
    except JsonError as error:
        raise CniError(Code.DECODING_FAILURE, f"error unmarshall network config: {error}") from error


def _invoke(
    handlers: Handlers,
    env: Environment,
    read: Callable[[], Json],
    executor: Executor | None,
    plugin_type: str,
    own_netns: Callable[[], NetnsId | None],
    emit: Emit,
) -> None:
    _check_environment(env)
    if env.command == Verb.VERSION:
        emit({"cniVersion": versions.CURRENT, "supportedVersions": list(handlers.versions)})
        return
    request = read()
    _check_name(request)
    if env.command not in _REQUIRED:
        raise CniError(Code.INVALID_ENVIRONMENT, f"unknown CNI_COMMAND: {env.command}")
    verb = Verb(env.command)
    version = _check_version(handlers, verb, request)
    made = Call(
        verb=verb,
        env=env,
        config=request,
        version=version,
        prev_result=lambda: _prev_result(request, version),
        delegate=lambda delegated: _delegate(request, env, executor, delegated),
    )
    before = own_netns()
    result = _guarded(handlers, verb, made, plugin_type)
    if verb is Verb.ADD:
        emit(_rendered(result, version, plugin_type))
    if verb in (Verb.ADD, Verb.DEL):
        _check_netns(env, before)


def _check_environment(env: Environment) -> None:
    fields = _REQUIRED.get(env.command, ("command",))
    missing = [VARIABLES[field] for field in fields if not getattr(env, field)]
    if missing:
        raise CniError(Code.INVALID_ENVIRONMENT, f"required env variables [{','.join(missing)}] missing")
    if "container_id" in fields:
        names.check_container_id(env.container_id)
    if "ifname" in fields:
        names.check_ifname(env.ifname)


def _check_name(request: Json) -> None:
    what = "error unmarshall network config: "
    if request is not None and not isinstance(request, Mapping):
        struct = 'struct { Name string "json:\\"name\\"" }'
        text = f"{what}json: cannot unmarshal {kind(request)} into Go value of type {struct}"
        raise CniError(Code.DECODING_FAILURE, text)
    name = _decoded(request or {}, "name", what)
    if not name:
        raise CniError(Code.INVALID_NETWORK_CONFIG, "missing network name")
    names.check_network_name(name)


def _decoded(request: Mapping[str, Json], key: str, prefix: str) -> str:
    try:
        return Keys(request, prefix=prefix, struct="").string(key)
    except CniError as error:
        raise CniError(Code.DECODING_FAILURE, error.msg) from None


def _check_version(handlers: Handlers, verb: Verb, request: Mapping[str, Json]) -> str:
    version = _decoded(request, "cniVersion", "decoding version from network config: ") or versions.IMPLIED
    since = SINCE.get(verb)
    if since is not None:
        if not versions.at_least(version, since):
            raise CniError(Code.INCOMPATIBLE_VERSION, f"config version does not allow {verb}")
        if not any(versions.at_least(known, version) for known in handlers.versions):
            raise CniError(Code.INCOMPATIBLE_VERSION, f"plugin version does not allow {verb}")
    versions.check_supported(version, handlers.versions)
    return version


def _guarded(handlers: Handlers, verb: Verb, made: Call, plugin_type: str) -> Result | None:
    handler: Mapping[Verb, Callable[[Call], Result | None]] = {
        Verb.ADD: handlers.add,
        Verb.CHECK: handlers.check,
        Verb.DEL: handlers.delete,
        Verb.GC: handlers.gc,
        Verb.STATUS: handlers.status,
    }
    try:
        return handler[verb](made)
    except CniError:
        raise
    except Exception as error:
        # One plugin's bug must not end the runtime before it has cleaned up after the others.
        what = f"{plugin_type or 'plugin'} crashed in {verb}: {type(error).__name__}: {error}"
        raise PluginCrashError(Code.INTERNAL, what) from error


def _rendered(result: Result | None, version: str, plugin_type: str) -> Json:
    if result is None:
        raise failure(f"{plugin_type or 'plugin'} answered ADD without a result")
    return render(result, version)


def _prev_result(request: Mapping[str, Json], version: str) -> Result | None:
    document = Keys(request, prefix="").raw("prevResult")
    if document is None:
        return None
    if not isinstance(document, Mapping):
        raise failure(f"could not parse prevResult: it is a {go_type(document)}")
    return parse_prev(document, version)


def _delegate(request: Mapping[str, Json], env: Environment, executor: Executor | None, verb: Verb) -> Result | None:
    """Runs the plugin named by `ipam.type` on the same request (SPEC.md, section 4)."""
    plugin_type = Keys(request).object("ipam", "IPAM", go="types.IPAM").string("type")
    check_plugin_type(plugin_type)
    if executor is None:
        raise failure("no paths provided")
    executor.find(plugin_type)
    answer = run_delegate(executor, plugin_type, replace(env, command=str(verb)), request)
    if verb is not Verb.ADD:
        return None
    if not isinstance(answer, Mapping):
        raise failure("unexpected end of JSON input" if answer is None else f"{plugin_type}: result is no JSON object")
    return parse(answer, Keys(request).string("cniVersion") or versions.IMPLIED)


def _check_netns(env: Environment, own: NetnsId | None) -> None:
    """Raises `CniError` (code 8) if CNI_NETNS is the plugin's own namespace; the reference, too, looks only afterwards.

    CNI_NETNS_OVERRIDE (1 or true) in the environment of the process turns it off.
    """
    if os.environ.get("CNI_NETNS_OVERRIDE", "").lower() in ("1", "true") or not env.netns:
        return
    if own is not None and _netns_id(env.netns) == own:
        text = "plugin's netns and netns from CNI_NETNS should not be the same"
        raise CniError(Code.INVALID_NETNS, text)
