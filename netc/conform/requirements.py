"""What the specification (SPEC.md 1.1.0) asks of a plugin, each as a function that tries it."""

from __future__ import annotations

import time
from collections.abc import Callable
from ipaddress import ip_interface
from typing import Any

from netc.cni.versions import SUPPORTED, at_least
from netc.conform.finding import Requirement
from netc.conform.subject import Broken, Container, NotApplicable, Subject

_FOUND: list[Requirement] = []
#: Error codes that the specification gives a meaning.
_INCOMPATIBLE, _ENVIRONMENT = 1, 4
_SETTLE_S, _PAUSE_S = 3.0, 0.05


def _requirement(section: str) -> Callable[[Callable[[Subject], None]], Callable[[Subject], None]]:
    """Declare a requirement: its name is the function's, its title the docstring's first line."""

    def declare(holds: Callable[[Subject], None]) -> Callable[[Subject], None]:
        title = (holds.__doc__ or "").strip().splitlines()[0].rstrip(".")
        _FOUND.append(Requirement(holds.__name__.replace("_", "-"), title, section, holds))
        return holds

    return declare


# ---- versions and errors ---------------------------------------------------------------------------------------------


@_requirement("VERSION")
def version_answers(subject: Subject) -> None:
    """VERSION gives cniVersion and supportedVersions, and exits with 0."""
    answer = subject.call("VERSION")
    if answer.status:
        raise Broken(answer.shown)
    if not isinstance(answer.json, dict) or not isinstance(answer.json.get("cniVersion"), str):
        raise Broken(f"there is no cniVersion: {answer.shown}")
    strange = [one for one in subject.versions if not all(part.isdigit() for part in one.split("."))]
    if strange:
        raise Broken(f"{strange[0]} is no version")


@_requirement("VERSION")
def version_needs_no_network(subject: Subject) -> None:
    """VERSION is answered with nothing but cniVersion on stdin."""
    answer = subject.call("VERSION", {"cniVersion": subject.version})
    if answer.status:
        raise Broken(answer.shown)


@_requirement("Error, code 4")
def unknown_command(subject: Subject) -> None:
    """An unknown CNI_COMMAND is an error with code 4."""
    answer = subject.call("FROBNICATE", subject.config(), subject.container())
    _code(subject.error(answer, "CNI_COMMAND=FROBNICATE"), _ENVIRONMENT)


def _missing(variable: str) -> Callable[[Subject], None]:
    def holds(subject: Subject) -> None:
        container = subject.container()
        environment: dict[str, str | None] = {variable.removeprefix("CNI_"): None}
        answer = subject.call("ADD", subject.request(container), container, **environment)
        _code(subject.error(answer, f"ADD without {variable}"), _ENVIRONMENT)

    holds.__name__ = f"add_without_{variable.lower()}"
    holds.__doc__ = f"ADD without {variable} is an error with code 4."
    return holds


for _variable in ("CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME", "CNI_PATH"):
    _requirement("Parameters; Error, code 4")(_missing(_variable))


@_requirement("Parameters")
def container_id_is_checked(subject: Subject) -> None:
    """A container ID that does not start with a letter or digit is refused."""
    container = subject.container()
    subject.error(subject.call("ADD", subject.request(container), container, CONTAINERID="-../x"), "ADD for `-../x`")


@_requirement("Parameters")
def interface_name_is_checked(subject: Subject) -> None:
    """An interface name that Linux does not take is refused."""
    container = subject.container()
    answer = subject.call("ADD", subject.request(container), container, IFNAME="much-too-long-a-name")
    subject.error(answer, "ADD for an interface name of 20 characters")


@_requirement("Error")
def broken_json(subject: Subject) -> None:
    """Configuration that is no JSON is an error, and an error is an object on stdout with code and msg."""
    container = subject.container()
    error = subject.error(subject.call("ADD", "{", container), "ADD with `{` on stdin")
    if not error.get("msg"):
        raise Broken("the error has no msg")


