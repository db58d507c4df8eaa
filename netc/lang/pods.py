"""Pods: which networks a container joins, under which interface names, with what the runtime adds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netc.diagnostics import Step
from netc.lang import codes
from netc.lang import syntax as s
from netc.lang.expressions import Env
from netc.lang.refusal import a
from netc.lang.values import AttachmentValue, Object, PodValue, Val, type_name
from netc.sources import Span
from netc.spelling import nearest, suggest

if TYPE_CHECKING:
    from netc.lang.run import Element, Run

#: What the body of an attach may hold: values for capabilities, and for CNI_ARGS.
BODY = ("runtimeConfig", "args")


def pod(run: Run, item: s.Pod, element: Element) -> PodValue | None:
    """A pod of this head, `element` being what its `for` binds; None after a mistake."""
    name = run.key(item.name, element.env)
    env = Env({}, element.env)
    for let in run.program.order[id(item)]:
        run.let(let, env)
    attachments: dict[str, AttachmentValue] = {}
    seen: dict[str, s.Ident] = {}
    sound = name is not None
    for statement in item.statements:
        if isinstance(statement, s.Assertion):
            run.assertion(statement.condition, statement.message, env)
        elif isinstance(statement, s.Attach):
            made = attachment(run, statement, env)
            before = seen.setdefault(statement.name.text, statement.name)
            if before is not statement.name:
                message = f"interface {statement.name.text} is attached twice"
                first = Step("first here", before.span)
                run.mistake(codes.TWICE.code, message, statement.name.span, first, help="give this one another name")
                sound = False
            elif made is None:
                sound = False
            else:
                attachments[made.ifname] = made
    if not sound or name is None:
        return None
    key = element.key.data if element.key is not None and isinstance(element.key.data, (str, int)) else None
    return PodValue(name, item.name.span, item.head, tuple(attachments.values()), run.trail, key)


def attachment(run: Run, item: s.Attach, env: Env) -> AttachmentValue | None:
    """What an `attach` of a network asks for, its name taken for the interface; None after a mistake."""
    body = run.value(item.body, env) if item.body is not None else Val(Object({}), item.span)
    network = _network(run, item.target, env)
    sound = network is not None and body is not None
    given = body.data if body is not None and isinstance(body.data, Object) else Object({})
    for key, entry in given.fields.items():
        if key not in BODY:
            message = f"an attach has no {key!r}"
            help = suggest(key, BODY)
            if nearest(key, BODY) is None:
                help = f"values for a capability stand in runtimeConfig {{ {key} = ... }}"
            run.mistake(codes.MISPLACED.code, message, entry.key_span, help=help)
            sound = False
        elif entry.value.data is not None and not isinstance(entry.value.data, Object):
            run.mistake(codes.TYPE.code, f"{key} is a block, not {a(type_name(entry.value.data))}", entry.at)
            sound = False
    if not sound or network is None:
        return None
    cleaned = run.scale.without_nulls(given)
    assert isinstance(cleaned, Object)
    head = Span(item.span.source, item.span.start, item.name.span.end)
    return AttachmentValue(item.name.text, item.name.span, head, network, item.target.span, cleaned, run.trail)


def _network(run: Run, target: s.Expr, env: Env) -> int | None:
    """The index of the network that an attach names; None after a mistake, there or in that network."""
    named = target.base if isinstance(target, s.Index) else target
    name = run.text(named, env) if isinstance(named, s.String) else named.text if isinstance(named, s.Name) else None
    if name is None:
        return None
    at = run.value(target.index, env) if isinstance(target, s.Index) else None
    if isinstance(target, s.Index) and at is None:
        return None
    known = run.attachable.get(name)
    if known is None:
        if isinstance(named, s.String) and not run.unsure:
            message = f"no network named {name!r}"
            run.mistake(codes.UNKNOWN_NAME.code, message, target.span, help=suggest(name, run.attachable))
        return None
    key = at.data if at is not None else None
    if key in known and (at is None or type(key) in (str, int)):
        return known[key]
    if name in run.unsure:
        return None
    keys = [f'{name}["{each}"]' if isinstance(each, str) else f"{name}[{each}]" for each in known if each is not None]
    if at is None:
        if len(known) == 1:
            return next(iter(known.values()))
        shown = ", ".join(keys[:5]) + (", ..." if len(keys) > 5 else "")
        message = (
            f"{name} is {len(known)} networks" if known else f"there is no network {name}: its `for` has no element"
        )
        run.mistake(codes.CALL.code, message, target.span, help=f"name one: {shown}" if known else None)
        return None
    if None in known:
        message = f"{name} is one network, and has no keys"
        run.mistake(codes.UNKNOWN_NAME.code, message, target.span, help=f"write {name}")
        return None
    if isinstance(key, bool) or not isinstance(key, (str, int)):
        message = f"the key of a network is a string or an int, not {a(type_name(key))}"
        run.mistake(codes.TYPE.code, message, target.span)
        return None
    shown = f'{name}["{key}"]' if isinstance(key, str) else f"{name}[{key}]"
    help = suggest(shown, keys)
    if isinstance(key, str) and all(isinstance(each, int) for each in known):
        help = f"its keys are numbers: {', '.join(keys[:3])}; `key n.name` in its head gives others"
    run.mistake(codes.UNKNOWN_NAME.code, f"no network {shown}", target.span, help=help)
    return None
