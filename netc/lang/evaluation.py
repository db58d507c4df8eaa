"""From a syntax tree and parameters to networks: chains expanded, conditions decided, every key with its place."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from netc.diagnostics import Diagnostic, Step
from netc.lang import codes
from netc.lang import syntax as s
from netc.lang.expressions import MAX_STEPS, Env, Evaluator, Observer, OutOfStepsError
from netc.lang.refusal import a
from netc.lang.resolve import Resolved, resolve
from netc.lang.types import from_plain
from netc.lang.values import Field, NetworkValue, Object, PluginValue, Val, type_name
from netc.sources import Source, Span
from netc.spelling import suggest

#: The keys of `meta`, and what they take.
META = {"node": "string", "priority": "int", "description": "string"}


@dataclass(frozen=True, slots=True)
class Given:
    """A param's value from outside: text from the command line, a value of a data file, or plain JSON.

    `span` is where it stands, if that is in a file; `shown` how it was given, such as `-p mtu=9000`.
    """

    value: Any
    shown: str
    span: Span | None = None

    @property
    def place(self) -> Span:
        """Where the value stands: in a text of its own where it comes from the command line."""
        if self.span is not None:
            return self.span
        text = self.value if isinstance(self.value, str) else str(self.value)
        return Span(Source(self.shown, text), 0, len(text))


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The networks without mistakes, in the order written, the mistakes, and what the file's names stand for.

    `values` are the params and lets of the file; None for one with a mistake.
    """

    networks: tuple[NetworkValue, ...]
    diagnostics: tuple[Diagnostic, ...]
    values: Mapping[str, Val | None] = field(default_factory=dict)


def evaluate(file: s.File, params: Mapping[str, Given], observe: Observer | None = None) -> Evaluation:
    """The networks of a file. Never raises: what is wrong is in `diagnostics`, and a network with a mistake left out.

    The same file and params give the same networks everywhere: nothing else is read. `observe` is told each value.
    """
    resolved = resolve(file)
    run = _Run(resolved, params)
    if observe is not None:
        run.tell(observe)
    try:
        with _deep_stack():
            run.file()
    except OutOfStepsError as out:
        message = f"this takes more than {MAX_STEPS:,} steps to evaluate"
        run.mistake(codes.LIMIT.code, message, out.span, help="loops within loops multiply")
    return Evaluation(tuple(run.networks), (*resolved.diagnostics, *run.found.values()), run.file_env.names)