@_requirement("Error, code 1")
def unknown_version(subject: Subject) -> None:
    """A cniVersion that it does not support is an error with code 1."""
    container = subject.container()
    answer = subject.call("ADD", {**subject.request(container), "cniVersion": "99.0.0"}, container)
    _code(subject.error(answer, "ADD with cniVersion 99.0.0"), _INCOMPATIBLE)


def _code(error: Any, wanted: int) -> None:
    if error["code"] != wanted:
        raise Broken(f"the code is {error['code']}: {error.get('msg')}")


# ---- ADD -------------------------------------------------------------------------------------------------------------


@_requirement("ADD Success")
def add_gives_a_result_in_each_version(subject: Subject) -> None:
    """ADD gives, in every version that it supports, a result of that version's form."""
    for version in (one for one in SUPPORTED if one in subject.versions):
        container = subject.container(version)
        result = subject.add(container, version)
        if result.get("cniVersion") != version:
            raise Broken(f"in {version}, the result has cniVersion {result.get('cniVersion')!r}")
        _form(result, version)
        subject.call("DEL", subject.request(container, version), container)


def _form(result: Any, version: str) -> None:
    from netc.cni.errors import CniError
    from netc.cni.result_json import parse

    old = not at_least(version, "0.3.0")
    strange = {"interfaces", "ips", "routes"} & set(result) if old else {"ip4", "ip6"} & set(result)
    if strange:
        raise Broken(f"in {version}, the result has {sorted(strange)[0]}, which is another version's")
    interfaces = result.get("interfaces") or []
    for one in result.get("ips") or ():
        index = one.get("interface")
        if index is not None and not 0 <= index < len(interfaces):
            raise Broken(f"in {version}, an address is of interface {index}, and there are {len(interfaces)}")
        if ("version" in one) == at_least(version, "1.0.0"):
            raise Broken(f"in {version}, an address {'has' if 'version' in one else 'lacks'} `version`")
    try:
        parse(result, version)
    except CniError as error:
        raise Broken(f"in {version}, {error.msg}") from None


@_requirement("ADD")
def interface_is_there(subject: Subject) -> None:
    """After ADD the container has the interface CNI_IFNAME."""
    container = subject.container()
    result = subject.add(container)
    _makes_interfaces(subject, result)
    if subject.namespace(container).link(subject.ifname) is None:
        raise Broken(f"the container has no {subject.ifname}")


@_requirement("ADD Success")
def result_names_the_interface(subject: Subject) -> None:
    """The result has the container's interface, with the path of its namespace as sandbox."""
    subject.since("0.3.0")
    container = subject.container()
    result = subject.add(container)
    _makes_interfaces(subject, result)
    inside = [one for one in result.get("interfaces") or () if one.get("sandbox")]
    if not any(one.get("name") == subject.ifname and one["sandbox"] == container.netns for one in inside):
        raise Broken(f"interfaces are {result.get('interfaces')}")


@_requirement("ADD Success")
def addresses_are_the_kernels(subject: Subject) -> None:
    """The addresses of the result are on the container's interface."""
    subject.since("0.3.0")
    container = subject.container()
    result = subject.add(container)
    _makes_interfaces(subject, result)
    wanted = {one["address"] for one in result.get("ips") or ()}
    if not wanted:
        raise NotApplicable("the result has no address")
    namespace = subject.namespace(container)
    link = namespace.link(subject.ifname)
    there = {str(one.address) for one in namespace.addresses(link.index)} if link is not None else set()
    if not wanted <= there:
        raise Broken(f"{sorted(wanted - there)[0]} is not on {subject.ifname}, which has {sorted(there)}")


@_requirement("Configuration format")
def unknown_keys_are_no_harm(subject: Subject) -> None:
    """A key that the plugin does not know does not keep it from working."""
    subject.add(subject.container(), **{"example.org/unknown": {"a": [1]}})


