"""Which family a request means."""

from __future__ import annotations

from netc.diagnostics import Diagnostic, error
from netc.ipam import codes
from netc.ipam.blocks import Family, Request, pointed
from netc.ipam.pools import Pool
from netc.ipam.quoting import word
from netc.ipam.space import width


def family_of(pool: Pool, request: Request) -> Family | Diagnostic:
    """The family that a request gives, or that its prefix length leaves; a finding where that is none or two."""
    fitting = pool.fitting(request.prefix)
    if request.family is not None:
        if request.family in fitting:
            return request.family
        return _fits_not(pool, request, (request.family,))
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        return _fits_not(pool, request, pool.families)
    return error(
        codes.AMBIGUOUS.code,
        f"a /{request.prefix} for {word(request.key)} fits both families of pool {pool}",
        request.span,
        *request.trail,
        *pointed("the pool", pool.span),
        help="say which one: family = 4 or family = 6",
    )


def _fits_not(pool: Pool, request: Request, families: tuple[Family, ...]) -> Diagnostic:
    missing = [family for family in families if not pool.of(family)]
    if missing or not families:
        why = f"the pool has no IPv{missing[0]} cidr" if missing else "the pool has no cidr"
        help = "add one to the pool's cidrs, or ask for the other family"
    else:
        sizes = [
            f"/{min(cidr.prefixlen for cidr in pool.of(family))} to /{width(family)} in IPv{family}"
            for family in families
        ]
        why, help = "no network of the pool can hold it", f"a block can be {' or '.join(sizes)}"
    return error(
        codes.FITS_NOT.code,
        f"pool {pool} has no /{request.prefix} for {word(request.key)}: {why}",
        request.span,
        *request.trail,
        *pointed("the pool", pool.span),
        help=help,
    )
