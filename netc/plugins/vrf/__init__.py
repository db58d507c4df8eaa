"""What netc knows of vrf."""

from netc.plugins import PluginInfo

PLUGIN = PluginInfo(
    name="vrf",
    kind="meta",
    summary="Puts the container's interface, with its addresses and routes, into a VRF.",
    docs="https://www.cni.dev/plugins/current/meta/vrf/",
    versions=("0.3.1", "0.4.0", "1.0.0", "1.1.0"),
    modules=("vrf",),
    since="0.9.0",
    earlier=(("1.0.1", ("0.3.1", "0.4.0")),),  # main.go of v0.9.0 to v1.0.0
)
