"""What the target's runtime does not do: hand over a capability, read a key of the list."""

from __future__ import annotations

from collections.abc import Iterator

from netc.diagnostics import Severity
from netc.lint.chain import read_by
from netc.lint.deployed import library
from netc.model import Network, escape
from netc.rules import Violation, target_rule
from netc.target import Target, shown
from netc.target.runtimes import MULTUS, READS, RUNTIMES


@target_rule("NC505", "capability-not-passed", Severity.WARNING)
def capability_not_passed(network: Network, target: Target) -> Iterator[Violation]:
    """A capability is declared that the target's runtime never hands over.

    Why:
        What the plugin waits for never comes, and nothing says so: a container asks for an address or a MAC in vain.

    Bad:
        -- netc.toml --
        [target]
        runtime = "containerd 2.1"
        -- n.netc --
        network n {
          plugin bridge {
            capabilities { ips = true }
            ipam host-local { subnet = 10.1.0.0/16 }
          }
        }

    Good:
        -- netc.toml --
        [target]
        runtime = "containerd 2.1"
        multus = "4.2.2"
        -- n.netc --
        network n {
          plugin bridge {
            capabilities { ips = true }
            ipam host-local { subnet = 10.1.0.0/16 }
          }
        }

    Source:
        What each runtime puts into its capability arguments: containerd, internal/cri/server/sandbox_run.go; CRI-O,
        ocicni.go; podman, libnetwork/cni/run.go; nerdctl, pkg/ocihook; Nomad, networking_cni.go; Multus,
        pkg/types/conf.go.
    """
    passed: frozenset[str] = frozenset()
    names = []
    if target.runtime is not None:
        passed |= RUNTIMES[target.runtime].handed_over(target.runtime_release)
        names.append(target.runtime + (f" {shown(target.runtime_release)}" if target.runtime_release else ""))
    if target.multus is not None:
        passed |= MULTUS.handed_over(target.multus)
        names.append(f"Multus {shown(target.multus)}")
    if not names:
        return
    for plugin in network.plugins:
        read = read_by(plugin)
        for name in plugin.capabilities:
            if name in passed or (read is not None and name not in read):
                continue
            who = names[0] if len(names) == 1 else f"neither {' nor '.join(names)}"
            verb = "does not hand over" if len(names) == 1 else "hands over"
            yield Violation(
                f"{plugin.pointer}/capabilities/{escape(name)}",
                f"{who} {verb} {name}: {plugin.type} waits for it in vain",
                f"it hands over {', '.join(sorted(passed))}" if len(names) == 1 else None,
                "key",
                setting="runtime" if target.runtime is not None else "multus",
            )


@target_rule("NC512", "list-key-not-read", Severity.WARNING)
def list_key_not_read(network: Network, target: Target) -> Iterator[Violation]:
    """A key of the list that the library of the target's runtime does not know yet.

    Why:
        It is ignored without a word: the runtime garbage-collects all the same, takes `cniVersion` as it stands, or
        calls plugins that it was not to call.

    Bad:
        -- netc.toml --
        [target]
        runtime = "containerd 1.7.20"
        -- n.netc --
        network n {
          cniVersion = "1.0.0"
          disableGC = true
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
        }

    Good:
        -- netc.toml --
        [target]
        runtime = "containerd 2.1"
        -- n.netc --
        network n {
          cniVersion = "1.0.0"
          disableGC = true
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
        }

    Source:
        The tags of containernetworking/cni: v0.7.0 reads `disableCheck`, v1.2.0 `cniVersions`, v1.2.1 `disableGC`,
        v1.3.0 `loadOnlyInlinedPlugins`. Which one a runtime has stands in its go.mod.
    """
    reader = library(target)
    if reader is None:
        return
    name, of = reader
    for key, since in READS.items():
        written = network.conflist.get(key)
        if not written or of >= since or (key == "cniVersions" and written == [network.conflist.get("cniVersion")]):
            continue
        yield Violation(
            f"/{key}",
            f"{name} does not read `{key}`: its library is {shown(of)}, and {shown(since)} is the first that does",
            "leave it out, or use a newer release",
            "key",
            setting="multus" if target.multus is not None else "runtime",
        )
