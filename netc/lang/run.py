"""A whole program: its values, its rules, its networks and pods, module after module."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from netc.dataclass import dataclass
from netc.diagnostics import Step
from netc.lang import codes
from netc.lang import syntax as s
from netc.lang.bodies import Bodies
from netc.lang.expressions import Env
from netc.lang.program import Module, Program
from netc.lang.refusal import a
from netc.lang.types import from_plain
from netc.lang.values import Ask, Cidr, NetworkValue, PodValue, Val, type_name
from netc.sources import Sources, Span
from netc.spelling import suggest

if TYPE_CHECKING:
    from netc.lang.evaluation import Given


@dataclass(frozen=True, slots=True)
class Element:
    """One round of a `for` in a head, or the only one where there is none: its names, and its key."""

    env: Env
    key: Val | None = None
    step: Step | None = None


class Run(Bodies):
    """Evaluates a program. `blocks` has what each request was given."""

    def __init__(
        self, program: Program, sources: Sources, params: Mapping[str, Given], blocks: Mapping[Ask, Cidr] | None = None
    ) -> None:
        super().__init__(program, sources)
        self.params = params
        self.blocks = blocks or {}
        self.networks: list[NetworkValue] = []
        self.pods: list[PodValue] = []
        #: The networks by the name in their head and the key of their element, as their index; None after a mistake.
        self.attachable: dict[str, dict[Any, int | None]] = {}
        #: Names of networks of which some were not made, or could have had another name.
        self.unsure: set[str] = set()
        self.outputs: dict[tuple[Any, ...], tuple[Span, Step | None]] = {}

    def program_(self) -> None:
        """Everything: each module after those that it imports, the root file last."""
        self._surplus_params()
        for module in self.program.modules:
            with self.along(*module.trail):
                self._module(module)

    def _module(self, module: Module) -> None:
        env = self.scopes[id(module)]
        for item in module.order:
            if id(item) in self.program.broken:
                env.names[item.name.text] = None
            elif isinstance(item, s.Let):
                self.let(item, env)
            else:
                env.names[item.name.text] = self._param(item, env, module.is_root)
        for each in module.file.items:
            if isinstance(each, s.Param) and each.rule is not None and each.message is not None:
                self._rule(each, each.rule, each.message, env)
            elif isinstance(each, s.Assertion):
                self.assertion(each.condition, each.message, env)
            elif isinstance(each, s.Network) and module.is_root:
                self._networks(each, env)
        for pod in module.file.items:
            if isinstance(pod, s.Pod) and module.is_root:
                self._pods(pod, env)

    # ---- params -----------------------------------------------------------------------------------------------------

    def _surplus_params(self) -> None:
        values = self.program.root.values
        known = {name for name, item in values.items() if isinstance(item, s.Param)}
        for name, given in self.params.items():
            if name not in known and not given.optional:
                help = suggest(name, known) or "it has none" * (not known) or None
                if name in values:
                    help = f"{name} is a let: write param instead, to have it given"
                self.mistake(codes.PARAM.code, f"the file has no param {name!r}", given.place, help=help)

    def _param(self, item: s.Param, env: Env, is_root: bool) -> Val | None:
        name = item.name.text
        given = self.params.get(name) if is_root else None
        if given is None:
            if item.default is None:
                if is_root:
                    message = f"param {name} has no value"
                    self.mistake(codes.PARAM.code, message, item.head, help=f"give it by -p {name}=VALUE, or a default")
                return None
            value = self.value(item.default, env)
        else:
            value = given.value if isinstance(given.value, Val) else from_plain(given.value, given.place)
            if value is None:
                self.mistake(codes.LIMIT.code, "a value nested more than 100 deep", given.place)
            else:
                value = self.made(value.data, value.span)
        if value is None or item.type is None:
            return value
        return self.fit(value, item.type, f"param {name}", from_text=given is not None)

    def _rule(self, item: s.Param, rule: s.Expr, message: s.String, env: Env) -> None:
        value = env.names.get(item.name.text)
        if value is not None:
            given = item.name.text in self.params
            at = value.span if given else None
            labels = (Step("the rule", rule.span),) if given else ()
            self.assertion(rule, message, env, *labels, at=at)

    # ---- networks and pods ------------------------------------------------------------------------------------------

    def rounds(self, generator: s.Generator | None, env: Env) -> Iterator[Element]:
        """The rounds of the `for` in a head that its `if` chooses, each with a key of its own."""
        if generator is None:
            yield Element(env)
            return
        keys: dict[Any, Span] = {}
        for inner, place, element in self.elements(generator.source, generator.binders, env) or ():
            step = Step(f"for {generator.binders[-1].text}, this element", element.span)
            with self.along(step):
                if not self.chosen(generator.condition, inner):
                    continue
                key = place if generator.key is None else self.value(generator.key, inner)
                if key is not None and self._key_is_new(key, element, generator, keys):
                    yield Element(inner, key, step)

    def _key_is_new(self, key: Val, element: Val, generator: s.Generator, keys: dict[Any, Span]) -> bool:
        at = generator.key.span if generator.key is not None else generator.source.span
        self.known(key)
        if isinstance(key.data, bool) or not isinstance(key.data, (str, int)):
            self.mistake(
                codes.TYPE.code, f"the key of an element is a string or an int, not {a(type_name(key.data))}", at
            )
            return False
        before = keys.setdefault(key.data, element.span)
        if before is not element.span:
            labels = Step("the first", before), Step("the second", element.span)
            shown = f'"{key.data}"' if isinstance(key.data, str) else key.data
            self.mistake(codes.TWICE.code, f"two elements have the key {shown}", at, *labels)
            return False
        return True

    def _networks(self, item: s.Network, env: Env) -> None:
        """The networks of one head."""
        plain = item.name.text if isinstance(item.name, s.Ident) else item.name.plain
        mistakes = len(self.found)
        for element in self.rounds(item.generator, env):
            made = self.network(item, element.env, element.key)
            if made is not None and not self._path_is_new(made, item, element.step):
                made = None
            name = plain if plain is not None else made.head if made is not None else None
            if name is not None:
                known = self.attachable.setdefault(name, {})
                key = element.key.data if element.key is not None else None
                known[key] = len(self.networks) if made is not None else None
            if made is not None:
                self.networks.append(made)
        if plain is not None:
            self.attachable.setdefault(plain, {})
        if len(self.found) > mistakes:
            self.unsure.add(plain or "")

    def _path_is_new(self, made: NetworkValue, item: s.Network, step: Step | None) -> bool:
        fields = made.meta.fields if made.meta is not None else {}
        path = (made.name, *[fields[key].value.data if key in fields else None for key in ("node", "priority")])
        here = (item.name.span, step)
        before = self.outputs.setdefault(path, here)
        if before is here:
            return True
        labels = [Step("the first", before[1].span if before[1] is not None else before[0])]
        if step is not None:
            labels.append(Step("the second", step.span))
        help = "give each its own name, or its own meta { node = ... }"
        self.mistake(codes.TWICE.code, f"two networks are named {made.name!r}", item.name.span, *labels, help=help)
        return False

    def _pods(self, item: s.Pod, env: Env) -> None:
        from netc.lang.pods import pod

        for element in self.rounds(item.generator, env):
            made = pod(self, item, element)
            if made is not None:
                self.pods.append(made)

    # ---- blocks -----------------------------------------------------------------------------------------------------

    def allocated(self, call: s.Call, pool: s.Pool, given: dict[str, Val]) -> Val | None:
        """The block that was planned for a request; None where there is none, which the plan has a finding about."""
        block = self.blocks.get(self.ask(call, pool, given))
        return None if block is None else Val(block, call.span)

    def ask(self, call: s.Call, pool: s.Pool, given: dict[str, Val]) -> Ask:
        """The request that a call makes."""
        family = given["family"].data if "family" in given else None
        key, prefix = given["key"].data, given["prefix"].data
        assert isinstance(key, str)
        assert isinstance(prefix, int)
        assert family in (None, 4, 6)
        outer = self.inside[0][0] if self.inside else call.span
        return Ask(pool.name.text, key, prefix, 4 if family == 4 else 6 if family == 6 else None, outer, self.trail)
