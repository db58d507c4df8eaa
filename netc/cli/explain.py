"""`netc explain`: what netc knows of the language, of plugins and their keys, and of its findings."""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from netc.cli.terminal import complain, style

if TYPE_CHECKING:
    from netc.explain import Page

EXAMPLES = """examples:
  netc explain                             what can be asked
  netc explain bridge                      a plugin: what it needs, all its keys
  netc explain bridge.ipMasq               a key: type, unit, default, since which release, an example
  netc explain network.cniVersion          a key of the list level
  netc explain subnet quantity             a function and a type of the language
  netc explain mac()                       the function, where a word is several things; or type:mac
  netc explain NC203                       a finding: why it matters, and the fix
  netc explain rules --output-format json  all findings, for programs"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("topics", metavar="TOPIC", nargs="*", help="what to explain; nothing lists what there is")
    parser.add_argument("--output-format", choices=("full", "json"), default="full", help="default: full")
    parser.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="colours (default: auto)")


def run(arguments: argparse.Namespace) -> int:
    """Explain each topic; one that nobody knows does not keep the others from being explained."""
    from netc import explain
    from netc.cli.project import Unreadable, project_file

    with suppress(Unreadable):
        project_file("-")  # the project here may have plugins of its own
    pages: dict[tuple[str, str], Page] = {}
    unknown = False
    for topic in arguments.topics:
        found = explain.find(topic)
        pages |= {(page.kind, page.name): page for page in found}
        if not found:
            unknown = True
            _unknown(topic)
    if not arguments.topics:
        pages["index", "topics"] = explain.contents()
    if arguments.output_format == "json":
        document = {"version": 1, "topics": [page.as_json() for page in pages.values()]}
        sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    elif pages:
        from netc.explain.text import render

        sys.stdout.write(render(list(pages.values()), style(sys.stdout, arguments.color)))
    return 2 if unknown else 0


def _unknown(topic: str) -> None:
    from netc import explain

    meant = explain.nearest_topic(topic)
    complain(
        f"nothing to explain by the name {topic!r}",
        f"did you mean `netc explain {meant}`?" if meant else "`netc explain` lists what there is",
    )
