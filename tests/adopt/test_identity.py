"""What is adopted compiles back to the JSON that it was made of: on files that projects ship, and on made-up ones.

The JSON is compared as text, so with the order of its keys. The exceptions are those that docs/adopt.md names: `name`
and `cniVersion` come first in a list and `plugins` last, `type` comes first in a plugin, a key with null is left out.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from netc import plugins
from netc.adopt import Adopted, adopt
from netc.adopt.writing import KEYWORDS
from netc.compiler import compile_source
from netc.documents import is_document
from netc.documents.document import read
from netc.lang import Given
from netc.lang.formatter import formatted
from netc.model import Network
from netc.plugins import subschema
from netc.sources import Source, Sources

FOLDER = Path(os.environ.get("NETC_WILD_CORPUS") or Path(__file__).parents[3] / "shared" / "corpus" / "wild")
WILD = sorted(file for file in FOLDER.glob("*") if is_document(file.name)) if FOLDER.is_dir() else []
HERE = Path("/a/project")


def compiled(adopted: Adopted) -> list[Network]:
    """The networks of all files, as a build makes them that is given what it needs; nothing is read from the disk."""
    overlays = {HERE / path: text for path, text in adopted.texts.items()}
    networks: list[Network] = []
    for path, params in adopted.params.items():
        given = {param.name: Given(param.sample, "") for param in params}
        made = compile_source(Source(path, adopted.texts[path], HERE / path), given, sources=Sources(HERE, overlays))
        assert made.ok, [str(one.message) for one in made.findings]
        networks += made.networks
    return networks


def without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_nulls(one) for key, one in value.items() if one is not None}
    return [without_nulls(one) for one in value] if isinstance(value, list) else value


def in_order(conflist: dict[str, Any]) -> str:
    """A list as netc writes it: the same keys and values, `cniVersion` and `name` first, `plugins` last."""
    plain = without_nulls(conflist)
    first = {key: plain.pop(key) for key in ("cniVersion", "name") if key in plain}
    listed = [{"type": plugin.pop("type"), **plugin} for plugin in plain.pop("plugins")]
    return json.dumps({**first, **plain, "plugins": listed})


@pytest.mark.skipif(not WILD, reason="NETC_WILD_CORPUS names no folder with files")
def test_every_shipped_file_comes_back() -> None:
    documents = [read(Sources().read(file, shown=file.name)) for file in WILD]
    adopted = adopt(documents, HERE)
    assert adopted.refused == 0
    samples = {param.name: param.sample for params in adopted.params.values() for param in params}
    assert samples == {}, "every placeholder of the corpus stands in quotes"
    made = compiled(adopted)
    lists = {file.name: file for file in WILD if file.suffix == ".conflist"}
    sound = [document for document in documents if document.source.path in lists and document.loads]
    assert len(sound) > 30
    wanted = []
    for document in sound:
        raw = json.loads(document.source.text)
        wanted.append(in_order({"name": document.source.path.removesuffix(".conflist"), **raw}))
    assert sorted(set(wanted) - {json.dumps(network.conflist) for network in made}) == []


@pytest.mark.skipif(not WILD, reason="NETC_WILD_CORPUS names no folder with files")
@pytest.mark.parametrize("file", WILD, ids=lambda file: file.name)
def test_a_shipped_file_comes_back_alone(file: Path) -> None:
    """The reading of a sound document is its networks: as Go reads them where that is no other JSON."""
    document = read(Sources().read(file, shown=file.name))
    adopted = adopt([document], HERE)
    own = [written.network for written in document.written if written.place != "delegate"]
    made = compiled(adopted)
    assert len(made) == len(own)
    for network, before in zip(made, own):
        if not before.unwritten:
            assert network.conflist["plugins"] == before.conflist["plugins"]
    (text,) = (text for path, text in adopted.texts.items() if path.endswith(".netc"))
    assert formatted(Source("x.netc", text)).text == text


# ---- made-up lists -------------------------------------------------------------------------------------------------

CHAINED = [name for name in plugins.names() if (info := plugins.find(name)) is not None and info.kind != "ipam"]
IPAM = [name for name in plugins.names() if name not in CHAINED]
KEYS = sorted({key for name in plugins.names() for key in plugins.schema(name).get("properties", {})})

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    ["10.1.0.0/16", "10.1.0.5/16", "fd00::1", "FD00::1", "::", "::ffff:1.2.3.4", "02:42:0a:00:00:01", "02:42:0A:00:00:01",
     "10.1.0.1-10.1.0.9", "10.1.0.1", "010.1.0.1", "1500", "0", "-1", "007", "1.5", "true", "__MTU__", "a-__X__-b",
     "${HOME}/x", "$X", "<node>", "$(A)", "{{ .Values.mtu }}", "${", "$", "$$", "\\", '"', "a\nb", "#", "if", "100mbit"]
)  # fmt: skip
NUMBERS = (
    st.integers(-(2**128), 2**128)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from([0, 1, 1.0, -0.0, 1e300, 5e-324, 1500, 8_000_000, 64_000, 65_536, 2**31, 10**21, 1e21])
)
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS
#: A template that writes keys is refused.
NAMES = st.sampled_from([*sorted(KEYWORDS), *KEYS, "meta", "chains"]) | TEXTS.filter(lambda text: "{{" not in text)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(NAMES, inner, max_size=3)
        | st.builds(lambda type_, rest: {"type": type_, **rest}, st.sampled_from([*IPAM, "x y", "for"]),
                    st.dictionaries(NAMES, inner, max_size=3))
    ),
    max_leaves=12,
)  # fmt: skip
PLUGINS = st.builds(
    lambda type_, rest: {"type": type_, **{key: value for key, value in rest.items() if key != "type"}},
    st.sampled_from([*CHAINED, *CHAINED, "calico", "if", "a b", "__TYPE__", "Über"]),
    st.dictionaries(NAMES, VALUES, max_size=5),
)
#: `name` and `plugins` are the list's own; `meta` is left out, which is told.
LEVEL = st.dictionaries(
    NAMES.filter(lambda key: key not in ("name", "plugins", "meta", "cniVersion")), VALUES, max_size=3
)
LISTS = st.builds(
    lambda version, name, level, chain: {**version, "name": name, **level, "plugins": chain},
    st.sampled_from([{}, {"cniVersion": "1.0.0"}, {"cniVersion": "0.4.0"}, {"cniVersion": "__V__"}]),
    st.sampled_from(["a", "b", "if", "a b", "pods-1", "__NAME__", "x/y", "10.1"]),
    LEVEL,
    st.lists(PLUGINS, min_size=1, max_size=3),
)


def as_go_reads(conflist: dict[str, Any]) -> dict[str, Any]:
    """A sysctl that is no string is none to the plugin, and becomes one."""
    for plugin in conflist["plugins"]:
        sysctl = plugin.get("sysctl") if subschema.of_plugin(plugin["type"]) is not None else None
        if plugin["type"] == "tuning" and isinstance(sysctl, dict):
            for key, value in sysctl.items():
                if isinstance(value, (bool, int, float)):
                    sysctl[key] = str(int(value)) if isinstance(value, bool) else str(value)
    return conflist


def filled_in(value: Any, made: Any, samples: dict[str, set[str]]) -> Any:
    """The JSON with what a build was given in the place of placeholders that a key does not take."""
    if isinstance(value, dict) and isinstance(made, dict):
        return {key: filled_in(one, made.get(key), samples) for key, one in value.items()}
    if isinstance(value, list) and isinstance(made, list) and len(value) == len(made):
        return [filled_in(*pair, samples) for pair in zip(value, made)]
    return made if isinstance(value, str) and made in samples.get(value, ()) else value


@given(st.lists(LISTS, min_size=1, max_size=3))
@example([{"name": "a", "plugins": [{"type": "tuning", "sysctl": {"a": "1", "b": 2, "c": True, "d": 1.5}}]}])
@example([{"name": "a", "plugins": [{"type": "portmap", "x": [None, {"y": None}, [], {}]}]}] * 2)
@settings(max_examples=60, deadline=None)
def test_a_made_up_list_comes_back(lists: list[dict[str, Any]]) -> None:
    documents = [read(Source(f"{index}.conflist", json.dumps(one))) for index, one in enumerate(lists)]
    adopted = adopt(documents, HERE)
    assert adopted.refused == 0, adopted.findings
    params = [param for params in adopted.params.values() for param in params]
    made = compiled(adopted)
    samples: dict[str, set[str]] = {}
    for param in params:
        samples.setdefault(param.stands_for, set()).add(param.sample)
    wanted = [json.loads(in_order(as_go_reads(one))) for one in lists]
    filled = [filled_in(one, network.conflist, samples) for one, network in zip(wanted, made)]
    assert [json.dumps(network.conflist) for network in made] == [json.dumps(one) for one in filled]
    for path, text in adopted.texts.items():
        if path.endswith(".netc"):
            assert formatted(Source(path, text)).text == text
