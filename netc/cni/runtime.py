"""A CNI runtime: carries out ADD, CHECK, DEL, GC, STATUS and VERSION on chains of plugins (SPEC.md, section 3).

It does what libcni does, in its order and with its messages, except where that leaves something behind: a failed ADD is
rolled back, each plugin is handed a result of the version it asked for, the cache holds the whole chain, DEL gets the
parameters of the ADD, and operations that must not overlap wait for each other.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final

from netc.cni import names, request, versions
from netc.cni.cache import Cache, CacheEntry
from netc.cni.conflist import NetworkList, PluginConf
from netc.cni.decode import Keys
from netc.cni.errors import CniError, Code, failure
from netc.cni.executor import DEFAULT_PATH, Executor
from netc.cni.gojson import Json, quote
from netc.cni.plugin import Environment, Verb
from netc.cni.request import Attachment, AttachmentKey
from netc.cni.result_json import convert, parse, render
from netc.cni.results import Result
from netc.cni.trace import Observer, run_step
from netc.dataclass import dataclass, replace

_CHECK_SINCE: Final = "0.4.0"
_PREV_RESULT_ON_DEL_SINCE: Final = "0.4.0"
_GC_SINCE: Final = "1.1.0"
_STATUS_SINCE: Final = "1.1.0"


class CniErrors(CniError):
    """Several failures of one operation: `errors` in order, `msg` one a line, `code` and place those of the first."""

    def __init__(self, errors: Sequence[CniError]) -> None:
        first = errors[0]
        text = "\n".join(str(error) for error in errors)
        super().__init__(first.code, text, plugin=first.plugin, pointer=first.pointer)
        self.errors = tuple(errors)


@dataclass(frozen=True, slots=True)
class PluginVersions:
    """A plugin's answer to VERSION: the version of its library, and those that it supports, as exact strings."""

    cni_version: str
    supported: tuple[str, ...]


