"""Keys that plugins read once."""

from __future__ import annotations

from collections.abc import Iterator

from netc import plugins
from netc.diagnostics import Severity
from netc.model import Network, Plugin, escape
from netc.rules import Violation, plugin_rule


@plugin_rule("NC406", "retired-key", Severity.WARNING)
def retired_key(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """A key that only releases of long ago read.

    Why:
        Every later release ignores it without a word.

    Bad:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin bandwidth { ingressRate = 100mbit, ingressBurst = 1MB, shapedSubnets = [10.0.0.0/8] }
        }

    Good:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin bandwidth { ingressRate = 100mbit, ingressBurst = 1MB }
        }

    Source:
        The plugins' releases: the key stands in those of one span only.
    """
    if plugins.find(plugin.type) is None:
        return
    known = plugins.schema(plugin.type)["properties"]
    for key in plugin.body:
        note = known.get(key, {}).get("x-netc", {})
        if note.get("until"):
            span = f"{note['since']} to {note['until']}" if note.get("since") else f"up to {note['until']}"
            yield Violation(
                f"/{escape(key)}",
                f"{key} of {plugin.type} is read by releases {span} only, any other ignores it",
                "leave it out",
                "key",
            )
