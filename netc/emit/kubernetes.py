"""What all Kubernetes manifests share: names, and templates in which finished text is put in its place."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from netc.resources import folder

if TYPE_CHECKING:
    import jinja2

_LABEL = r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?"
LABEL = re.compile(_LABEL)
SUBDOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9./_-]*")
_WORDS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}


def object_name(name: str) -> str:
    """The name of an object for a network's: lower case, every other character but digits as `-`; maybe too long.

    Dots go too: Multus takes none in the name of a network that a pod asks for.
    """
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def render(template: str, **values: Any) -> str:
    """A manifest from `templates/manifests/`. Texts keep every character, whatever they hold."""
    return _environment().get_template(template).render(**values)


@cache
def _environment() -> jinja2.Environment:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder("templates") / "manifests"),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
        autoescape=False,
        auto_reload=False,
    )
    environment.filters |= {"scalar": scalar, "literal": literal}
    return environment


def scalar(text: str) -> str:
    """A string of YAML, of 1.1 and 1.2 alike: as it stands where it can't be taken for anything else, else quoted."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return f'"{"".join(_escaped(character) for character in text)}"'


def _escaped(character: str) -> str:
    code = ord(character)
    if character in '"\\':
        return f"\\{character}"
    if 0x20 <= code < 0x7F:
        return character
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def literal(text: str, indent: int) -> str:
    """A block scalar, its lines indented by so many spaces, that holds exactly `text`.

    `text` is printable ASCII, begins with no space and ends in one line end, as a conflist does.
    """
    if not re.fullmatch(r"[!-~][ -~\n]*[ -~]\n|[!-~]\n", text):
        raise ValueError("this text is no plain block scalar")
    pad = " " * indent
    lines = text[:-1].split("\n")
    return "|\n" + "\n".join(f"{pad}{line}" if line else "" for line in lines)