class Runtime:
    """Runs networks' chains by `executor`, remembering attachments in `cache`.

    `path` is what plugins get as CNI_PATH, to find their IPAM plugins in. `on_step` is told of every run of a plugin,
    delegated ones included, as it ends. Methods raise `CniError` with the failing plugin's code, its type in `plugin`
    and its place in the effective list in `pointer`.
    """

    def __init__(
        self,
        executor: Executor,
        cache: Cache,
        *,
        path: Iterable[str] = DEFAULT_PATH,
        on_step: Observer | None = None,
    ) -> None:
        self._executor, self._cache, self._path, self._on_step = executor, cache, ":".join(path), on_step

    def add(self, network: NetworkList, attachment: Attachment) -> Result:
        """Makes the attachment: the last plugin's result, which is then cached.

        When a plugin fails, or the result can't be cached, all plugins get a DEL with what result there is, and the
        failure is raised. Not if the attachment was in the cache before: then this ADD, which the specification
        forbids, may have failed because of the one that is alive.
        """
        if not network.plugins:
            raise CniError(Code.INVALID_NETWORK_CONFIG, "no plugin configs found")
        with self._cache.locked(attachment.container_id):
            was_cached = self._is_cached(network, attachment)
            progress = _Progress()
            try:
                return self._add(network, attachment, progress)
            except BaseException:
                if progress.started and not was_cached:
                    self._roll_back(network, attachment, progress.previous)
                raise

    def _add(self, network: NetworkList, attachment: Attachment, progress: _Progress) -> Result:
        """`add` without rollback; notes in `progress` how far it came."""
        result = Result()
        env = request.attachment_environment(Verb.ADD, attachment, self._path)
        for index, plugin in enumerate(network.plugins):
            with _described(plugin, index, "add"):
                self._executor.find(plugin.type)
                names.check_container_id(attachment.container_id)
                names.check_network_name(network.name)
                names.check_ifname(attachment.ifname)
                self._cache.claim(network.name, attachment)
                progress.started = True
                sent = request.for_attachment(network, plugin, attachment, progress.previous)
                answer = self._run(plugin.type, env, sent, index)
                if not isinstance(answer, Mapping):
                    text = "unexpected end of JSON input" if answer is None else "its result is not a JSON object"
                    raise failure(text)
                result = parse(answer, network.cni_version)
                # The next plugin parses it with the network's version, whatever version this one answered with.
                progress.previous = render(result, network.cni_version)
        assert progress.previous is not None, "a list has plugins"
        try:
            self._cache.write(network, attachment, progress.previous)
        except CniError as error:
            what = f"failed to set network {quote(network.name)} cached result: {error.msg}"
            raise CniError(error.code, what, error.details) from error
        return result

    def _is_cached(self, network: NetworkList, attachment: Attachment) -> bool:
        with contextlib.suppress(CniError):
            return self._cache.read(network.name, attachment) is not None
        return True

    def _roll_back(self, network: NetworkList, attachment: Attachment, previous: Mapping[str, Json] | None) -> None:
        """DEL over the whole list, in reverse, whatever fails: the plugin that failed may have got halfway."""
        if not _gate(network, _PREV_RESULT_ON_DEL_SINCE):
            previous = None
        env = request.attachment_environment(Verb.DEL, attachment, self._path)
        for index, plugin in reversed(list(enumerate(network.plugins))):
            with contextlib.suppress(CniError):
                sent = request.for_attachment(network, plugin, attachment, previous)
                self._run(plugin.type, env, sent, index)

    def delete(self, network: NetworkList, attachment: Attachment) -> None:
        """Takes the attachment away: DEL in reverse order until one fails; then its cache entry goes.

        Legal for one that is gone, or was never made. The plugins get the cached result, and CNI_ARGS and capability
        arguments from the cache where `attachment` has none. A broken cache entry is removed, and does without.
        """
        with self._cache.locked(attachment.container_id):
            self._delete(network, attachment)

    def _delete(self, network: NetworkList, attachment: Attachment) -> None:
        previous: Json | None = None
        entry: CacheEntry | None = None
        try:
            entry = self._cache.read(network.name, attachment)
            if versions.at_least(network.cni_version, _PREV_RESULT_ON_DEL_SINCE):
                previous = _cached_result(entry, network)
        except CniError as error:
            versions.Version(network.cni_version)  # it may be this that was wrong: then it is the caller's to know
            if error.code == Code.INVALID_ENVIRONMENT:
                raise
            with contextlib.suppress(CniError):
                self._cache.delete(network.name, attachment)
        attachment = _as_added(attachment, entry)
        env = request.attachment_environment(Verb.DEL, attachment, self._path)
        for index, plugin in reversed(list(enumerate(network.plugins))):
            with _described(plugin, index, "delete"):
                self._run(plugin.type, env, request.for_attachment(network, plugin, attachment, previous), index)
        self._cache.delete(network.name, attachment)

    def check(self, network: NetworkList, attachment: Attachment) -> None:
        """Whether the attachment is still as it was made: raises the first plugin's complaint, as it is.

        Refused below 0.4.0, even where the list disables CHECK; with that it is nothing.
        """
        if not versions.at_least(network.cni_version, _CHECK_SINCE):
            what = f"configuration version {quote(network.cni_version)} does not support the CHECK command"
            raise CniError(Code.INCOMPATIBLE_VERSION, what)
        if network.disable_check:
            return
        with self._cache.locked(attachment.container_id):
            try:
                entry = self._cache.read(network.name, attachment)
                previous = _cached_result(entry, network)
            except CniError as error:
                what = f"failed to get network {quote(network.name)} cached result: {error.msg}"
                raise CniError(error.code, what, error.details) from error
            attachment = _as_added(attachment, entry)
            env = request.attachment_environment(Verb.CHECK, attachment, self._path)
            for index, plugin in enumerate(network.plugins):
                with _placed(plugin, index):
                    self._run(plugin.type, env, request.for_attachment(network, plugin, attachment, previous), index)

    def gc(self, network: NetworkList, valid: Collection[AttachmentKey] | None) -> None:
        """Collects garbage: DEL for each cached attachment of the network that is not in `valid`, then GC (from 1.1.0).

        `valid` holds container IDs and interface names; None, like an empty one, means that no attachment is in use,
        and does not even name the key to the plugins. Goes on after a failure, and raises all as `CniErrors`.
        """
        if network.disable_gc:
            return
        errors: list[CniError] = []
        in_use = set(valid or ())
        with self._cache.locked(None):
            for entry in self._cache.entries(network.name):
                if entry.attachment.key not in in_use:
                    try:
                        self._delete(network, entry.attachment)
                    except CniError as error:
                        errors.append(
                            _prefixed("failed to delete stale attachment", *entry.attachment.key, error=error)
                        )
            if _gate(network, _GC_SINCE):
                env = Environment(str(Verb.GC), path=self._path)
                for index, plugin in enumerate(network.plugins):
                    try:
                        with _placed(plugin, index):
                            self._run(plugin.type, env, request.for_gc(network, plugin, valid), index)
                    except CniError as error:
                        errors.append(_prefixed("failed to GC plugin", plugin.type, error=error))
        if errors:
            raise errors[0] if len(errors) == 1 else CniErrors(errors)

    def status(self, network: NetworkList) -> None:
        """Whether the plugins are ready for an ADD: raises the first one's complaint, as it is. Nothing below 1.1.0."""
        if not _gate(network, _STATUS_SINCE):
            return
        env = Environment(str(Verb.STATUS), path=self._path)
        for index, plugin in enumerate(network.plugins):
            with _placed(plugin, index):
                self._run(plugin.type, env, request.for_status(network, plugin), index)

    def version(self, plugin_type: str) -> PluginVersions:
        """What a plugin says that it supports."""
        dummy = "dummy"
        env = Environment(str(Verb.VERSION), netns=dummy, ifname=dummy, path=dummy)
        try:
            self._executor.find(plugin_type)
            answer = self._run(plugin_type, env, {"cniVersion": versions.CURRENT}, None)
        except CniError as error:
            if error.msg == "unknown CNI_COMMAND: VERSION":  # plugins older than the verb
                return PluginVersions(versions.IMPLIED, (versions.IMPLIED,))
            raise
        return _versions(answer)

    def validate(self, network: NetworkList) -> frozenset[str]:
        """The capabilities that the network's plugins want, if all are there and support its version.

        Raises `CniError`, or `CniErrors` for several plugins.
        """
        wanted = network.cni_version or versions.IMPLIED
        errors: list[CniError] = []
        for index, plugin in enumerate(network.plugins):
            try:
                with _placed(plugin, index):
                    if wanted not in self.version(plugin.type).supported:
                        text = f"plugin {plugin.type} does not support config version {quote(wanted)}"
                        raise CniError(Code.INCOMPATIBLE_VERSION, text)
            except CniError as error:
                errors.append(error)
        if errors:
            raise errors[0] if len(errors) == 1 else CniErrors(errors)
        return frozenset(
            capability for plugin in network.plugins for capability, on in plugin.capabilities.items() if on
        )

    def _run(self, plugin_type: str, env: Environment, sent: Mapping[str, Json], index: int | None) -> Json | None:
        if env.command not in (Verb.ADD, Verb.VERSION):  # those two have looked already, before their own checks
            self._executor.find(plugin_type)
        return run_step(self._executor, plugin_type, env, sent, index=index, observer=self._on_step)


