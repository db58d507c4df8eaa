"""What netc knows of istio-cni."""

from netc.plugins import PluginInfo

PLUGIN = PluginInfo(
    name="istio-cni",
    kind="meta",
    summary="Redirects a pod's traffic to Istio's proxy.",
    docs="https://istio.io/latest/docs/setup/additional-setup/cni/",
    project="Istio",
)
