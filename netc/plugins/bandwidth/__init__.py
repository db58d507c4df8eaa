"""What netc knows of bandwidth."""

from netc.plugins import ALL_VERSIONS, PluginInfo

PLUGIN = PluginInfo(
    name="bandwidth",
    kind="meta",
    summary="Limits the rate of what a container sends and receives.",
    docs="https://www.cni.dev/plugins/current/meta/bandwidth/",
    capabilities=frozenset({"bandwidth"}),
    versions=ALL_VERSIONS[2:],
    modules=("sch_tbf", "ifb", "act_mirred"),
    since="0.8.0",
)
