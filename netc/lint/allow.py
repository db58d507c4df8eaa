"""`# netc: allow NC203 the parent's subnet is shared on purpose`: silencing a finding where it stands, with a reason.

The comment stands at the end of the finding's line, or alone on the line above it, where several may stand one above
the other; in a YAML manifest, whose networks are texts that can't have comments, on or above the line of the text's
key. The reason is not optional, and a comment that silences nothing is a finding itself, so that no exception
outlives its cause. What the language reports (syntax, names, types: `NC1xx`) can't be silenced, since nothing can be
made of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from netc.dataclass import dataclass, replace
from netc.diagnostics import Diagnostic, Severity, error, warning
from netc.diagnostics.edits import without_comment
from netc.diagnostics.rule import Rule
from netc.sources import Span
from netc.spelling import nearest

_COMMENT = re.compile(r"#+\s*netc:\s*(?P<word>\S*)\s*(?P<code>\S*)\s*(?P<reason>.*)", re.DOTALL)

USELESS = Rule(
    "NC190",
    "useless-allow",
    Severity.WARNING,
    "syntax",
    """A `# netc: allow` comment silences nothing.

Why:
    The mistake that it excused is gone, or it stands on another line. Left in place it would silence the next one.

Bad:
    network n {
      plugin loopback { }  # netc: allow NC401 an exception that is no longer needed
    }

Good:
    network n {
      plugin loopback { }
    }

Source:
    docs/language.md
""",
)

UNREADABLE = Rule(
    "NC191",
    "unreadable-allow",
    Severity.ERROR,
    "syntax",
    """A `# netc:` comment is not of the form `# netc: allow CODE reason`.

Why:
    An exception without a reason can't be judged by whoever reads it next; one with a misspelt code does nothing.

Bad:
    network n {
      plugin brigde { }  # netc: allow NC405
    }

Good:
    network n {
      plugin brigde { }  # netc: allow NC405 our own fork is called so
    }

Source:
    docs/language.md
""",
)


_OWN = (USELESS.code, USELESS.name, UNREADABLE.code, UNREADABLE.name)


@dataclass(frozen=True, slots=True)
class Allowed:
    """What is left to report, and what was silenced, with good reason."""

    findings: tuple[Diagnostic, ...]
    silenced: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class _Exception:
    code: str
    span: Span
    lines: range


def apply(
    findings: Iterable[Diagnostic], comments: Sequence[Span], shared: Sequence[Span] = (), texts: Sequence[Span] = ()
) -> Allowed:
    """Take out the findings that a comment of their file allows; add one for each comment that is at fault.

    `shared` comments may speak of what only others give cause for: nothing is said of one that allows nothing here.
    Of `texts` a comment on their first line speaks as a whole.
    """
    kept: list[Diagnostic] = []
    silenced: list[Diagnostic] = []
    written = [(span, match) for span in (*comments, *shared) if (match := _COMMENT.match(span.text))]
    if not written:
        return Allowed(tuple(findings), ())
    from netc.lint.catalogue import all_rules

    rules = {rule.code: rule for rule in all_rules()} | {rule.name: rule for rule in all_rules()}
    exceptions = []
    for span, match in written:
        problem = _problem(match, rules)
        if problem is not None:
            kept.append(error(UNREADABLE.code, problem[0], span, help=problem[1]))
        else:
            exceptions.append(_Exception(rules[match["code"]].code, span, _lines(span, texts)))
    used: set[Span] = set()
    broken = False
    for found in findings:
        broken = broken or found.severity is Severity.ERROR
        allowing = [one for one in exceptions if _allows(one, found)]
        (silenced if allowing else kept).append(found)
        used |= {one.span for one in allowing}
    for one in exceptions:
        # It may be seen only together with other files, or with what a netc.toml says.
        among_others = rules[one.code].input in ("project", "target", "pod")
        if one.span not in used and one.span not in shared and not among_others:
            message = f"nothing on this line needs an exception from {one.code}"
            useless = warning(USELESS.code, message, one.span, help="remove the comment")
            # Below a mistake not everything was judged: there the comment may yet be needed.
            kept.append(replace(useless, edits=(without_comment(one.span),), safe=not broken))
    return Allowed(tuple(kept), tuple(silenced))


def _problem(match: re.Match[str], rules: dict[str, Rule]) -> tuple[str, str | None] | None:
    word, code, reason = match["word"], match["code"], match["reason"].strip()
    if word != "allow":
        return f"netc has no instruction {word!r}", "write # netc: allow CODE reason"
    if code not in rules:
        meant = nearest(code, rules)
        return f"netc has no finding {code!r}", f"did you mean {meant}?" if meant else "netc lint shows the code"
    if rules[code].input == "syntax" and (rules[code].severity is Severity.ERROR or code in _OWN):
        return f"{code} can't be allowed: nothing can be made of it", "repair it"
    if not reason:
        return "an exception without a reason", f"write why: # netc: allow {code} because ..."
    return None


def _lines(span: Span, texts: Sequence[Span]) -> range:
    """The lines that a comment speaks of: its own, or the next one where it stands alone, and all of a text there.

    Several alone, one above the other, speak of the same line.
    """
    first, column = span.begin.line, span.begin.column
    if not span.source.line(first)[: column - 1].strip():
        first += 1
        while first <= len(span.source.line_starts) and _COMMENT.match(span.source.line(first).strip()):
            first += 1
    ends = [text.finish.line for text in texts if text.source is span.source and text.begin.line == first]
    return range(first, max(ends, default=first) + 1)


def _allows(exception: _Exception, found: Diagnostic) -> bool:
    place = found.primary
    return (
        found.code == exception.code
        and place is not None
        and place.source is exception.span.source
        and place.begin.line in exception.lines
    )