@_requirement("ADD, prevResult")
def previous_result_is_passed_on(subject: Subject) -> None:
    """A chained plugin's result has what came before."""
    container = subject.container()
    if container.previous is None:
        raise NotApplicable("nothing comes before it")
    result = subject.add(container)
    for key in ("ips", "routes"):
        if result.get(key) != container.previous.get(key):
            raise Broken(f"{key} was {container.previous.get(key)}, and is {result.get(key)}")


@_requirement("ADD")
def two_containers(subject: Subject) -> None:
    """Two containers live side by side, and DEL of one leaves the other as it is."""
    first, second = subject.container(), subject.container()
    one, other = subject.add(first), subject.add(second)
    addresses = [
        {each["address"] for each in result.get("ips") or () if not ip_interface(each["address"]).is_loopback}
        for result in (one, other)
    ]
    if addresses[0] & addresses[1] and subject.target.config.get("ipam", {}).get("type") != "static":
        raise Broken(f"both have {sorted(addresses[0] & addresses[1])[0]}")
    _succeeds(subject, "DEL", first)
    if at_least(subject.version, "0.4.0"):
        answer = subject.call("CHECK", subject.request(second, prevResult=other), second)
        if answer.status:
            raise Broken(f"CHECK of the other fails then: {answer.shown}")


def _makes_interfaces(subject: Subject, result: Any) -> None:
    if "interfaces" not in result and at_least(subject.version, "0.3.0"):
        raise NotApplicable("it makes no interface")


# ---- CHECK -----------------------------------------------------------------------------------------------------------


@_requirement("CHECK")
def check_after_add(subject: Subject) -> None:
    """CHECK succeeds after ADD."""
    subject.since("0.4.0")
    container = subject.container()
    result = subject.add(container)
    answer = subject.call("CHECK", subject.request(container, prevResult=result), container)
    if answer.status:
        raise Broken(answer.shown)


@_requirement("CHECK")
def check_sees_that_the_interface_is_gone(subject: Subject) -> None:
    """CHECK fails when the container's interface is gone."""
    subject.since("0.4.0")
    container = subject.container()
    result = subject.add(container)
    _makes_interfaces(subject, result)
    if container.previous is not None or subject.ifname == "lo":
        raise NotApplicable("the interface is not its own")
    namespace = subject.namespace(container)
    link = namespace.link(subject.ifname)
    if link is None:
        raise NotApplicable("there is no such interface")
    namespace.delete_link(link.index)
    answer = subject.call("CHECK", subject.request(container, prevResult=result), container)
    subject.error(answer, "CHECK without the interface")


@_requirement("CHECK")
def check_sees_that_an_address_is_gone(subject: Subject) -> None:
    """CHECK fails when an address of the result is gone."""
    subject.since("0.4.0")
    container = subject.container()
    result = subject.add(container)
    if subject.target.before or not result.get("ips"):
        raise NotApplicable("the addresses are not its own")
    namespace = subject.namespace(container)
    link = namespace.link(subject.ifname)
    if link is None:
        raise NotApplicable("there is no such interface")
    for one in namespace.addresses(link.index):
        if str(one.address) in {each["address"] for each in result["ips"]}:
            namespace.delete_address(link.index, one.address)
    answer = subject.call("CHECK", subject.request(container, prevResult=result), container)
    subject.error(answer, "CHECK without the address")


@_requirement("CHECK")
def check_needs_a_result(subject: Subject) -> None:
    """CHECK without prevResult is an error."""
    subject.since("0.4.0")
    container = subject.container()
    _makes_interfaces(subject, subject.add(container))
    answer = subject.call("CHECK", subject.config(prevResult=None), container)
    subject.error(answer, "CHECK without prevResult")


# ---- DEL -------------------------------------------------------------------------------------------------------------


