"""What `netc.cni` offers, and that it offers it without loading what isn't used."""

import inspect
import subprocess
import sys
import typing

import pytest

from netc import cni


@pytest.mark.parametrize("name", cni.__all__)
def test_every_public_name_has_docs_and_types(name: str) -> None:
    value = getattr(cni, name)
    assert inspect.getdoc(value)
    if inspect.isfunction(value):
        hints = typing.get_type_hints(value)
        assert set(hints) == {*inspect.signature(value).parameters, "return"}


def test_the_list_of_names_is_the_table_of_places() -> None:
    assert cni.__all__ == sorted(cni._PLACES)
    assert set(cni.__all__) <= set(dir(cni))
    with pytest.raises(AttributeError, match="has no attribute 'nope'"):
        _ = cni.nope


def test_nothing_heavy_is_loaded_before_it_is_needed() -> None:
    code = (
        "import sys, netc.cni as c\n"
        "for name in c.__all__: getattr(c, name)\n"
        "print(*({'subprocess', 'tempfile', 'asyncio', 'logging', 'socket', 'pyroute2', 'fcntl'} & set(sys.modules)))"
    )
    program = [sys.executable, "-Sc", f"import sys; sys.path[:] = {sys.path!r}\n{code}"]
    loaded = subprocess.run(program, capture_output=True, text=True, check=False)
    assert (loaded.stdout.strip(), loaded.stderr) == ("", "")
