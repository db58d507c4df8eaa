"""What a pool is, and what can be wrong with the declaration of one."""

from __future__ import annotations

from netc.diagnostics import Severity
from netc.ipam import codes
from netc.ipam.pools import check


def test_a_dual_stack_pool(project) -> None:
    pool = project.pool("pods", "10.42.0.0/16 fd00:42::/48", "10.42.0.0/24 10.42.1.5 10.42.2.10-10.42.2.19")
    assert pool.families == (4, 6)
    assert pool.usable(4) == 65536 - 256 - 1 - 10
    assert pool.usable(6) == 1 << 80
    assert str(pool) == "pods (10.42.0.0/16, fd00:42::/48)"


def test_a_cidr_with_host_bits_is_refused_with_the_network(project) -> None:
    pool, (found,) = project.declared("pods", "10.42.0.1/16")
    assert (found.code, found.message) == (
        codes.CIDR.code,
        "10.42.0.1/16 is an address in a network, and pool pods wants the network",
    )
    assert found.help == "write 10.42.0.0/16"
    assert found.primary is not None
    assert [str(cidr) for cidr in pool.cidrs] == ["10.42.0.0/16"], "one mistake does not hide the next"


def test_an_address_is_no_cidr_and_no_cidr_is_no_pool(project) -> None:
    assert [found.message for found in project.declared("pods", "10.42.0.1")[1]] == [
        "10.42.0.1 is no network for pool pods"
    ]
    assert [found.message for found in project.declared("none", "")[1]] == ["pool none has no cidr"]


def test_cidrs_of_one_pool_do_not_overlap(project) -> None:
    _, findings = project.declared("pods", "10.42.128.0/17 10.43.0.0/16 10.42.0.0/16 fd00::/8 10.42.128.0/17")
    assert [(found.code, found.message) for found in findings] == [
        (codes.OVERLAP.code, "pool pods has addresses twice: 10.42.0.0/16 and 10.42.128.0/17"),
        (codes.OVERLAP.code, "pool pods has addresses twice: 10.42.128.0/17 and 10.42.0.0/16"),
    ]
    assert all(found.primary and found.labels[0].span.start < found.primary.start for found in findings)


def test_a_reservation_outside_of_the_pool_does_nothing(project) -> None:
    _, findings = project.declared("pods", "10.42.0.0/16", "10.24.255.0/24 10.41.255.0-10.42.0.9 fd00::/64 10.43.0.1")
    assert [found.message for found in findings] == [
        "pool pods (10.42.0.0/16) has nothing of 10.24.255.0/24 to reserve",
        "pool pods (10.42.0.0/16) has nothing of fd00::/64 to reserve",
        "pool pods (10.42.0.0/16) has nothing of 10.43.0.1 to reserve",
    ]
    assert {found.code for found in findings} == {codes.RESERVE.code}


def test_what_is_reserved_counts_once_and_only_in_the_pool(project) -> None:
    pool = project.pool("pods", "10.42.0.0/24 10.42.1.0/24", "10.42.0.128-10.42.1.127 10.42.1.0/24 10.42.0.200")
    assert pool.usable(4) == 128


def test_pools_that_share_addresses_are_a_warning(project) -> None:
    """It is right for networks that never meet, and a way to hand addresses out twice for all others."""
    pools = [
        project.pool("pods", "10.42.0.0/16 fd00::/48"),
        project.pool("storage", "10.42.128.0/20 10.42.144.0/20"),
        project.pool("vips", "10.43.0.0/24 fd00:1::/48"),
    ]
    (found,) = check(pools)
    assert (found.code, found.severity) == (codes.SHARED.code, Severity.WARNING)
    assert found.message == "pools pods and storage share addresses: 10.42.0.0/16 and 10.42.128.0/20"
    assert found.labels


def test_two_pools_of_one_name(project) -> None:
    (found,) = check([project.pool("pods", "10.42.0.0/16"), project.pool("pods", "10.43.0.0/16")])
    assert (found.code, found.message) == (codes.TWICE.code, "two pools are called pods")
    assert found.primary
    assert found.labels[0].span != found.primary
