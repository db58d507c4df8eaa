"""From an evaluated pod to the attachments that a runtime would make."""

from __future__ import annotations

from collections.abc import Sequence

from netc.compiler import codes
from netc.compiler.lower import Writer, write_entry
from netc.diagnostics import Diagnostic, error
from netc.lang.values import AttachmentValue, Object, PodValue
from netc.model import Attachment, Json, Network, Pod
from netc.plugins import subschema
from netc.plugins.subschema import Subschema


def lower_pod(value: PodValue, networks: Sequence[Network]) -> tuple[Pod, list[Diagnostic]]:
    """The pod, and what is wrong with its values; `networks` are those of the evaluation, in its order."""
    attachments = []
    found: list[Diagnostic] = []
    for one in value.attachments:
        attachment, more = _attachment(one, networks[one.network])
        attachments.append(attachment)
        found += more
    return Pod(value.name, tuple(attachments), value.span, value.key, value.trail), found


def _attachment(value: AttachmentValue, network: Network) -> tuple[Attachment, list[Diagnostic]]:
    writer = Writer(network.name)
    given = {key: entry.value.data for key, entry in value.body.fields.items()}
    runtime_config: dict[str, Json] = {}
    if isinstance(config := given.get("runtimeConfig"), Object):
        for key, entry in config.fields.items():
            write_entry(runtime_config, "/runtimeConfig", key, entry, _capability(network, key), writer)
    args: dict[str, str] = {}
    if isinstance(arguments := given.get("args"), Object):
        for key, entry in arguments.fields.items():
            plain: dict[str, Json] = {}
            write_entry(plain, "/args", key, entry, None, writer)
            written = plain.get(key)
            if isinstance(written, (dict, list)):
                message = f"`{key}` of args is one value: CNI_ARGS is a list of K=V"
                writer.report(error(codes.NO_JSON.code, message, entry.at, *entry.trail))
            elif key in plain:
                args[key] = str(written).lower() if isinstance(written, bool) else str(written)
    made = Attachment(
        value.ifname, network, runtime_config, args, value.span, value.target_span, writer.origins, value.trail
    )
    return made, writer.found


def _capability(network: Network, name: str) -> Subschema | None:
    """What the first plugin of the chain that knows a capability says of its value."""
    for plugin in network.plugins:
        schema = subschema.of_plugin(plugin.type)
        config = schema.key("runtimeConfig") if schema is not None else None
        found = config.key(name) if config is not None else None
        if found is not None:
            return found
    return None