@dataclass(slots=True)
class _Progress:
    """How far an ADD came: whether a plugin has run at all, and the last one's result."""

    started: bool = False
    previous: dict[str, Json] | None = None


def _gate(network: NetworkList, since: str) -> bool:
    try:
        return versions.at_least(network.cni_version, since)
    except CniError:
        return False  # what a version means that can't be parsed is for ADD to say


def _cached_result(entry: CacheEntry | None, network: NetworkList) -> Json | None:
    if entry is None or entry.result is None:
        return None
    return convert(entry.result, network.cni_version)


def _as_added(attachment: Attachment, entry: CacheEntry | None) -> Attachment:
    """The attachment with the parameters of its ADD, where the caller gave none of their kind."""
    if entry is None:
        return attachment
    known = entry.attachment
    return replace(
        attachment,
        args=attachment.args or known.args,
        capability_args=attachment.capability_args or known.capability_args,
    )


def _versions(answer: Json | None) -> PluginVersions:
    what = "decoding version info: "
    if not isinstance(answer, Mapping):
        raise failure(f"{what}unexpected end of JSON input")
    keys = Keys(answer, prefix=what, struct="pluginInfo")
    version, supported = keys.string("cniVersion"), keys.strings("supportedVersions")
    if not version:
        raise failure(f"{what}missing field cniVersion")
    if not supported:
        if version != "0.2.0":
            raise failure(f"{what}missing field supportedVersions")
        supported = ("0.1.0", "0.2.0")
    return PluginVersions(version, supported)


@contextlib.contextmanager
def _placed(plugin: PluginConf, index: int) -> Iterator[None]:
    """Names the plugin in a `CniError` that passes."""
    try:
        yield
    except CniError as error:
        _place(error, plugin, index)
        raise


@contextlib.contextmanager
def _described(plugin: PluginConf, index: int, verb: str) -> Iterator[None]:
    """Names the plugin in a `CniError` that passes, in its text too."""
    try:
        yield
    except CniError as error:
        raise _place(_describe(error, plugin, verb), plugin, index) from error


def _describe(error: CniError, plugin: PluginConf, verb: str) -> CniError:
    name = f" name={quote(plugin.name)}" if plugin.name else ""
    return CniError(
        error.code,
        f"plugin type={quote(plugin.type)}{name} failed ({verb}): {error.msg}",
        error.details,
    )


def _place(error: CniError, plugin: PluginConf, index: int) -> CniError:
    error.plugin, error.pointer = plugin.type, f"/plugins/{index}"
    return error


def _prefixed(what: str, *of: str, error: CniError) -> CniError:
    text = f"{' '.join((what, *of))}: {error.msg}"
    return CniError(error.code, text, error.details, plugin=error.plugin, pointer=error.pointer)
