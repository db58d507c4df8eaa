"""A DaemonSet that installs the files of the ConfigMaps in /etc/cni/net.d: `templates/manifests/installer.sh`."""

from __future__ import annotations

from netc.emit.configmap import maps
from netc.emit.kubernetes import render
from netc.emit.request import Made, Output, Request
from netc.resources import folder


def make(request: Request) -> Made:
    """`STEM.installer.yaml`: the DaemonSet. Its pods wait for the ConfigMaps that the same build makes."""
    found = maps(request)
    if found.findings:
        return Made((), found.findings)
    manifest = render(
        "installer.yaml.j2",
        name=request.manifests.name,
        namespace=request.manifests.namespace,
        image=request.manifests.image,
        everywhere=found.everywhere,
        by_node=found.by_node,
        script=script(),
    )
    return Made((Output(f"{request.stem}.installer.yaml", manifest, request.networks[0].span),))


def script() -> str:
    """The shell script that the installer's pods run."""
    return (folder("templates") / "manifests" / "installer.sh").read_text(encoding="utf-8")
