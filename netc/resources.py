"""Files that ship with netc beside its code: the grammar and the templates.

In a checkout they lie at its top; a wheel carries them inside the package.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType


def folder(name: str) -> Path:
    """The folder `grammar` or `templates`."""
    packed = Path(__file__).parent / f"_{name}"
    return packed if packed.is_dir() else Path(__file__).parent.parent / name


def modules(package: ModuleType) -> list[str]:
    """The names of the modules in a package, sorted: what is put in its folder is part of netc."""
    return sorted(name.removesuffix(".py") for name in _entries(package) if name.endswith(".py") and name[0] != "_")


def packages(package: ModuleType) -> list[str]:
    """The names of the packages in a package, sorted."""
    folders = (name for name in _entries(package) if "." not in name and name[0] != "_")
    return sorted(name for name in folders if os.path.isfile(os.path.join(package.__path__[0], name, "__init__.py")))


def _entries(package: ModuleType) -> Iterator[str]:
    return iter(os.listdir(package.__path__[0]))
