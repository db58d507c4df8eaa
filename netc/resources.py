"""Files that ship with netc beside its code: the grammar and the templates.

In a checkout they lie at its top; a wheel carries them inside the package.
"""

from __future__ import annotations

from pathlib import Path


def folder(name: str) -> Path:
    """The folder `grammar` or `templates`."""
    packed = Path(__file__).parent / f"_{name}"
    return packed if packed.is_dir() else Path(__file__).parent.parent / name
