"""What bandwidth refuses, and limits that are not what they look like."""

from __future__ import annotations

from collections.abc import Iterator

from netc.diagnostics import Severity
from netc.model import Network, Plugin
from netc.rules import Violation, plugin_rule

_PAIRS = (("ingressRate", "ingressBurst"), ("egressRate", "egressBurst"))

#: The kernel's clock ticks of 64 ns: a burst that lasts longer than 2^32 of them is counted modulo that.
_LONGEST_BURST_MS = 274_877


def _value(plugin: Plugin, key: str) -> int:
    value = plugin.body.get(key)
    return value if isinstance(value, int) else 0


def _amount(bits: int) -> str:
    """`12000 bits (1500 bytes)`."""
    return f"{bits} bits" + (f" ({bits // 8} bytes)" if bits >= 8 else "")


@plugin_rule("NC460", "bandwidth-rate-without-burst", Severity.ERROR, plugin="bandwidth")
def rate_without_burst(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """A rate without its burst, or a burst without its rate.

    Why:
        The plugin refuses one without the other, at DEL as well. There is no usual burst: a few milliseconds of the
        rate, and no less than a packet, is a good start.

    Bad:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin bandwidth { ingressRate = 100mbit }
        }

    Good:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin bandwidth { ingressRate = 100mbit, ingressBurst = 1MB }
        }

    Source:
        bandwidth: `if rate is set, burst must also be set`, `if burst is set, rate must also be set`.
    """
    for rate, burst in _PAIRS:
        for given, missing in ((rate, burst), (burst, rate)):
            if _value(plugin, given) and not _value(plugin, missing):
                zero = missing in plugin.body
                yield Violation(
                    f"/{given}",
                    f"{given} {_value(plugin, given)} needs {missing} too" + (", which is 0" if zero else ""),
                    f"write {missing} = {'1MB' if missing == burst else '100mbit'}, or what fits",
                    "key",
                    related=((f"/{missing}", "this is no limit"),) if zero else (),
                )


@plugin_rule("NC461", "bandwidth-small-burst", Severity.WARNING, plugin="bandwidth")
def small_burst(plugin: Plugin, network: Network) -> Iterator[Violation]:
    """A burst that is smaller than a packet.

    Why:
        A token bucket lets no packet through that is larger than itself: full-size packets are dropped, so that a ping
        works and nothing else does. Often the burst was meant in bytes; the plugin counts bits.

    Bad:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin bandwidth { ingressRate = 100mbit, ingressBurst = 8000 }
        }

    Good:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin bandwidth { ingressRate = 100mbit, ingressBurst = 64KiB }
        }

    Source:
        tc-tbf(8): packets larger than the bucket are dropped.
    """
    mtu = next((body.body["mtu"] for body in network.plugins if body.body.get("mtu")), 1500)
    mtu = mtu if isinstance(mtu, int) else 1500
    for rate, burst in _PAIRS:
        bits = _value(plugin, burst)
        if 8 <= bits < mtu * 8 and _value(plugin, rate):
            yield Violation(
                f"/{burst}",
                f"{burst} {_amount(bits)} is less than one packet of {mtu} bytes, which is then dropped",
                f"write at least {burst} = {mtu * 8}; if {bits} bytes were meant, {burst} = {bits}B",
            )


@plugin_rule("NC462", "bandwidth-below-a-byte", Severity.ERROR, plugin="bandwidth")
def below_a_byte(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """A rate or a burst of less than eight bits.

    Why:
        The kernel counts bytes, and the plugin rounds down: less than a byte is zero, which the kernel refuses.

    Bad:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin bandwidth { ingressRate = 1, ingressBurst = 1MB }
        }

    Good:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin bandwidth { ingressRate = 1mbit, ingressBurst = 1MB }
        }

    Source:
        bandwidth, ADD: `create qdisc: invalid argument`.
    """
    for key in (key for pair in _PAIRS for key in pair):
        if 0 < _value(plugin, key) < 8:
            yield Violation(
                f"/{key}",
                f"{key} {_value(plugin, key)} is in bits, less than a byte: the kernel refuses it",
                f"write the unit that was meant, such as {key} = {_value(plugin, key)}mbit",
            )


@plugin_rule("NC463", "bandwidth-burst-too-long", Severity.WARNING, plugin="bandwidth")
def burst_too_long(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """A burst that lasts longer than the kernel can count.

    Why:
        The bucket's size is kept as a time, in 32 bits: what goes beyond 274 seconds at the given rate starts again
        from zero, and the limit is another one than written. Also, a burst of minutes is hardly a limit.

    Bad:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin bandwidth { ingressRate = 1mbit, ingressBurst = 4294967295 }
        }

    Good:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin bandwidth { ingressRate = 1mbit, ingressBurst = 1MB }
        }

    Source:
        The kernel's packet scheduler counts ticks of 64 ns in 32 bits; tc shows the smaller burst.
    """
    for rate, burst in _PAIRS:
        bits, per_second = _value(plugin, burst), _value(plugin, rate)
        if per_second >= 8 and bits // 8 * 1000 // (per_second // 8) > _LONGEST_BURST_MS:
            yield Violation(
                f"/{burst}",
                f"{burst} {_amount(bits)} lasts {bits // per_second} s at {per_second} bit/s, "
                "the kernel counts to 274 s",
                "write a smaller burst: a few milliseconds of the rate are usual",
                related=((f"/{rate}", "the rate"),),
            )


@plugin_rule("NC464", "bandwidth-capability-unused", Severity.WARNING, plugin="bandwidth")
def capability_unused(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """Limits are written down, and the runtime is asked for limits too.

    Why:
        A single one of the four keys, even 0, makes the plugin ignore everything that the runtime hands over, such as
        a pod's own annotation.

    Bad:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin bandwidth { capabilities { bandwidth = true }, ingressRate = 100mbit, ingressBurst = 1MB }
        }

    Good:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin bandwidth { capabilities { bandwidth = true } }
        }

    Source:
        bandwidth reads `runtimeConfig.bandwidth` only if it finds none of its own keys.
    """
    given = [key for pair in _PAIRS for key in pair if plugin.body.get(key) is not None]
    if given and "bandwidth" in plugin.capabilities:
        yield Violation(
            "/capabilities/bandwidth",
            f"the runtime's limits are ignored: {given[0]} is written down",
            "leave out the capability, or all four keys",
            related=((f"/{given[0]}", "this one wins"),),
        )


@plugin_rule("NC467", "bandwidth-tiny-rate", Severity.WARNING, plugin="bandwidth")
def tiny_rate(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """A rate below a kilobyte each second.

    Why:
        Rates are bits each second. A number so small was most likely meant as kilobits or megabits; with it a single
        large packet takes seconds, and connections break.

    Bad:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin bandwidth { ingressRate = 100, ingressBurst = 16000 }
        }

    Good:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin bandwidth { ingressRate = 100mbit, ingressBurst = 1MB }
        }

    Source:
        Seen with bandwidth 1.9.1: an `ingressRate` of 8000000 is `rate 8Mbit`.
    """
    for key in ("ingressRate", "egressRate"):
        rate = plugin.body.get(key)
        if isinstance(rate, int) and 8 <= rate < 8000:
            yield Violation(
                f"/{key}", f"{key} is {rate} bits each second: was {rate}kbit meant, or {rate}mbit?", "write the unit"
            )
