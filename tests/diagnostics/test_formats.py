"""The formats that programs read: each says every finding, and what it says is what its readers expect."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest
import xmlschema
from hypothesis import given, settings
from hypothesis import strategies as st

from netc.dataclass import replace
from netc.diagnostics import Diagnostic, Edit, Severity, Step, error, ordered, warning
from netc.diagnostics.formats import Style, find
from netc.diagnostics.identity import fingerprints
from netc.diagnostics.step_summary import markdown
from netc.lint import catalogue
from netc.sources import Source, Span

HERE = Path(__file__).parent
DOCS = HERE.parents[1] / "docs"
FINDINGS = jsonschema.Draft202012Validator(json.loads((DOCS / "findings.schema.json").read_text()))
SARIF = jsonschema.Draft202012Validator(json.loads((HERE / "sarif-2.1.0-subset.schema.json").read_text()))
JUNIT = xmlschema.XMLSchema(str(HERE / "junit.xsd"))

SOURCE = Source("net.d/a b.conflist", '{\n  "isGatway": true,\n  "mtu": "x"\n}\n')


def span(text: str, source: Source = SOURCE) -> Span:
    start = source.text.index(text)
    return Span(source, start, start + len(text))


KEY = Diagnostic(
    "NC401",
    Severity.ERROR,
    "bridge does not read `isGatway`",
    span('"isGatway"'),
    (Step("used here", span('"mtu"')),),
    "did you mean `isGateway`?",
    "pods",
    "/plugins/0/isGatway",
    edits=(Edit(span('"isGatway"'), '"isGateway"'),),
    safe=True,
)
WHOLE = Diagnostic("NC640", Severity.WARNING, "no network", file="b.json")
ADVICE = Diagnostic("NC644", Severity.INFO, "100% of a, b:\nc | d <e>", span("{\n  "))
ALL = [KEY, ADVICE, WHOLE]
RULES = Style(rule_of=catalogue.find)


def rendered(name: str, findings: list[Diagnostic], style: Style = RULES) -> str:
    return find(name).render(findings, style)


texts = st.text(max_size=12)
spans = st.builds(
    lambda a, b: Span(SOURCE, min(a, b), max(a, b)),
    st.integers(0, len(SOURCE.text)),
    st.integers(0, len(SOURCE.text)),
)
diagnostics = st.builds(
    Diagnostic,
    st.sampled_from(["NC401", "NC999", "NC150"]),
    st.sampled_from(list(Severity)),
    st.text(min_size=1, max_size=12),
    st.none() | spans,
    st.lists(st.builds(Step, st.text(min_size=1, max_size=9), spans), max_size=2).map(tuple),
    st.none() | texts,
    st.none() | texts,
    st.none() | st.just("") | st.builds("/{}".format, st.text(st.characters(exclude_characters="\n"), max_size=9)),
    st.none() | st.sampled_from(["", "x/ü%&.yaml", "/abs olute/<a>.conf"]),
    st.lists(st.builds(Edit, spans, texts), max_size=2, unique_by=lambda one: one.span.start).map(tuple),
    st.booleans(),
)


def test_json_and_its_schema() -> None:
    report = json.loads(rendered("json", ALL))
    FINDINGS.validate(report)
    assert [one["code"] for one in report["findings"]] == ["NC401", "NC644", "NC640"]
    (edit,) = report["findings"][0]["fix"]
    assert edit == {
        "file": "net.d/a b.conflist",
        "range": {"start": {"line": 2, "column": 3}, "end": {"line": 2, "column": 13}},
        "text": '"isGateway"',
    }
    assert report["findings"][1]["fix"] is None


def test_jsonl_is_a_finding_a_line() -> None:
    lines = rendered("jsonl", ALL).splitlines()
    assert [json.loads(line) for line in lines] == json.loads(rendered("json", ALL))["findings"]
    assert rendered("jsonl", []) == ""


def test_github_escapes_what_the_runner_would_take_for_its_own() -> None:
    lines = rendered("github", [KEY, ADVICE, WHOLE]).splitlines()
    assert lines == [
        "::error file=net.d/a b.conflist,line=2,endLine=2,col=3,endColumn=13,title=NC401 unknown-key::"
        "bridge does not read `isGatway`%0Anet.d/a b.conflist:3:3: used here%0Ahelp: did you mean `isGateway`?",
        "::notice file=net.d/a b.conflist,line=1,endLine=2,title=NC644 nad-config-without-name::"
        "100%25 of a, b:%0Ac | d <e>",
        "::warning file=b.json,title=NC640 no-network::no network",
    ]
    odd = Source("a,b:c%.netc", "x")
    (line,) = rendered("github", [error("NC100", "m", Span(odd, 0, 1))], Style()).splitlines()
    assert line.startswith("::error file=a%2Cb%3Ac%25.netc,line=1,")


def test_many_of_a_kind_are_counted() -> None:
    source = Source("many.netc", "x\n" * 40)
    many = [error("NC100", "m", Span(source, 2 * at, 2 * at + 1)) for at in range(40)]
    lines = rendered("github", many).splitlines()
    assert len(lines) == 26
    assert lines[-1] == "::notice::many.netc: 15 more of NC100 not shown"
    files = [error("NC100", "m", Span(Source(f"{at}.netc", "x"), 0, 1)) for at in range(130)]
    assert rendered("full", files).endswith(
        "in further files: 30 more of NC100 not shown (--output-format concise shows all)\n"
    )
    assert len(rendered("concise", many).splitlines()) == 40


def test_paths_are_those_of_the_repository(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "sub")
    assert "file=sub/b.json," in rendered("github", [WHOLE])
    assert json.loads(rendered("gitlab", [WHOLE]))[0]["location"]["path"] == "sub/b.json"
    inside = replace(WHOLE, file=str(tmp_path / "c.json"))
    assert "file=c.json," in rendered("github", [inside])
    outside = replace(WHOLE, file="/etc/cni/net d/c.json")
    place = json.loads(rendered("sarif", [outside]))["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "file:///etc/cni/net%20d/c.json"


def test_gitlab() -> None:
    issues = json.loads(rendered("gitlab", ALL))
    assert issues[0] == {
        "description": "bridge does not read `isGatway` (did you mean `isGateway`?)",
        "check_name": "NC401",
        "fingerprint": issues[0]["fingerprint"],
        "severity": "critical",
        "location": {"path": "net.d/a b.conflist", "lines": {"begin": 2, "end": 2}},
    }
    assert [one["severity"] for one in issues] == ["critical", "info", "minor"]
    assert json.loads(rendered("gitlab", [])) == []


def test_sarif() -> None:
    report = json.loads(rendered("sarif", ALL))
    SARIF.validate(report)
    (run,) = report["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["NC401", "NC640", "NC644"]
    first = run["results"][0]
    assert (first["ruleIndex"], first["level"]) == (0, "error")
    (location,) = first["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "net.d/a%20b.conflist"},
        "region": {"startLine": 2, "startColumn": 3, "endLine": 2, "endColumn": 13},
    }
    assert location["logicalLocations"][0]["fullyQualifiedName"] == "pods#/plugins/0/isGatway"
    (change,) = first["fixes"][0]["artifactChanges"]
    assert change["replacements"][0]["insertedContent"] == {"text": '"isGateway"'}
    assert "fixes" not in run["results"][1]


def test_junit() -> None:
    report = rendered("junit", ALL)
    JUNIT.validate(report)
    root = ElementTree.fromstring(report)
    assert (root.get("tests"), root.get("failures")) == ("3", "2")
    assert [suite.get("name") for suite in root] == ["net.d/a b.conflist", "b.json"]
    failure = root.find("testsuite/testcase/failure")
    assert failure is not None
    assert failure.text is not None
    assert failure.text.startswith("net.d/a b.conflist:2:3: error[NC401] bridge does not read")


def test_junit_of_nothing_is_a_test_that_passed() -> None:
    JUNIT.validate(rendered("junit", []))
    assert ElementTree.fromstring(rendered("junit", [])).get("tests") == "1"


@settings(deadline=None)
@given(st.lists(diagnostics, max_size=4))
def test_no_finding_makes_a_report_that_its_readers_refuse(findings: list[Diagnostic]) -> None:
    findings = ordered(findings)
    FINDINGS.validate(json.loads(rendered("json", findings)))
    SARIF.validate(json.loads(rendered("sarif", findings)))
    JUNIT.validate(rendered("junit", findings))
    lines = rendered("github", findings).split("\n")
    assert len(lines) == len(findings) + 1
    assert all(line.startswith("::") for line in lines[:-1])
    issues = json.loads(rendered("gitlab", findings))
    assert len({one["fingerprint"] for one in issues}) == len(findings)


def test_a_fingerprint_stays_where_lines_move() -> None:
    moved = Source(SOURCE.path, "\n\n" + SOURCE.text)
    assert fingerprints([KEY]) == fingerprints([replace(KEY, primary=span('"isGatway"', moved))])
    assert fingerprints([KEY]) != fingerprints([replace(KEY, pointer="/plugins/1/isGatway")])
    assert len(set(fingerprints([KEY, KEY]))) == 2


def test_the_step_summary_is_a_table() -> None:
    lines = markdown(ALL, 2).splitlines()
    assert lines[2] == "2 files checked: 1 error, 1 warning, 1 info"
    assert lines[6] == (
        "| error | NC401 | `net.d/a b.conflist:2:3` | bridge does not read `isGatway` | did you mean `isGateway`? |"
    )
    assert lines[7] == "| info | NC644 | `net.d/a b.conflist:1:1` | 100% of a, b: c \\| d \\<e\\> |  |"
    assert markdown([], 1).splitlines() == ["### netc lint", "", "1 file checked: no findings"]
    rows = markdown([warning("NC640", f"m{at}", None) for at in range(250)], 1)
    assert rows.count("| warning |") == 200
    assert "50 more are in the log." in rows
