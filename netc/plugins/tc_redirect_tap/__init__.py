"""What netc knows of tc-redirect-tap."""

from netc.plugins import PluginInfo

PLUGIN = PluginInfo(
    name="tc-redirect-tap",
    kind="meta",
    summary="Mirrors the container's interface to a tap device, for a virtual machine.",
    docs="https://github.com/awslabs/tc-redirect-tap",
    project="tc-redirect-tap",
    versions=("0.3.0", "0.3.1", "0.4.0", "1.0.0"),
)
