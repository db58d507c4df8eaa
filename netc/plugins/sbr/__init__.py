"""What netc knows of sbr."""

from netc.plugins import PluginInfo

PLUGIN = PluginInfo(
    name="sbr",
    kind="meta",
    summary="Routes by source address: what is sent from the interface's addresses leaves by the interface.",
    docs="https://www.cni.dev/plugins/current/meta/sbr/",
    since="0.7.5",
)