@contextmanager
def _deep_stack() -> Iterator[None]:
    """Room for the deepest tree within the deepest calls. Frames of Python functions take no C stack since 3.11."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, 20_000))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


@dataclass(slots=True)
class _Parts:
    """What the statements of a network add up to."""

    entries: dict[str, Field] = field(default_factory=dict)
    own: dict[str, Span] = field(default_factory=dict)
    plugins: list[PluginValue] = field(default_factory=list)
    sound: bool = True


class _Run(Evaluator):
    def __init__(self, resolved: Resolved, params: Mapping[str, Given]) -> None:
        super().__init__(resolved)
        self.params = params
        self.networks: list[NetworkValue] = []
        self.outputs: dict[tuple[Any, ...], tuple[Span, Step | None]] = {}

    def file(self) -> None:
        """Everything, in order."""
        self._surplus_params()
        for item in self.resolved.order[id(self.resolved.file)]:
            if id(item) in self.resolved.broken:
                self.file_env.names[item.name.text] = None
            elif isinstance(item, s.Let):
                self._let(item, self.file_env)
            else:
                self.file_env.names[item.name.text] = self._param(item)
        for each in self.resolved.file.items:
            if isinstance(each, s.Param) and each.rule is not None and each.message is not None:
                self._rule(each, each.rule, each.message)
            elif isinstance(each, s.Assertion):
                self.assertion(each.condition, each.message, self.file_env)
            elif isinstance(each, s.Network):
                self._networks(each)

    # ---- values -----------------------------------------------------------------------------------------------------

    def _surplus_params(self) -> None:
        known = {name for name, item in self.resolved.values.items() if isinstance(item, s.Param)}
        for name, given in self.params.items():
            if name not in known:
                help = suggest(name, known) or "it has none" * (not known) or None
                self.mistake(codes.PARAM.code, f"the file has no param {name!r}", given.place, help=help)

    def _param(self, item: s.Param) -> Val | None:
        name = item.name.text
        given = self.params.get(name)
        if given is None:
            if item.default is None:
                message = f"param {name} has no value"
                self.mistake(codes.PARAM.code, message, item.head, help=f"give it by -p {name}=VALUE, or a default")
                return None
            value = self.value(item.default, self.file_env)
        else:
            value = given.value if isinstance(given.value, Val) else from_plain(given.value, given.place)
            if value is None:
                self.mistake(codes.LIMIT.code, "a value nested more than 100 deep", given.place)
            else:
                value = self.made(value.data, value.span)
        if value is None or item.type is None:
            return value
        return self.fit(value, item.type, f"param {name}", from_text=given is not None)

    def _rule(self, item: s.Param, rule: s.Expr, message: s.String) -> None:
        value = self.file_env.names.get(item.name.text)
        if value is not None:
            given = item.name.text in self.params
            at = value.span if given else None
            labels = (Step("the rule", rule.span),) if given else ()
            self.assertion(rule, message, self.file_env, *labels, at=at)

    def _let(self, item: s.Let, env: Env) -> None:
        value = None if id(item) in self.resolved.broken else self.value(item.value, env)
        if value is not None and item.type is not None:
            value = self.fit(value, item.type, f"let {item.name.text}")
        env.names[item.name.text] = value

    # ---- networks ---------------------------------------------------------------------------------------------------

    def _networks(self, item: s.Network) -> None:
        if item.generator is None:
            self._network(item, self.file_env)
            return
        generator = item.generator
        elements = self.elements(generator.source, generator.binders, self.file_env)
        keys: dict[Any, Span] = {}
        for env, key, element in elements or ():
            if generator.condition is not None:
                chosen = self.condition(generator.condition, env, "the condition of `if`")
                if not chosen:
                    continue
            own_key = key if generator.key is None else self.value(generator.key, env)
            if own_key is None or not self._key_is_new(own_key, element, generator, keys):
                continue
            step = Step(f"for {generator.binders[-1].text}, this element", element.span)
            self.trail = (step,)
            self._network(item, env, step)
            self.trail = ()

    def _key_is_new(self, key: Val, element: Val, generator: s.Generator, keys: dict[Any, Span]) -> bool:
        at = generator.key.span if generator.key is not None else generator.source.span
        if isinstance(key.data, bool) or not isinstance(key.data, (str, int)):
            self.mistake(codes.TYPE.code, f"a network's key is a string or an int, not {a(type_name(key.data))}", at)
            return False
        before = keys.setdefault(key.data, element.span)
        if before is not element.span:
            labels = Step("the first", before), Step("the second", element.span)
            self.mistake(codes.TWICE.code, f"two elements have the key {key.data!r}", at, *labels)
            return False
        return True

    def _network(self, item: s.Network, env: Env, step: Step | None = None) -> None:
        name = self.key(item.name, env)
        parts = _Parts()
        self._body(item.body, Env({}, env), parts)
        if name is None or not parts.sound:
            return
        meta = self._meta(parts)
        if not parts.sound:
            return
        plugins = tuple(replace(plugin, body=self._clean(plugin.body)) for plugin in parts.plugins)
        entries = self._clean(Object(parts.entries))
        if self._path_is_new(name, meta, item, step):
            self.networks.append(NetworkValue(name, item.name.span, item.head, entries, plugins, meta, self.trail))

    def _clean(self, body: Object) -> Object:
        cleaned = self.scale.without_nulls(body)
        assert isinstance(cleaned, Object)
        return cleaned

    def _path_is_new(self, name: str, meta: Object | None, item: s.Network, step: Step | None) -> bool:
        fields = meta.fields if meta is not None else {}
        path = (name, *[fields[key].value.data if key in fields else None for key in ("node", "priority")])
        here = (item.name.span, step)
        before = self.outputs.setdefault(path, here)
        if before is here:
            return True
        labels = [Step("the first", before[1].span if before[1] is not None else before[0])]
        if step is not None:
            labels.append(Step("the second", step.span))
        help = "give each its own name, or its own meta { node = ... }"
        self.mistake(codes.TWICE.code, f"two networks are named {name!r}", item.name.span, *labels, help=help)
        return False

    def _body(self, body: s.Body, env: Env, parts: _Parts) -> None:
        """Carry out the statements of a network or chain, with `env` as the body's own names."""
        for let in self.resolved.order[id(body)]:
            if isinstance(let, s.Let):
                self._let(let, env)
        for statement in body.statements:
            self.spend(1, statement.span)
            if isinstance(statement, s.Plugin):
                self._plugin(statement, env, parts)
            elif isinstance(statement, s.Use):
                self._use(statement, env, parts)
            elif isinstance(statement, s.Assertion):
                self.assertion(statement.condition, statement.message, env)
            elif isinstance(statement, s.Spread):
                parts.sound = self.spread(statement, env, parts.entries) and parts.sound
            elif not isinstance(statement, s.Let):
                self._entry(statement, env, parts)

    def _entry(self, statement: s.Attribute | s.Block, env: Env, parts: _Parts) -> None:
        made = self.entry(statement, env)
        if made is None:
            parts.sound = False
            return
        helps = {
            "name": "the name stands in the head: network NAME { }",
            "plugins": "write plugin TYPE { } for each",
            "plugin": "write plugin TYPE { }",
            "use": "write use CHAIN(...)",
        }
        if made.key in helps:
            message = f"{made.key!r} is no key of a network here"
            self.mistake(codes.MISPLACED.code, message, made.key_span, help=helps[made.key])
            parts.sound = False
            return
        before = parts.own.setdefault(made.key, made.key_span)
        if before is not made.key_span:
            self.mistake(
                codes.TWICE.code, f"key {made.key!r} is given twice", made.key_span, Step("first here", before)
            )
            parts.sound = False
            return
        parts.entries[made.key] = made

    def _meta(self, parts: _Parts) -> Object | None:
        """netc's own facts, taken out of the entries and checked."""
        given = parts.entries.pop("meta", None)
        if given is None or given.value.data is None:
            return None
        if not isinstance(given.value.data, Object):
            self.mistake(codes.TYPE.code, f"meta is a block, not {a(type_name(given.value.data))}", given.at)
            parts.sound = False
            return None
        cleaned = self._clean(given.value.data)
        for key, entry in cleaned.fields.items():
            kind = type_name(entry.value.data)
            if key not in META:
                message = f"meta has no key {key!r}"
                self.mistake(codes.MISPLACED.code, message, entry.key_span, help=suggest(key, META))
                parts.sound = False
            elif kind != META[key]:
                message = f"meta.{key} takes {a(META[key])}, not {a(kind)}"
                self.mistake(codes.TYPE.code, message, entry.at)
                parts.sound = False
            elif key == "priority" and not 0 <= int(str(entry.value.data)) <= 99:
                self.mistake(codes.VALUE.code, "meta.priority is 0 to 99: it is two digits of a file name", entry.at)
                parts.sound = False
        return cleaned

    def _plugin(self, statement: s.Plugin, env: Env, parts: _Parts) -> None:
        if statement.condition is not None:
            chosen = self.condition(statement.condition, env, "the condition of `if`")
            if not chosen:
                parts.sound = parts.sound and chosen is not None
                return
        type_ = self.key(statement.type, env)
        at = statement.type.span
        first = {"type": Field("type", Val(type_, at), at, at, self.trail)}
        fields = self.fields(statement.body.entries, env, first)
        body = None if fields is None else self.made(Object(fields), statement.body.span)
        if body is None or type_ is None:
            parts.sound = False
            return
        if not type_:
            self.mistake(codes.VALUE.code, "a plugin's type is not empty", at)
            parts.sound = False
            return
        spread = fields["type"] if fields is not None else first["type"]
        if spread.value.data != type_ or spread.key_span is not at:
            label = Step("the head gives it", at)
            self.mistake(codes.TWICE.code, "key 'type' is given twice", spread.key_span, label)
            parts.sound = False
            return
        assert isinstance(body.data, Object)
        parts.plugins.append(PluginValue(type_, at, statement.head, body.data, self.trail))

    def _use(self, statement: s.Use, env: Env, parts: _Parts) -> None:
        if statement.condition is not None:
            chosen = self.condition(statement.condition, env, "the condition of `if`")
            if not chosen:
                parts.sound = parts.sound and chosen is not None
                return
        call = statement.target
        bound = self.resolved.bound.get(id(call))
        if bound is None or not isinstance(call, s.Call) or not isinstance(call.callee, s.Name):
            parts.sound = False
            return
        chain = self.resolved.chains[call.callee.text]
        given = {name: self.value(exprs[0], env) for name, exprs in bound.items() if exprs}
        sound = {name: value for name, value in given.items() if value is not None}
        if id(chain) in self.resolved.broken or len(sound) < len(given):
            parts.sound = False
            return
        self.spend(10, call.span)
        before = self.trail
        step = Step(f"in chain {chain.name.text}, used here", call.span)
        self.trail = (step, *before)
        inner = self.bind(chain, sound, call.span)
        if inner is None or not self.enter(call.span):
            parts.sound = False
        else:
            self._body(chain.body, inner, parts)
            self.calls -= 1
        self.trail = before
