"""What netc knows of aws-cni."""

from netc.plugins import PluginInfo

PLUGIN = PluginInfo(
    name="aws-cni",
    kind="interface",
    summary="Gives a pod an address of its VPC, by the daemon of the host.",
    docs="https://github.com/aws/amazon-vpc-cni-k8s",
    project="Amazon VPC CNI",
    capabilities=frozenset({"io.kubernetes.cri.pod-annotations"}),
)
