"""A network as the text of its conflist file."""

from __future__ import annotations

import json

from netc.model import Network


def text(network: Network) -> str:
    """The JSON document, keys in the order written, indented by two, ending in a line end. ASCII only.

    Non-ASCII characters are escaped: the file then reads the same in every locale and through every template.
    """
    return json.dumps(network.conflist, indent=2) + "\n"
