"""The executor that runs netc's own drivers inside this process, behind the same envelope as a plugin's process."""

from __future__ import annotations

from collections.abc import Mapping

from netc.cni import skel
from netc.cni.errors import CniError, failure
from netc.cni.executor import Executor, check_plugin_type
from netc.cni.gojson import Json
from netc.cni.plugin import Environment, Handlers, Verb
from netc.kernel import Kernel


class Builtin:
    """Runs the drivers of the catalogue on `kernel`, IPAM plugins included. Safe for threads.

    `fallback` runs the types that have no driver (`--plugins auto`); without it they are an error that says so.
    """

    def __init__(self, kernel: Kernel, fallback: Executor | None = None) -> None:
        self.kernel = kernel
        self.fallback = fallback
        self._handlers: dict[str, Handlers] = {}

    def find(self, plugin_type: str) -> str:
        """`builtin:TYPE`, or where the fallback has it. Raises `CniError` for a type that neither can run."""
        check_plugin_type(plugin_type)
        if self._driver(plugin_type) is not None:
            return f"builtin:{plugin_type}"
        if self.fallback is not None:
            return self.fallback.find(plugin_type)
        raise _missing(plugin_type)

    def run(self, plugin_type: str, env: Environment, request: Mapping[str, Json]) -> Json | None:
        """The driver's answer, through the envelope's checks. Raises `CniError`."""
        check_plugin_type(plugin_type)
        handlers = self._driver(plugin_type)
        if handlers is None:
            if self.fallback is None:
                raise _missing(plugin_type)
            return self.fallback.run(plugin_type, env, request)
        own = self.kernel.here().identity
        try:
            return skel.call(handlers, env, request, self, plugin_type, own_netns=lambda: own)
        finally:
            if env.command == Verb.DEL and env.netns:
                # The container's namespace ends when its owner lets it end: open sockets would keep it alive.
                self.kernel.forget_path(env.netns)

    def _driver(self, plugin_type: str) -> Handlers | None:
        handlers = self._handlers.get(plugin_type)
        if handlers is None:
            from netc import plugins

            module = plugins.part(plugin_type, "driver")
            if module is None:
                return None
            handlers = module.handlers(self.kernel)
            assert isinstance(handlers, Handlers)
            self._handlers[plugin_type] = handlers
        return handlers


def _missing(plugin_type: str) -> CniError:
    return failure(
        f"netc has no driver for plugins of type {plugin_type!r}: run it with --plugins exec, which needs its binary"
    )
