"""What netc knows of firewall."""

from netc.plugins import ALL_VERSIONS, PluginInfo

PLUGIN = PluginInfo(
    name="firewall",
    kind="meta",
    summary="Lets the container's traffic through the host's firewall.",
    docs="https://www.cni.dev/plugins/current/meta/firewall/",
    versions=ALL_VERSIONS[4:],
    since="0.8.0",
    earlier=(("1.0.1", ("0.4.0",)),),  # firewall.go of v0.8.0 to v1.0.0
)
