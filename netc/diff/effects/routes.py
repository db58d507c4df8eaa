"""Changes of the way out: routes and masquerading."""

from __future__ import annotations

from collections.abc import Iterator

from netc.diff.effect import Effect, Grade
from netc.diff.effects.both import Both, listed
from netc.lint.addresses import own_default_routes, routes
from netc.model import Plugin


def default_routes(both: Both) -> Iterator[Effect]:
    """New pods get a default route that running ones have not, or none any more."""
    if both.first is None:
        return
    before, after = both.first
    was, now = _ways_out(before), _ways_out(after)
    for family in (4, 6):
        if (family in was) == (family in now):
            continue
        lost = family in was
        text = (
            f"new pods have no default route of IPv{family}: they reach only what the network has a route to"
            if lost
            else f"new pods get a default route of IPv{family} that running ones have not; in a pod with several "
            "networks it competes with the others'"
        )
        yield both.effect(
            "default-route-lost" if lost else "default-route-gained",
            Grade.DIFFERS,
            text,
            "see that it is meant: pods change one by one, as they are recreated",
            old=was.get(family, f"{before.pointer}/ipam"),
            new=now.get(family, f"{after.pointer}/ipam"),
        )


def other_routes(both: Both) -> Iterator[Effect]:
    """Routes that only running pods have, or only new ones."""
    if both.first is None:
        return
    before, after = both.first
    was = {(str(one.dst.network), str(one.gw or "")): one.at for one in routes(before) if not one.default}
    now = {(str(one.dst.network), str(one.gw or "")): one.at for one in routes(after) if not one.default}
    gone, come = [key for key in was if key not in now], [key for key in now if key not in was]
    if not gone and not come:
        return
    parts = [
        f"{verb} {listed([f'{dst} via {gw}' if gw else dst for dst, gw in keys])}"
        for verb, keys in (("lack the route to", gone), ("have a route to", come))
        if keys
    ]
    yield both.effect(
        "routes-changed",
        Grade.DIFFERS,
        f"new pods {' and '.join(parts)}; running ones keep theirs",
        old=before.pointer + (was[gone[0]] if gone else "/ipam"),
        new=after.pointer + (now[come[0]] if come else "/ipam"),
    )


def masquerade(both: Both) -> Iterator[Effect]:
    """`ipMasq` off: DEL does not look for the rules of those that had it. Another backend: it looks elsewhere."""
    if both.first is None or both.first[0].type not in ("bridge", "ptp"):
        return
    before, after = both.first
    had, has = (plugin.body.get("ipMasq") is True for plugin in (before, after))
    key = "ipMasq"
    if had and not has:
        yield both.effect(
            "masquerade-lost",
            Grade.LEAVES,
            "new pods leave with their own addresses, and DEL no longer removes the masquerade rules of running ones: "
            "whoever gets such an address later is masqueraded still",
            "recreate the pods first, then switch ipMasq off",
            old=f"{before.pointer}/{key}",
            new=f"{after.pointer}/{key}",
        )
    elif has and not had:
        yield both.effect(
            "masquerade-gained",
            Grade.DIFFERS,
            "new pods leave masqueraded, running ones with their own addresses",
            old=f"{before.pointer}/{key}",
            new=f"{after.pointer}/{key}",
        )
    elif had and before.body.get("ipMasqBackend") != after.body.get("ipMasqBackend"):
        yield both.effect(
            "masquerade-backend",
            Grade.LEAVES,
            "DEL looks for masquerade rules in the new backend: those of running pods stay in the old one",
            "recreate the pods first, or flush the old backend's rules afterwards",
            old=f"{before.pointer}/ipMasqBackend",
            new=f"{after.pointer}/ipMasqBackend",
        )


def _ways_out(plugin: Plugin) -> dict[int, str]:
    """The families with a default route, and the pointer to what makes it."""
    found: dict[int, str] = {}
    for route in routes(plugin):
        if route.default:
            found.setdefault(route.family, f"{plugin.pointer}{route.at}")
    for one in own_default_routes(plugin):
        found.setdefault(one.family, f"{plugin.pointer}/isDefaultGateway")
    return found
