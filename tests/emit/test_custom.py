"""A project's own templates: what they see, what they can't do, and where their mistakes are shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from netc.emit import custom, kinds, sandbox
from netc.emit.request import Made, ManifestOptions, Request
from netc.project_file import load


@pytest.fixture
def emit(tmp_path: Path, monkeypatch, network):
    """Renders a template over two networks, one of them of node n1."""
    monkeypatch.chdir(tmp_path)

    def make(template: str | None, output: str = "out.md", each: str | None = None, **files: str) -> Made:
        if template is not None:
            (tmp_path / "t.j2").write_text(template)
        for name, text in files.items():
            (tmp_path / name).write_text(text)
        line = f'each = "{each}"\n' if each else ""
        (tmp_path / "netc.toml").write_text(f"[emit.docs]\ntemplate = 't.j2'\noutput = '{output}'\n{line}")
        project, found = load(tmp_path / "netc.toml")
        assert not found
        networks = (network("web", [{"type": "bridge", "mtu": 1500}, {"type": "portmap"}]), network("pods", node="n1"))
        return custom.make("docs", Request(networks, "fleet", ManifestOptions("x"), project))

    return make


def said(made: Made) -> tuple[str, str, str | None]:
    """Where, what, and the fix, of the one finding."""
    assert made.outputs == ()
    (found,) = made.findings
    return str(found.primary), found.message, found.help


def test_a_template_sees_the_networks(emit) -> None:
    made = emit(
        "{% for n in networks %}\n"
        "{{ n.name }} {{ n.path }} {{ n.place }} {{ n.origin('/plugins/0') }} {{ n.conflist.cniVersion }} "
        "{{ n.plugins | map(attribute='type') | join('>') }} {{ n.plugins[0].config.mtu | default('-') }} {{ n.meta.node }}\n"
        "{% endfor %}\n"
    )
    assert made.findings == ()
    assert [(one.path, one.text) for one in made.outputs] == [
        (
            "out.md",
            "web web.conflist net.netc:1 net.netc:1 1.0.0 bridge>portmap 1500 None\n"
            "pods n1/pods.conflist net.netc:1 net.netc:1 1.0.0 bridge - n1\n",
        )
    ]


def test_json_comes_finished(emit) -> None:
    (output,) = emit("a: {{ networks[0].json | literal(2) }}\nb: {{ 'yes' | scalar }}\n").outputs
    assert output.text.startswith('a: |\n  {\n    "cniVersion": "1.0.0",\n')
    assert output.text.endswith('  }\nb: "yes"\n')


@pytest.mark.parametrize(
    ("each", "output", "expected"),
    [
        (None, "all.txt", {"all.txt": "web pods"}),
        ("network", "{{ network.name }}.txt", {"web.txt": "web pods", "pods.txt": "web pods"}),
        ("node", "{{ node }}/x", {"n1/x": "pods"}),
    ],
)
def test_one_output_for_each(each: str | None, output: str, expected: dict[str, str], emit) -> None:
    made = emit("{{ networks | map(attribute='name') | join(' ') }}", output, each)
    assert {one.path: one.text for one in made.outputs} == expected


@pytest.mark.parametrize(
    ("template", "place", "message", "help"),
    [
        ("a\n{{ netwroks }}", "t.j2:2:4", "'netwroks' is undefined", "did you mean networks?"),
        ("{{ x }}", "t.j2:1:4", "'x' is undefined", "there is networks, nodes, plan"),
        ("\n  {{ networks[0].nmae }}", "t.j2:2:18", "a network has no attribute 'nmae'", None),
        ("{{ networks[0].conflist.nope }}", "t.j2:1:25", "this object has no attribute 'nope'", None),
        ("{% fro x in networks %}", "t.j2:1:4", "encountered unknown tag 'fro'", None),
        ("{{ networks | uper }}", "t.j2:1:15", "no filter named 'uper'", None),
        ("a\n{% for n in networks %}\nb", "t.j2:3:1", "unexpected end of template", None),
        ("{{ 1 / 0 }}", "t.j2:1:1", "division by zero", None),
        ("{{ 'x' + 1 }}", "t.j2:1:1", 'can only concatenate str (not "int") to str', None),
        ("{% include 'none.j2' %}", "t.j2:1:13", "none.j2: no such file", None),
        ("{% include '../netc.toml' %}", "t.j2:1:13", "lies outside the project's folder", None),
        ("{% include '/etc/passwd' %}", "t.j2:1:13", "lies outside the project's folder", None),
        ("{% include 't.j2' %}", "t.j2:1:", "nested too deeply, or includes itself", None),
        ("{{ ''.__class__ }}", "t.j2:1:7", "is unsafe", None),
        ("{{ networks[0]._network }}", "t.j2:1:16", "is unsafe", None),
        ("{{ networks[0].conflist.update({'name': 'x'}) }}", "t.j2:1:25", "access to attribute 'update'", None),
        ("{{ 'x' | random }}", "t.j2:1:10", "no filter named 'random'", None),
        ("{{ lipsum() }}", "t.j2:1:4", "'lipsum' is undefined", None),
        ("{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}", "", "nested too deeply", None),
        ("{% for a in [1] %}" * 30 + "{% endfor %}" * 30, "", "too many statically nested blocks", None),
        ("{{ 'é\udc80' }}".encode("utf-8", "surrogateescape"), "netc.toml:2:12", "not UTF-8", None),
    ],
)  # fmt: skip
def test_mistakes(template: Any, place: str, message: str, help: str | None, emit, tmp_path: Path) -> None:
    if isinstance(template, bytes):
        (tmp_path / "t.j2").write_bytes(template)
        template = None
    where, what, fix = said(emit(template))
    assert where.startswith(place)
    assert message in what
    assert help is None or fix == help


def test_a_mistake_in_a_template_that_is_included(emit) -> None:
    place, message, _ = said(emit("{% include 'part.j2' %}", **{"part.j2": "\n {{ oops }}"}))
    assert (place, message) == ("part.j2:2:5", "'oops' is undefined")
    assert said(emit("{% include 'part.j2' %}", **{"part.j2": "\n{% oops %}"}))[0] == "part.j2:2:4"


def test_a_link_that_leaves_the_project(emit, tmp_path: Path, tmp_path_factory) -> None:
    outside = tmp_path_factory.mktemp("outside") / "secret"
    outside.write_text("secret")
    (tmp_path / "t.j2").symlink_to(outside)
    place, message, _ = said(emit(None))
    assert place == "netc.toml:2:12"
    assert "lies outside the project's folder" in message


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}", "this runs for too long"),
        ("{% for a in range(10**9) %}{% endfor %}", "range too big"),
        ("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "nested too deeply"),
        ("{{ 'x' * 10**10 }}", "the result of * is too large"),
        ("{{ 10 ** 99999 }}", "the result of ** is too large"),
        ("{{ 'x' | center(10**11) }}", "too much memory"),
        ("{{ '%100000000000d' | format(1) }}", "too much memory"),
    ],
)
def test_what_does_not_end_is_ended(template: str, message: str, emit, monkeypatch) -> None:
    monkeypatch.setattr(sandbox, "MAX_STEPS", 200_000)
    monkeypatch.setattr(sandbox, "MAX_TEXT", 1024 * 1024)
    place, what, _ = said(emit(template))
    assert place.startswith("t.j2:1:")
    assert message in what


def test_too_much_text(emit, monkeypatch) -> None:
    monkeypatch.setattr(sandbox, "MAX_TEXT", 1024 * 1024)
    place, message, _ = said(emit("{% for a in range(99999) %}{{ 'x' * 1000 }}{% endfor %}"))
    assert (place, message) == ("netc.toml:2:12", "more than 1 MiB of text come out of this")


@pytest.mark.parametrize(
    "output",
    ["../x", "/x", "a/../../x", "", ".", "a//b", "a/", "C:/x", "a\\b", "{{ 1 }}/..", ".netc-outputs", "x" * 256,
     'a{{ "\\n" }}b'],
)  # fmt: skip
def test_an_output_stays_below_the_folder(output: str, emit) -> None:
    place, message, _ = said(emit("x", output))
    assert place == "netc.toml:3:10"
    assert message.startswith("output ")


def test_a_mistake_in_the_path(emit) -> None:
    assert said(emit("x", "{{ netwrk }}", "network"))[:2] == ("netc.toml:3:10", "'netwrk' is undefined")


def test_two_outputs_at_one_path(emit, network, tmp_path: Path) -> None:
    emit("x", "same", "network")
    project, _ = load(tmp_path / "netc.toml")
    request = Request((network("a"), network("b")), "fleet", ManifestOptions("x"), project)
    _, found = kinds.make(["docs"], request)
    assert [one.message for one in found] == ["two outputs would be the file same"]
