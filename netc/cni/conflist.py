"""Network configuration lists (SPEC.md, section 1): from JSON to a `NetworkList`.

It takes what the reference library takes and refuses what that refuses, with its messages; what is merely unwise is the
linter's business.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from netc.cni import versions
from netc.cni.decode import BaseConfig, Keys, base_config
from netc.cni.errors import CniError, Code
from netc.cni.gojson import Json, JsonError, dumps, go_type, kind, loads, quote
from netc.dataclass import dataclass, field

#: A document as text, as bytes, or parsed.
Source = str | bytes | Mapping[str, Json]

_LIST: Final = "error parsing configuration list: "
_CONF: Final = "error parsing configuration: "


@dataclass(frozen=True, slots=True)
class PluginConf:
    """One plugin object of a chain: `body` as it was written, `type` and `capabilities` read from it.

    `file` is where a plugin came from that stands in a file of its own, beside its list; None for an inlined one.
    """

    type: str
    body: Mapping[str, Json]
    capabilities: Mapping[str, bool] = field(default_factory=dict)
    ipam_type: str = ""
    name: str = ""
    file: str | None = None


@dataclass(frozen=True, slots=True)
class NetworkList:
    """A network: its chain of plugins in order, and how to run it.

    `cni_version` is the selected one; it may be "" (meaning 0.1.0) or unknown, for plugins to refuse. `document` is the
    list as written.
    """

    name: str
    cni_version: str
    plugins: tuple[PluginConf, ...]
    document: Mapping[str, Json]
    disable_check: bool = False
    disable_gc: bool = False
    load_only_inlined_plugins: bool = False

    @property
    def effective(self) -> dict[str, Json]:
        """The list as JSON with every plugin in it, those from files of their own too."""
        return {**self.document, "plugins": [dict(plugin.body) for plugin in self.plugins]}

    def to_bytes(self) -> bytes:
        """`effective` as compact JSON."""
        return dumps(self.effective, indent=None).encode()


def parse(source: Source) -> NetworkList:
    """A list, or a single plugin's configuration as a list of one: whichever the document is.

    Raises `CniError`: code 6 for text that isn't JSON, 7 for a document that isn't a configuration.
    """
    document = _document(source, _LIST)
    is_single = "plugins" not in document and bool(Keys(document).raw("type"))
    return parse_conf(document) if is_single else parse_list(document)


def parse_list(source: Source) -> NetworkList:
    """A network configuration list. List keys are case-sensitive, those of plugin objects aren't. Raises as `parse`.

    Names are not checked here: the reference loads any string, and refuses a bad one at ADD.
    """
    document = _document(source, _LIST)
    if "name" not in document:
        raise _invalid(f"{_LIST}no name")
    name = document["name"]
    if not isinstance(name, str):
        raise _invalid(f"{_LIST}invalid name type {go_type(name)}", "/name")
    version = _select_version(document)
    flags = {key: _flag(document, key) for key in ("disableCheck", "disableGC", "loadOnlyInlinedPlugins")}
    if "plugins" in document:
        plugins = _plugins(document["plugins"])
    elif flags["loadOnlyInlinedPlugins"]:
        raise _invalid(f"{_LIST}`loadOnlyInlinedPlugins` is true, and no 'plugins' key")
    else:
        plugins = ()
    return NetworkList(
        name=name,
        cni_version=version,
        plugins=plugins,
        document=document,
        disable_check=flags["disableCheck"],
        disable_gc=flags["disableGC"],
        load_only_inlined_plugins=flags["loadOnlyInlinedPlugins"],
    )


def parse_conf(source: Source) -> NetworkList:
    """A single plugin's configuration, as a list that holds only it. Raises as `parse`.

    The list's own switches (`disableCheck`, `cniVersions`, ...) mean nothing in it.
    """
    plugin, base = _plugin_conf(_json(source, _CONF), _CONF)
    document: dict[str, Json] = {"name": base.name}
    if base.cni_version:
        document["cniVersion"] = base.cni_version
    document["plugins"] = [dict(plugin.body)]
    return NetworkList(base.name, base.cni_version, (plugin,), document)


def parse_plugin(source: Source, file: str | None = None) -> PluginConf:
    """One plugin object, from `file` where it has one of its own. Raises as `parse`."""
    plugin, _ = _plugin_conf(_json(source, _CONF), _CONF, file)
    return plugin


def _json(source: Source, prefix: str) -> Json:
    if isinstance(source, Mapping):
        return source
    try:
        return loads(source)
    except JsonError as error:
        raise CniError(Code.DECODING_FAILURE, f"{prefix}{error}") from error


def _document(source: Source, prefix: str) -> Mapping[str, Json]:
    document = _json(source, prefix)
    if document is None:
        return {}
    if not isinstance(document, Mapping):
        go = "map[string]interface {}"
        raise _invalid(f"{prefix}json: cannot unmarshal {kind(document)} into Go value of type {go}")
    return document


def _select_version(document: Mapping[str, Json]) -> str:
    version = document.get("cniVersion", "")
    if not isinstance(version, str):
        raise _invalid(f"{_LIST}invalid cniVersion type {go_type(version)}", "/cniVersion")
    if "cniVersions" not in document:
        return version
    alternatives = document["cniVersions"]
    if not isinstance(alternatives, Sequence) or isinstance(alternatives, str):
        raise _invalid(f"{_LIST}invalid type for cniVersions: {go_type(alternatives)}", "/cniVersions")
    for index, entry in enumerate(alternatives):
        pointer = f"/cniVersions/{index}"
        if not isinstance(entry, str):
            text = f"{_LIST}invalid type for cniVersions index {index}: {go_type(entry)}"
            raise _invalid(text, pointer)
        _check_version(entry, f"invalid cniVersions entry {entry} at index {index}", pointer)
    if version:
        _check_version(version, f"invalid cniVersion {version}", "/cniVersion")
    return versions.select(version, alternatives)


def _check_version(text: str, what: str, pointer: str) -> None:
    try:
        versions.Version(text)
    except CniError as error:
        raise _invalid(f"{_LIST}{what}: {error.msg}", pointer) from None


def _flag(document: Mapping[str, Json], key: str) -> bool:
    """A boolean, which may also be written as a string in any case."""
    value = document.get(key, False)
    if isinstance(value, bool):
        return value
    if not isinstance(value, str):
        raise _invalid(f"{_LIST}invalid type {go_type(value)} for {key}", f"/{key}")
    if value.lower() not in ("true", "false"):
        raise _invalid(f"{_LIST}invalid value {quote(value.lower())} for {key}", f"/{key}")
    return value.lower() == "true"


def _plugins(value: Json) -> tuple[PluginConf, ...]:
    if not isinstance(value, (list, tuple)):
        raise _invalid(f"{_LIST}invalid 'plugins' type {go_type(value)}", "/plugins")
    if not value:
        raise _invalid(f"{_LIST}no plugins in list", "/plugins")
    return tuple(
        _plugin_conf(body, f"failed to parse plugin config {index}: {_CONF}", pointer=f"/plugins/{index}")[0]
        for index, body in enumerate(value)
    )


def _plugin_conf(
    body: Json, prefix: str, file: str | None = None, pointer: str | None = None
) -> tuple[PluginConf, BaseConfig]:
    if body is not None and not isinstance(body, Mapping):
        text = f"{prefix}json: cannot unmarshal {kind(body)} into Go value of type types.PluginConf"
        raise _invalid(text, pointer)
    try:
        base = base_config(Keys(body or {}, prefix=prefix, struct="PluginConf"), embedded="")
    except CniError as error:
        raise _invalid(error.msg, pointer) from None
    if not base.type:
        raise _invalid(f"{prefix}missing 'type'", pointer)
    return PluginConf(base.type, body or {}, base.capabilities, base.ipam_type, base.name, file), base


def _invalid(text: str, pointer: str | None = None) -> CniError:
    return CniError(Code.INVALID_NETWORK_CONFIG, text, pointer=pointer)
