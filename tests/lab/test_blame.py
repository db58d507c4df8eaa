"""From a plugin's words to the author's line."""

from __future__ import annotations

import pytest

from netc.lab.blame import place
from netc.model import Network, Origin
from netc.sources import Source, Span

SOURCE = Source(
    "net.netc",
    """network n {
  plugin bridge {
    bridge = "br-one"
    ipam host-local { subnet = 10.1.0.0/16 rangeStart = "10.9.0.1" }
  }
  plugin tuning { sysctl { "net.core.nope" = 5 } }
}
""",
)
CONFLIST = {
    "name": "n",
    "plugins": [
        {
            "type": "bridge",
            "bridge": "br-one",
            "ipam": {"type": "host-local", "subnet": "10.1.0.0/16", "rangeStart": "10.9.0.1"},
        },
        {"type": "tuning", "sysctl": {"net.core.nope": "5"}},
    ],
}


def _span(text):
    start = SOURCE.text.index(text)
    return Span(SOURCE, start, start + len(text))


NETWORK = Network(
    "n",
    CONFLIST,
    {
        pointer: Origin(None, _span(text))
        for pointer, text in {
            "": "network n",
            "/plugins/0": "plugin bridge",
            "/plugins/0/bridge": '"br-one"',
            "/plugins/0/ipam": "ipam host-local",
            "/plugins/0/ipam/subnet": "10.1.0.0/16",
            "/plugins/0/ipam/rangeStart": '"10.9.0.1"',
            "/plugins/1": "plugin tuning",
            "/plugins/1/sysctl/net.core.nope": "5",
        }.items()
    },
    _span("network n"),
)


@pytest.mark.parametrize(
    ("pointer", "message", "line", "text"),
    [
        ("/plugins/0", "something nobody can place", 2, "plugin bridge"),
        ("/plugins/0", 'could not add "br-one": operation not supported', 3, '"br-one"'),
        ("/plugins/0", "invalid range: rangeStart 10.9.0.1 not in network 10.1.0.0/16", 4, "10.1.0.0/16"),
        ("/plugins/0", "no such key: rangeStart", 4, '"10.9.0.1"'),
        ("/plugins/0", "10.1.0.0/160 is not it, nor is br-one-more", 2, "plugin bridge"),
        ("/plugins/1", "open /proc/sys/net/core/nope: no such file or directory", 6, "5"),
        ("/plugins/1", "open /proc/sys/net/core/nope2: no such file or directory", 6, "plugin tuning"),
        ("/plugins/0", 'plugin type="bridge" failed (add): no', 2, "plugin bridge"),
        ("/plugins/1", "net.core.nope: no such file or directory", 6, "5"),
        ("/plugins/0/ipam", "unknown", 4, "ipam host-local"),
        ("/plugins/7", "a plugin from another file", 1, "network n"),
        (None, "no plugin at all", 1, "network n"),
    ],
)
def test_a_failure_is_placed_at_the_value_or_key_that_it_names_else_at_the_plugin(pointer, message, line, text):
    found = place(NETWORK, pointer, message)
    assert (found.file, found.line) == ("net.netc", line)
    assert found.text[found.column - 1 : found.end_column - 1] == text
