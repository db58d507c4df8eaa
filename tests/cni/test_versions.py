"""Versions: numbers for comparing, exact strings for support."""

import pytest

from netc.cni.errors import CniError, Code
from netc.cni.versions import SUPPORTED, Version, at_least, check_supported, select


def test_missing_parts_are_zero_and_nothing_is_the_first_version() -> None:
    assert Version("1.1") == Version("1.1.0")
    assert Version("1") == Version("1.0.0")
    assert Version("") == Version("0.1.0")
    assert sorted(["1.0.0", "0.10.0", "0.9.0"], key=Version) == ["0.9.0", "0.10.0", "1.0.0"]
    assert at_least("0.4.0", "0.4.0")
    assert not at_least("0.3.1", "0.4.0")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1.2.3.4", 'invalid version "1.2.3.4": too many parts'),
        ("ab", 'failed to convert major version part "ab": strconv.Atoi: parsing "ab": invalid syntax'),
        ("1.0.0-rc1", 'failed to convert micro version part "0-rc1": strconv.Atoi: parsing "0-rc1": invalid syntax'),
        ("1..0", 'failed to convert minor version part "": strconv.Atoi: parsing "": invalid syntax'),
        ("1.0.0\n", 'failed to convert micro version part "0\\n": strconv.Atoi: parsing "0\\n": invalid syntax'),
        ("１.0.0", 'failed to convert major version part "１": strconv.Atoi: parsing "１": invalid syntax'),
    ],
)
def test_anything_but_three_integers_is_refused(text: str, message: str) -> None:
    with pytest.raises(CniError) as error:
        Version(text)
    assert (error.value.code, error.value.msg) == (Code.DECODING_FAILURE, message)


@pytest.mark.parametrize(
    ("written", "alternatives", "selected"),
    [
        ("1.0.0", None, "1.0.0"),
        ("9.9.9", None, "9.9.9"),
        ("abc", None, "abc"),
        ("", None, ""),
        ("1.0.0", ["0.4.0", "1.1.0", "0.3.1"], "1.1.0"),
        ("1.0.0", ["0.10.0", "0.9.0"], "1.0.0"),
        ("9.9.9", ["0.4.0", "8.0.0"], "0.4.0"),
        ("9.9.9", ["8.0.0"], "9.9.9"),
        ("9.9.9", [], "9.9.9"),
        ("", ["0.3.0"], "0.3.0"),
        ("1.0.0", ["1.1"], "1.1"),
        ("1.0.0", ["1.1.0", "1.1"], "1.1.0"),
    ],
)
def test_the_highest_known_alternative_is_selected(written: str, alternatives: list[str] | None, selected: str) -> None:
    assert select(written, alternatives) == selected


def test_support_is_by_exact_string() -> None:
    for version in SUPPORTED:
        check_supported(version, SUPPORTED)
    check_supported("", SUPPORTED)
    with pytest.raises(CniError) as error:
        check_supported("1.0", ["0.4.0", "1.0.0"])
    assert error.value.to_json() == {
        "code": 1,
        "msg": "incompatible CNI versions",
        "details": 'config is "1.0", plugin supports ["0.4.0" "1.0.0"]',
    }
