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
    # main.go of v1.0.0 names 0.3.0, 0.3.1 and the newest: 0.4.0 is left out.
    earlier=(("1.0.0", ("0.3.0", "0.3.1", "0.4.0")), ("1.0.1", ("0.3.0", "0.3.1", "1.0.0"))),
)
