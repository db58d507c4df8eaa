"""The Container Network Interface as a library: configurations, results, plugins, and a runtime that runs them.

It knows nothing of the netc language. A runtime in five lines:

    from netc import cni
    network = cni.load("/etc/cni/net.d", "dbnet")
    runtime = cni.Runtime(cni.ProcessExecutor(["/opt/cni/bin"]), cni.Cache("/var/lib/cni"), path=["/opt/cni/bin"])
    result = runtime.add(network, cni.Attachment("c1", "/run/netns/c1", "eth0"))
    print(cni.dumps_result(result, network.cni_version))

A plugin in Python is a `Handlers`; `plugin_main` makes a program of it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from netc.cni.cache import Cache as Cache
    from netc.cni.cache import CacheEntry as CacheEntry
    from netc.cni.confdir import load as load
    from netc.cni.confdir import load_file as load_file
    from netc.cni.conflist import NetworkList as NetworkList
    from netc.cni.conflist import PluginConf as PluginConf
    from netc.cni.conflist import parse as parse_network
    from netc.cni.decode import Keys as Keys
    from netc.cni.errors import CniError as CniError
    from netc.cni.errors import Code as Code
    from netc.cni.executor import Executor as Executor
    from netc.cni.plugin import Call as Call
    from netc.cni.plugin import Environment as Environment
    from netc.cni.plugin import Handlers as Handlers
    from netc.cni.plugin import Verb as Verb
    from netc.cni.process import ProcessExecutor as ProcessExecutor
    from netc.cni.request import Attachment as Attachment
    from netc.cni.result_json import convert as convert_result
    from netc.cni.result_json import dumps_result as dumps_result
    from netc.cni.result_json import parse as parse_result
    from netc.cni.result_json import render as render_result
    from netc.cni.results import Dns as Dns
    from netc.cni.results import Interface as Interface
    from netc.cni.results import IpConfig as IpConfig
    from netc.cni.results import Result as Result
    from netc.cni.results import Route as Route
    from netc.cni.runtime import CniErrors as CniErrors
    from netc.cni.runtime import PluginVersions as PluginVersions
    from netc.cni.runtime import Runtime as Runtime
    from netc.cni.skel import call as call_plugin
    from netc.cni.skel import main as plugin_main
    from netc.cni.trace import StepRecord as StepRecord

# Name to where it is defined. Loaded on first use: the linter needs versions and names, not a runtime.
_PLACES = {
    "Attachment": ("request", "Attachment"),
    "Cache": ("cache", "Cache"),
    "CacheEntry": ("cache", "CacheEntry"),
    "Call": ("plugin", "Call"),
    "CniError": ("errors", "CniError"),
    "CniErrors": ("runtime", "CniErrors"),
    "Code": ("errors", "Code"),
    "Dns": ("results", "Dns"),
    "Environment": ("plugin", "Environment"),
    "Executor": ("executor", "Executor"),
    "Handlers": ("plugin", "Handlers"),
    "Interface": ("results", "Interface"),
    "IpConfig": ("results", "IpConfig"),
    "Keys": ("decode", "Keys"),
    "NetworkList": ("conflist", "NetworkList"),
    "PluginConf": ("conflist", "PluginConf"),
    "PluginVersions": ("runtime", "PluginVersions"),
    "ProcessExecutor": ("process", "ProcessExecutor"),
    "Result": ("results", "Result"),
    "Route": ("results", "Route"),
    "Runtime": ("runtime", "Runtime"),
    "StepRecord": ("trace", "StepRecord"),
    "Verb": ("plugin", "Verb"),
    "call_plugin": ("skel", "call"),
    "convert_result": ("result_json", "convert"),
    "dumps_result": ("result_json", "dumps_result"),
    "load": ("confdir", "load"),
    "load_file": ("confdir", "load_file"),
    "parse_network": ("conflist", "parse"),
    "parse_result": ("result_json", "parse"),
    "plugin_main": ("skel", "main"),
    "render_result": ("result_json", "render"),
}

__all__ = [
    "Attachment",
    "Cache",
    "CacheEntry",
    "Call",
    "CniError",
    "CniErrors",
    "Code",
    "Dns",
    "Environment",
    "Executor",
    "Handlers",
    "Interface",
    "IpConfig",
    "Keys",
    "NetworkList",
    "PluginConf",
    "PluginVersions",
    "ProcessExecutor",
    "Result",
    "Route",
    "Runtime",
    "StepRecord",
    "Verb",
    "call_plugin",
    "convert_result",
    "dumps_result",
    "load",
    "load_file",
    "parse_network",
    "parse_result",
    "plugin_main",
    "render_result",
]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _PLACES[name]
    value = getattr(importlib.import_module(f"{__name__}.{module}"), attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