@_requirement("DEL")
def delete_takes_everything_away(subject: Subject) -> None:
    """After DEL nothing of the container is left on the host."""
    before = subject.snapshot()
    container = subject.container()
    result = subject.add(container)
    _succeeds(subject, "DEL", container, prevResult=result)
    subject.end(container)
    _nothing_left(subject, before, container)


@_requirement("DEL")
def delete_twice(subject: Subject) -> None:
    """DEL again succeeds."""
    container = subject.container()
    result = subject.add(container)
    _succeeds(subject, "DEL", container, prevResult=result)
    _succeeds(subject, "DEL", container, prevResult=result)


@_requirement("DEL")
def delete_of_what_never_was(subject: Subject) -> None:
    """DEL of a container that was never added succeeds."""
    container = subject.container()
    _succeeds(subject, "DEL", container, prevResult=container.previous)


@_requirement("DEL")
def delete_without_a_namespace(subject: Subject) -> None:
    """DEL succeeds when the namespace is gone and CNI_NETNS is empty, and frees what is on the host."""
    before = subject.snapshot()
    container = subject.container()
    result = subject.add(container)
    subject.end(container)
    answer = subject.call("DEL", subject.request(container, prevResult=result), container, NETNS="")
    if answer.status:
        raise Broken(answer.shown)
    if not subject.target.before:
        _nothing_left(subject, before, container)


@_requirement("DEL")
def delete_with_a_namespace_that_is_gone(subject: Subject) -> None:
    """DEL succeeds when CNI_NETNS names a namespace that is gone."""
    container = subject.container()
    result = subject.add(container)
    subject.end(container)
    _succeeds(subject, "DEL", container, prevResult=result)


@_requirement("DEL")
def delete_without_a_result(subject: Subject) -> None:
    """DEL without prevResult succeeds."""
    container = subject.container()
    subject.add(container)
    _succeeds(subject, "DEL", container, prevResult=None)


def _succeeds(subject: Subject, command: str, container: Container, **more: Any) -> None:
    answer = subject.call(command, subject.request(container, **more), container)
    if answer.status:
        raise Broken(f"{command} fails: {answer.shown}")


def _nothing_left(subject: Subject, before: Any, container: Container) -> None:
    from netc.lab import residue

    end = time.monotonic() + _SETTLE_S
    while True:
        leftovers, _ = residue.settle(before, subject.snapshot(), {container.id})
        if not leftovers:
            return
        if time.monotonic() > end:  # the kernel ends a namespace's links when it finds the time
            raise Broken(f"left behind: {leftovers[0].kind} {leftovers[0].name}, {len(leftovers)} in all")
        time.sleep(_PAUSE_S)


# ---- GC and STATUS ---------------------------------------------------------------------------------------------------


@_requirement("STATUS")
def status_of_a_plugin_that_is_ready(subject: Subject) -> None:
    """STATUS succeeds where ADD would."""
    subject.since("1.1.0")
    answer = subject.call("STATUS", subject.config())
    if answer.status:
        raise Broken(answer.shown)


@_requirement("GC")
def collection_keeps_what_is_valid(subject: Subject) -> None:
    """GC succeeds, and leaves attachments alone that are valid."""
    subject.since("1.1.0")
    container = subject.container()
    result = subject.add(container)
    valid = [{"containerID": container.id, "ifname": subject.ifname}]
    answer = subject.call("GC", subject.config(**{"cni.dev/valid-attachments": valid}))
    if answer.status:
        raise Broken(answer.shown)
    answer = subject.call("CHECK", subject.request(container, prevResult=result), container)
    if answer.status:
        raise Broken(f"CHECK fails after it: {answer.shown}")


@_requirement("GC")
def collection_needs_no_attachment(subject: Subject) -> None:
    """GC succeeds where there is nothing to collect."""
    subject.since("1.1.0")
    answer = subject.call("GC", subject.config(**{"cni.dev/valid-attachments": []}))
    if answer.status:
        raise Broken(answer.shown)


REQUIREMENTS: tuple[Requirement, ...] = tuple(_FOUND)
