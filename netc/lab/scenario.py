"""Carrying out a `test` block: its steps in order, each `expect` asked again until it holds or its time is over."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_interface, ip_network
from typing import TYPE_CHECKING, Any

from netc.lab.report import Place
from netc.lab.trial import Container, Host, TrialError, words
from netc.lang import syntax as s
from netc.lang.expressions import Env
from netc.lang.functions import text_of
from netc.lang.values import Cidr, Data, Duration, Field, List, Mac, Object, Quantity, Val
from netc.sources import Span

if TYPE_CHECKING:
    from netc.compiler.scenarios import Scenario
    from netc.kernel import Namespace

#: How long an `expect` may take to hold if it does not say `within`, and how long one probe waits for its answer.
SECONDS, _PROBE_SECONDS = 2.0, 0.5
_PAUSE, _SETTLED = 0.05, 5.0
_PORT = 7777
_MOST_LINES = 60
Ip = IPv4Address | IPv6Address


def run(scenario: Scenario, host: Host) -> Any:
    """The outcome of a test that passed: what each container was given. Raises `TrialError` where a step fails."""
    return _Acting(scenario, host).act()


class _Acting:
    """A test while it is carried out."""

    def __init__(self, scenario: Scenario, host: Host) -> None:
        self.scenario, self.scene, self.host = scenario, scenario.scene, host
        #: What the probes of the `expect` at hand said, by their call's text.
        self.said: dict[str, str] = {}

    def act(self) -> Any:
        here = Val(Object({}), self.scenario.span)
        self.scene.begin({"reach": self._reach, "route": self._route, "throughput": self._throughput}, here)
        given: dict[str, Any] = {}
        self._steps(self.scenario.steps, given)
        return given

    def _steps(self, steps: tuple[s.Step, ...], given: dict[str, Any]) -> None:
        for step in steps:
            match step:
                case s.Attach():
                    given[step.name.text] = self._attach(step)
                case s.Detach():
                    self.host.detach(self.host.containers[step.name.text])
                case s.Let():
                    self.scene.let(step)
                    self._sound(step.span)
                case s.Expect():
                    self._expect(step)
                case s.ExpectError():
                    self._expect_error(step)

    def _sound(self, at: Span) -> None:
        """Raises `TrialError` where an expression was wrong."""
        found = self.scene.mistakes()
        if found:
            raise TrialError(found[0].message, Place.of(found[0].primary or at), tuple(filter(None, [found[0].help])))

    def _attach(self, step: s.Attach) -> Any:
        pod, found = self.scenario.pod(step)
        if pod is None or found:
            first = found[0] if found else None
            where = (first.primary if first is not None else None) or step.target.span
            raise TrialError(first.message if first is not None else "nothing to attach", Place.of(where))
        before = self.host.containers.get(step.name.text)
        container = before if before is not None and not before.made else self.host.container(step.name.text)
        self.host.attach(container, pod)
        self._settle(container)
        self.scene.name_value(step.name.text, Val(self._seen(container, step.span), step.span))
        return [
            {"ips": result.get("ips"), "routes": result.get("routes"), "dns": result.get("dns")}
            for _, _, _, result in container.made
        ]

    def _settle(self, container: Container) -> None:
        """Wait for the kernel to be sure of the addresses that were given: until then it answers nobody at them."""
        places = self.host.kernel.here(), self.host.namespace(container)
        end = time.monotonic() + _SETTLED
        while time.monotonic() < end and any(
            one.tentative and not one.address.ip.is_link_local for place in places for one in place.addresses()
        ):
            time.sleep(_PAUSE)

    # ---- what a name stands for -------------------------------------------------------------------------------------

    def _seen(self, container: Container, at: Span) -> Object:
        """A container as an object: its first interface's values, and each interface under its name."""
        namespace = self.host.namespace(container)
        interfaces = {
            wanted.ifname: self._interface(namespace, wanted.ifname, at) for _, _, wanted, _ in container.made
        }
        first = next(iter(interfaces.values()), Object({}))
        named = {name: Field(name, Val(value, at), at, at) for name, value in interfaces.items()}
        return Object({**first.fields, **named})

    def _interface(self, namespace: Namespace, name: str, at: Span) -> Object:
        link = namespace.link(name)
        if link is None:
            return Object({})
        addresses = [one.address for one in namespace.addresses(link.index) if not one.address.ip.is_link_local]
        first = next(iter(addresses), None)
        values: dict[str, Data] = {
            "ip": first.ip if first is not None else None,
            "ips": List(tuple(Val(Cidr(one.ip, one.network.prefixlen), at) for one in addresses)),
            "ip4": next((one.ip for one in addresses if one.version == 4), None),
            "ip6": next((one.ip for one in addresses if one.version == 6), None),
            "mac": Mac(link.mac),
            "mtu": link.mtu,
            "ifname": name,
        }
        return Object({key: Field(key, Val(value, at), at, at) for key, value in values.items()})

    # ---- expectations -----------------------------------------------------------------------------------------------

    def _expect(self, step: s.Expect) -> None:
        deadline = time.monotonic() + self._within(step)
        while True:
            self.said.clear()
            value = self.scene.value(step.condition)
            self._sound(step.condition.span)
            if value is not None and value.data is True:
                return
            if value is not None and not isinstance(value.data, bool):
                raise TrialError("an expectation is true or false", Place.of(step.condition.span))
            if time.monotonic() >= deadline:
                break
            time.sleep(_PAUSE)
        raise TrialError(
            f"expected {' '.join(step.condition.span.text.split())}",
            Place.of(step.condition.span),
            (*self._sides(step.condition), *self._state()),
        )

    def _within(self, step: s.Expect) -> float:
        if step.within is None:
            return SECONDS
        value = self.scene.value(step.within)
        self._sound(step.within.span)
        if value is None or not isinstance(value.data, Duration):
            raise TrialError("within takes a duration, such as 5s", Place.of(step.within.span))
        return value.data.ms / 1000

    def _sides(self, condition: s.Expr) -> list[str]:
        """What stood on either side, and what probes said."""
        lines = []
        if isinstance(condition, s.Binary) and condition.op not in ("&&", "||", "??"):
            for side in (condition.left, condition.right):
                value = self.scene.value(side)
                self.scene.mistakes()
                if value is not None:
                    lines.append(f"{' '.join(side.span.text.split())} is {_shown(value.data)}")
        return lines + [f"{call}: {why}" for call, why in self.said.items() if why]

    def _state(self) -> list[str]:
        lines = list(self.host.state())
        more = len(lines) - _MOST_LINES
        return lines if more <= 0 else [*lines[:_MOST_LINES], f"and {more} lines more"]

    def _expect_error(self, step: s.ExpectError) -> None:
        wanted = self.scene.text(step.text) if step.text is not None else ""
        self._sound(step.span)
        try:
            self._steps(step.steps, {})
        except TrialError as failed:
            if failed.__cause__ is None:
                raise  # a test's own mistake is no error of a plugin
            if wanted and wanted not in failed.why:
                raise TrialError(
                    f'expected an error with "{wanted}"', Place.of(step.text.span if step.text else step.span),
                    (f"the error is: {failed.why}",),
                ) from None  # fmt: skip
            return
        at = Place.of(step.text.span if step.text is not None else step.span)
        raise TrialError("expected an error, and there was none", at, tuple(self._state()))

    # ---- probes -----------------------------------------------------------------------------------------------------

    def _place(self, expr: s.Expr) -> tuple[Namespace, Container | None]:
        """The namespace that an argument names; raises `TrialError`."""
        if isinstance(expr, s.Name):
            if expr.text == "host":
                return self.host.kernel.here(), None
            container = self.host.containers.get(expr.text)
            if container is not None:
                return self.host.namespace(container), container
        raise TrialError("this is no container: name what was attached, or host", Place.of(expr.span))

    def _arguments(self, call: s.Call, few: int, many: int, usage: str) -> list[s.Expr]:
        if not few <= len(call.arguments) <= many or any(one.name is not None for one in call.arguments):
            raise TrialError(f"it is {usage}", Place.of(call.span))
        return [one.value for one in call.arguments]

    def _target(self, expr: s.Expr, env: Env) -> tuple[Namespace | None, list[tuple[Ip, int | None]]]:
        """Where to: the namespace that answers, None for whoever has the address; addresses, each with its port."""
        if isinstance(expr, s.Name) and (expr.text == "host" or expr.text in self.host.containers):
            namespace, container = self._place(expr)
            found = [one.address.ip for one in namespace.addresses() if not one.address.ip.is_link_local]
            ifnames = {wanted.ifname for _, _, wanted, _ in container.made} if container is not None else set()
            links = {link.index for link in namespace.links() if link.name in ifnames}
            own = [one.address.ip for one in namespace.addresses() if one.index in links]
            wanted = [ip for ip in (own if container is not None else found) if not ip.is_link_local]
            return namespace, [(ip, None) for ip in wanted if not ip.is_loopback]
        value = self.scene.value(expr)
        self._sound(expr.span)
        data = value.data if value is not None else None
        if isinstance(data, Cidr):
            data = data.ip
        if isinstance(data, (IPv4Address, IPv6Address)):
            return None, [(data, None)]
        match = re.fullmatch(r"\[?([0-9A-Fa-f.:]+?)\]?(?::(\d+))?", data) if isinstance(data, str) else None
        try:
            if match is not None:
                return None, [(ip_address(match[1]), int(match[2]) if match[2] else None)]
        except ValueError:
            pass
        message = 'reach() takes a container, an address, or "ADDRESS:PORT" as its target'
        raise TrialError(message, Place.of(expr.span))

    def _reach(self, call: s.Call, env: Env) -> Val | None:
        usage = 'reach(from, to), reach(from, to, "tcp/80")'
        arguments = self._arguments(call, 2, 3, usage)
        source, _ = self._place(arguments[0])
        target, addresses = self._target(arguments[1], env)
        protocol, port = self._service(arguments[2]) if len(arguments) == 3 else (None, None)
        reached, why = bool(addresses), "it has no address"
        for ip, mapped in addresses:
            reached, why = self._probe(source, target, ip, protocol, port if port is not None else mapped)
            if not reached:
                break
        self.said[" ".join(call.span.text.split())] = "" if reached else why
        return Val(reached, call.span)

    def _service(self, expr: s.Expr) -> tuple[str, int]:
        value = self.scene.value(expr)
        self._sound(expr.span)
        match = re.fullmatch(r"(tcp|udp)/(\d{1,5})", value.data) if value and isinstance(value.data, str) else None
        if match is None or not 0 < int(match[2]) < 65_536:
            raise TrialError('reach() takes "tcp/PORT" or "udp/PORT" as its service', Place.of(expr.span))
        return match[1], int(match[2])

    def _probe(
        self, source: Namespace, target: Namespace | None, ip: Ip, protocol: str | None, port: int | None
    ) -> tuple[bool, str]:
        from netc.lab import probes

        if port is None:
            found = probes.ping(source, ip, seconds=_PROBE_SECONDS)
            return bool(found), found.why
        probe = probes.udp if protocol == "udp" else probes.tcp
        why = f"nobody is at port {port} of {ip}: no port map was asked for, and no container has the address"
        for namespace, listen in self._listeners(target, ip, port):
            found = probe(source, namespace, ip, port, listen=listen, seconds=_PROBE_SECONDS)
            if found:
                return True, ""
            why = found.why
        return False, why

    def _listeners(self, target: Namespace | None, ip: Ip, port: int) -> list[tuple[Namespace, int]]:
        """Who is to answer: the one that was named; else whom a port map was asked for, or who has the address.

        Nobody on the host: a port map that is not there would seem to be.
        """
        if target is not None:
            return [(target, port)]
        mapped = [
            (self.host.namespace(container), entry.get("containerPort", port))
            for container in self.host.containers.values()
            for _, _, wanted, _ in container.made
            for entry in wanted.capability_args.get("portMappings") or ()
            if isinstance(entry, Mapping) and entry.get("hostPort") == port
        ]
        having = [
            namespace
            for namespace in map(self.host.namespace, self.host.containers.values())
            if not ip.is_loopback and any(one.address.ip == ip for one in namespace.addresses())
        ]
        peer = self.host.kernel.at(self.host.site.peer)
        outside = not ip.is_loopback and any(one.address.ip == ip for one in peer.addresses())
        others = having or ([peer] if outside else [])
        return mapped or [(one, port) for one in others]

    def _route(self, call: s.Call, env: Env) -> Val | None:
        """`route(a, 0.0.0.0/0)`: the route of a container to a network or address, an object with `gw` and `dev`."""
        arguments = self._arguments(call, 2, 2, "route(container, network)")
        namespace, _ = self._place(arguments[0])
        value = self.scene.value(arguments[1])
        self._sound(arguments[1].span)
        data = value.data if value is not None else None
        wanted = data.network if isinstance(data, Cidr) else ip_network(data) if isinstance(data, Ip) else None
        if wanted is None:
            raise TrialError("route() takes a network or address to look for", Place.of(arguments[1].span))
        links = {link.index: link.name for link in namespace.links()}
        fitting = [
            one for one in namespace.routes()
            if one.dst.version == wanted.version and wanted.subnet_of(one.dst)  # type: ignore[arg-type]
        ]  # fmt: skip
        best = max(fitting, key=lambda one: one.dst.prefixlen, default=None)
        at = call.span
        fields: dict[str, Data] = {"gw": None, "dev": None, "dst": None, "metric": None}
        if best is not None:
            dst = ip_interface(str(best.dst))
            fields = {
                "gw": best.gateway,
                "dev": links.get(best.oif, ""),
                "dst": Cidr(dst.ip, dst.network.prefixlen),
                "metric": best.priority,
            }
        self.said[" ".join(call.span.text.split())] = "" if best is not None else "there is no such route"
        return Val(Object({key: Field(key, Val(each, at), at, at) for key, each in fields.items()}), at)

    def _throughput(self, call: s.Call, env: Env) -> Val | None:
        from netc.lab import probes

        arguments = self._arguments(call, 2, 2, "throughput(from, to)")
        source, _ = self._place(arguments[0])
        target, addresses = self._target(arguments[1], env)
        if target is None or not addresses:
            raise TrialError("throughput() takes two containers, or host", Place.of(arguments[1].span))
        rate = probes.throughput(source, target, addresses[0][0], _PORT)
        bits = int(rate.bits_per_second)
        text = f"{bits / 1e6:.1f}mbit"
        self.said[" ".join(call.span.text.split())] = rate.why
        return Val(Quantity(bits, "bit", text), call.span)


def _shown(data: Data) -> str:
    """A value as its author would write it."""
    from netc.lang.refusal import Refusal

    if data is None:
        return "null"
    try:
        return text_of(data)
    except Refusal:
        return "a list" if isinstance(data, List) else "an object"


__all__ = ["SECONDS", "run", "words"]
