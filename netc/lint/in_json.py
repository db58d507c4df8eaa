"""The help of a finding for an author of JSON: what it says to write in netc, said in JSON."""

from __future__ import annotations

import json
import re
from functools import lru_cache

#: What speaks of the blocks that a file of JSON does not have.
_SAID = {"write it in `network`, outside of `plugin`": "write it beside `plugins`"}
_QUOTED = re.compile(r"`([^`]*[={][^`]*)`|^(for instance )(.*[={].*)$")


def help_in_json(help: str) -> str:
    """A help text with each piece of netc in it as the JSON that it compiles to; other words stay as they are."""
    for said, in_json in _SAID.items():
        help = help.replace(said, in_json)
    return _QUOTED.sub(lambda match: _replaced(match[1], match[2] or "", match[3]), help)


def _replaced(quoted: str | None, lead: str, bare: str | None) -> str:
    source = quoted if quoted is not None else bare or ""
    return f"{lead}`{_compiled(source) or source}`"


@lru_cache(maxsize=256)
def _compiled(text: str) -> str | None:
    """`"mtu": 1400` for `mtu = 1400`; None for what is no piece of netc."""
    from netc.compiler import compile_source
    from netc.sources import Source

    body = text.replace("...", "")
    # As keys of a plugin, of its `ipam`, or as a plugin of its own.
    for source, at in (
        (f"network n {{ plugin any {{ {body} }} }}", 0),
        (f"network n {{ plugin any {{ }}\n {body} }}", 1),
    ):
        compiled = compile_source(Source("help", source))
        if compiled.ok and compiled.networks:
            listed = compiled.networks[0].conflist["plugins"]
            if at < len(listed):
                plugin = {key: value for key, value in listed[at].items() if at or key != "type"}
                shown = json.dumps(plugin)
                return shown if at else shown[1:-1]
    return None
