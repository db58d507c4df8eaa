"""What the statements of a network or chain add up to: conditions decided, chains expanded, every key in its place."""

from __future__ import annotations

from netc.dataclass import dataclass, field, replace
from netc.diagnostics import Step
from netc.lang import codes
from netc.lang import syntax as s
from netc.lang.expressions import Env, Evaluator
from netc.lang.refusal import a
from netc.lang.values import Field, NetworkValue, Object, PluginValue, Val, type_name
from netc.sources import Span
from netc.spelling import suggest

#: The keys of `meta`, and what they take.
META = {"node": "string", "priority": "int", "description": "string"}


@dataclass(slots=True)
class Parts:
    """What the statements of a network add up to."""

    entries: dict[str, Field] = field(default_factory=dict)
    own: dict[str, Span] = field(default_factory=dict)
    plugins: list[PluginValue] = field(default_factory=list)
    sound: bool = True


class Bodies(Evaluator):
    """Evaluates the bodies of networks and chains."""

    def network(self, item: s.Network, env: Env, key: Val | None = None) -> NetworkValue | None:
        """A network, `key` being that of its element; None after a mistake."""
        name = self.key(item.name, env)
        parts = Parts()
        self.body(item.body, Env({}, env), parts)
        if name is None or not parts.sound:
            return None
        meta = self._meta(parts)
        if not parts.sound:
            return None
        plugins = tuple([replace(plugin, body=self._clean(plugin.body)) for plugin in parts.plugins])
        cleaned = self._clean(Object(parts.entries))
        nulls = {key: entry for key, entry in parts.entries.items() if entry.value.data is None}
        entries = Object({**cleaned.fields, **nulls}) if nulls else cleaned
        own = key.data if key is not None and isinstance(key.data, (str, int)) else None
        plain = item.name.text if isinstance(item.name, s.Ident) else item.name.plain
        head = name if plain is None else plain
        return NetworkValue(name, item.name.span, item.head, entries, plugins, meta, self.trail, own, head)

    def let(self, item: s.Let, env: Env) -> None:
        """Give a name its value."""
        value = None if id(item) in self.program.broken else self.value(item.value, env)
        if value is not None and item.type is not None:
            value = self.fit(value, item.type, f"let {item.name.text}")
        env.names[item.name.text] = value

    def _clean(self, body: Object) -> Object:
        cleaned = self.scale.without_nulls(body)
        assert isinstance(cleaned, Object)
        return cleaned

    def body(self, body: s.Body, env: Env, parts: Parts) -> None:
        """Carry out the statements of a network or chain, with `env` as the body's own names."""
        for let in self.program.order[id(body)]:
            self.let(let, env)
        for statement in body.statements:
            if type(statement) is not s.Let:
                self.spend(1, statement.span)
                self.statement(statement, env, parts)

    def statement(self, statement: s.Statement, env: Env, parts: Parts) -> None:
        """Carry out one statement that is no let."""
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

    def chosen(self, condition: s.Expr | None, env: Env) -> bool | None:
        """Whether an `if` holds; so does none."""
        return True if condition is None else self.condition(condition, env, "the condition of `if`")

    def _entry(self, statement: s.Attribute | s.Block, env: Env, parts: Parts) -> None:
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
        if isinstance(statement, s.Block) and isinstance(statement.key, s.Ident):
            helps["if"] = "a condition stands behind its plugin: plugin TYPE if cond { }"
            helps["for"] = "write network NAME for x in list { }: one network for each element"
            helps["else"] = "a condition stands behind its plugin: plugin TYPE if cond { }"
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

    def _meta(self, parts: Parts) -> Object | None:
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

    def _plugin(self, statement: s.Plugin, env: Env, parts: Parts) -> None:
        chosen = self.chosen(statement.condition, env)
        if not chosen:
            parts.sound = parts.sound and chosen is not None
            return
        made = self.plugin(statement, env)
        if made is None:
            parts.sound = False
        else:
            parts.plugins.append(made)

    def plugin(self, statement: s.Plugin, env: Env) -> PluginValue | None:
        """A plugin whose condition holds."""
        type_ = self.key(statement.type, env)
        at = statement.type.span
        first = {"type": Field("type", Val(type_, at), at, at, self.trail)}
        fields = self.fields(statement.body.entries, env, first)
        body = None if fields is None else self.made(Object(fields), statement.body.span)
        if body is None or type_ is None or fields is None:
            return None
        if not type_:
            self.mistake(codes.VALUE.code, "a plugin's type is not empty", at)
            return None
        spread = fields["type"]
        if spread.value.data != type_ or spread.key_span is not at:
            label = Step("the head gives it", at)
            self.mistake(codes.TWICE.code, "key 'type' is given twice", spread.key_span, label)
            return None
        assert isinstance(body.data, Object)
        return PluginValue(type_, at, statement.head, body.data, self.trail)

    def _use(self, statement: s.Use, env: Env, parts: Parts) -> None:
        chosen = self.chosen(statement.condition, env)
        if not chosen:
            parts.sound = parts.sound and chosen is not None
        elif not self.use(statement, env, parts):
            parts.sound = False

    def use(self, statement: s.Use, env: Env, parts: Parts) -> bool:
        """Carry out a use whose condition holds; False after a mistake outside of the chain."""
        call = statement.target
        bound, named = self.program.bound.get(id(call)), self.program.callees.get(id(call))
        if bound is None or named is None:
            return False
        chain, module = named
        given = {name: self.value(exprs[0], env) for name, exprs in bound.items() if exprs}
        sound = {name: value for name, value in given.items() if value is not None}
        if id(chain) in self.program.broken or len(sound) < len(given) or not isinstance(chain, s.Chain):
            return False
        self.spend(10, call.span)
        with self.along(Step(f"in chain {chain.name.text}, used here", call.span)):
            inner = self.bind(chain, module, sound, call.span)
            if inner is None or not self.enter(call.span):
                return False
            self.body(chain.body, inner, parts)
        return True
