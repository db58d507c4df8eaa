"""A network as the text of its conflist file."""

from __future__ import annotations

import json

from netc.emit.request import Made, Output, Request
from netc.model import Network


def text(network: Network) -> str:
    """The JSON document, keys in the order written, indented by two, ending in a line end. Printable ASCII only.

    Other characters are escaped: the file then reads the same in every locale and through every template, and is a
    YAML block scalar as it stands.
    """
    return json.dumps(network.conflist, indent=2).replace("\x7f", "\\u007f") + "\n"


def make(request: Request) -> Made:
    """One file for each network, in a folder of its node's name where it has one."""
    return Made(tuple(Output(network.output_path, text(network), network.span) for network in request.networks))
