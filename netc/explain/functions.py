"""Functions of the language: signature, what it gives, its arguments' types, examples."""

from __future__ import annotations

from collections.abc import Iterable

from netc.explain import data
from netc.explain.page import Code, Fact, Page, Part, Prose, Table, index, see_also


def names() -> Iterable[str]:
    """All functions, in the order of the documentation."""
    from netc.lang.functions import FUNCTIONS

    return FUNCTIONS


def page(name: str) -> Page | None:
    """The page of a function; None if the language has none of this name."""
    from netc.lang.functions import FUNCTIONS

    function = FUNCTIONS.get(name)
    if function is None:
        return None
    more = data.pages("functions").get(name, {})
    summary, _, rest = function.doc.partition("\n\n")
    parts: list[Part] = []
    if rest:
        parts.append(Prose("text", rest))
    rows = [
        {
            "parameter": parameter.name,
            "takes": parameter.expected
            + (", may be left out" if parameter.optional else ", any number of them" if parameter.variadic else ""),
        }
        for parameter in function.parameters
    ]
    parts.append(Table("parameters", tuple(rows), "parameters"))
    example = "\n".join(filter(None, (more.get("declared", "").strip(), data.examples(more.get("examples", [])))))
    if example:
        parts.append(Code("example", example, "example"))
    parts += [*see_also(more.get("see", ())), Fact("docs", f"{data.LANGUAGE}#functions")]
    return Page("function", name, function.signature, " ".join(summary.split()), tuple(parts))


def overview() -> Page:
    """All functions, each with its signature and what it gives."""
    from netc.lang.functions import FUNCTIONS

    rows = ((each.signature, " ".join(each.doc.partition("\n\n")[0].split())) for each in FUNCTIONS.values())
    return index(
        "functions", "functions", "The functions of the language.", rows, "netc explain NAME shows an example."
    )
