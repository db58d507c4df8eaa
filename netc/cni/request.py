"""What a plugin is sent: the request configuration, derived from the network's (SPEC.md, section 3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from netc.cni.args import Pairs, join_args
from netc.cni.conflist import NetworkList, PluginConf
from netc.cni.gojson import Json
from netc.cni.plugin import Environment, Verb
from netc.dataclass import dataclass, field

VALID_ATTACHMENTS: Final = "cni.dev/valid-attachments"
#: What libraries before the specification's final text called it, and plugins made with them still read.
OLD_VALID_ATTACHMENTS: Final = "cni.dev/attachments"

#: Container ID and interface name.
AttachmentKey = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Attachment:
    """A container's interface on a network, and the parameters it is made with.

    `netns` is a path, "" where it is gone (DEL only). `args` are the pairs of CNI_ARGS; `capability_args` the values
    for `runtimeConfig` by capability.
    """

    container_id: str
    netns: str
    ifname: str
    args: Pairs = ()
    capability_args: Mapping[str, Json] = field(default_factory=dict)

    @property
    def key(self) -> AttachmentKey:
        """Container ID and interface name: what identifies it within a network."""
        return self.container_id, self.ifname


def for_attachment(
    network: NetworkList, plugin: PluginConf, attachment: Attachment, prev_result: Mapping[str, Json] | None
) -> dict[str, Json]:
    """The request of ADD, CHECK or DEL.

    `runtimeConfig` holds the arguments for those capabilities that the plugin has set to true; where none is supplied,
    or no `prev_result`, the key stays as the plugin object has it, like every key that isn't the protocol's.
    """
    added: dict[str, Json] = {}
    runtime_config = {
        capability: attachment.capability_args[capability]
        for capability, wanted in plugin.capabilities.items()
        if wanted and capability in attachment.capability_args
    }
    if runtime_config:
        added["runtimeConfig"] = runtime_config
    if prev_result is not None:
        added["prevResult"] = prev_result
    return _derive(network, plugin, added)


def for_status(network: NetworkList, plugin: PluginConf) -> dict[str, Json]:
    """The request of STATUS."""
    return _derive(network, plugin, {})


def for_gc(network: NetworkList, plugin: PluginConf, valid: Iterable[AttachmentKey] | None) -> dict[str, Json]:
    """The request of GC: with the attachments still in use, under both names; without them where `valid` is None."""
    if valid is None:
        return _derive(network, plugin, {})
    attachments = [{"containerID": container_id, "ifname": ifname} for container_id, ifname in valid]
    return _derive(network, plugin, {VALID_ATTACHMENTS: attachments, OLD_VALID_ATTACHMENTS: attachments})


def _derive(network: NetworkList, plugin: PluginConf, added: Mapping[str, Json]) -> dict[str, Json]:
    ours = {"cniVersion": network.cni_version, "name": network.name, **added}
    # Plugins match keys whatever their case, so other spellings of ours have to go. `capabilities` is for the runtime.
    taken = {key.lower() for key in ours} | {"capabilities"}
    rest = {key: value for key, value in plugin.body.items() if key.lower() not in taken}
    return {"cniVersion": ours.pop("cniVersion"), "name": ours.pop("name"), **rest, **ours}


def attachment_environment(verb: Verb, attachment: Attachment, path: str) -> Environment:
    """The environment of ADD, CHECK or DEL; `path` is CNI_PATH."""
    return Environment(
        command=str(verb),
        container_id=attachment.container_id,
        netns=attachment.netns,
        ifname=attachment.ifname,
        args=join_args(attachment.args),
        path=path,
    )
