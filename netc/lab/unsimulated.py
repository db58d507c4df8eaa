"""What a dry run does not show, and why: said in every report, so that nobody takes silence for a proof."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from netc.cni import versions
from netc.cni.conflist import NetworkList
from netc.cni.errors import CniError
from netc.lab.report import Missing

_CHECK_SINCE = "0.4.0"


def check_skipped(chain: NetworkList) -> str | None:
    """Why there is no CHECK; None if there is one."""
    try:
        if not versions.at_least(chain.cni_version, _CHECK_SINCE):
            version = chain.cni_version or "none, which means 0.1.0"
            return f"skipped: the network's cniVersion is {version}, CHECK exists since {_CHECK_SINCE}"
    except CniError:
        return None
    return "skipped: the network sets disableCheck" if chain.disable_check else None


def everything() -> tuple[Missing, ...]:
    """Where nothing was run."""
    return (Missing("everything", "no runtime loads this configuration, so nothing was run"),)


def not_simulated(
    lists: Sequence[NetworkList], plugins: str, capabilities: Sequence[Collection[str]], *, on_machine: bool
) -> tuple[Missing, ...]:
    """What the chains would meet on a node and did not here.

    `plugins` is what ran them, `capabilities` what each got. With `on_machine` the host was a real one.
    """
    of_chains = dict.fromkeys(
        missing for chain, got in zip(lists, capabilities) for missing in _of_the_chain(chain, plugins, got)
    )
    if on_machine:
        return (*of_chains, Missing("other nodes", "this is one machine"))
    return (
        *of_chains,
        Missing("the machine's uplink, its MTU and routing", "the host here has one uplink0, to one outside peer"),
        Missing(
            "the machine's own rules and daemons",
            "the host here starts without any: no firewalld, NetworkManager, kube-proxy, network policy",
        ),
        Missing("other containers and nodes", "this container is the only one"),
    )


def _of_the_chain(chain: NetworkList, plugins: str, capabilities: Collection[str]) -> Iterator[Missing]:
    skipped = check_skipped(chain)
    if skipped:
        yield Missing("CHECK", skipped)
    declared = set()
    for plugin in chain.plugins:
        wanted = [capability for capability, on in plugin.capabilities.items() if on]
        declared.update(wanted)
        for capability in wanted:
            if capability not in capabilities:
                fix = f"a runtime supplies it; give one with --capability '{capability}=JSON'"
                yield Missing(f"{capability} of {plugin.type}", fix)
        if plugin.ipam_type == "dhcp":
            yield Missing("the network's DHCP server", "one of the sandbox lends addresses of its own, on every link")
    for capability in capabilities:
        if capability not in declared:
            yield Missing(f"--capability {capability}", "no plugin of the chain declares it, so none got it")
    if plugins != "exec":
        yield Missing("the plugin binaries", "netc's own drivers ran; --plugins exec runs the real ones")
