"""What runtimes hand to plugins, and which version of the specification each release of theirs speaks.

Looked up in the tags of each project: the library is the `containernetworking/cni` of its go.mod (vendor.conf before),
the capabilities are what it puts into `CapabilityArgs`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from netc.dataclass import dataclass
from netc.target import Release

#: The oldest release of the library that speaks each version of the specification, and reads each key of a list.
SPEAKS: Final[Mapping[str, Release]] = {
    "0.1.0": (0, 1, 0), "0.2.0": (0, 4, 0), "0.3.0": (0, 5, 0), "0.3.1": (0, 6, 0), "0.4.0": (0, 7, 0),
    "1.0.0": (1, 0, 0), "1.1.0": (1, 2, 0),
}  # fmt: skip
READS: Final[Mapping[str, Release]] = {
    "disableCheck": (0, 7, 0),
    "cniVersions": (1, 2, 0),
    "disableGC": (1, 2, 1),
    "loadOnlyInlinedPlugins": (1, 3, 0),
}


@dataclass(frozen=True, slots=True)
class Runtime:
    """A runtime: the capabilities that it hands over, each since a release of its own, and its libraries.

    `libraries` are pairs of a release of the runtime and the library that it has from there on, oldest first.
    """

    passes: Mapping[str, Release]
    libraries: tuple[tuple[Release, Release], ...]

    def cni_library(self, release: Release | None) -> Release | None:
        """The library of a release; None where it is not known."""
        found = [library for since, library in self.libraries if release is not None and since <= release]
        return found[-1] if found else None

    def handed_over(self, release: Release | None) -> frozenset[str]:
        """The capabilities that a release hands over; where the release is not given, those that any does."""
        return frozenset(name for name, since in self.passes.items() if release is None or since <= release)


_ANY: Final = (0, 0, 0)

RUNTIMES: Final[Mapping[str, Runtime]] = {
    # pkg/cri/server/sandbox_run.go, since 2.0 internal/cri/server/sandbox_run.go: cniNamespaceOpts
    "containerd": Runtime(
        {
            "portMappings": _ANY, "bandwidth": (1, 3, 0), "dns": (1, 4, 0), "cgroupPath": (1, 7, 0),
            "io.kubernetes.cri.pod-annotations": (1, 5, 0),
        },
        (
            ((1, 1, 0), (0, 6, 0)), ((1, 3, 0), (0, 7, 1)), ((1, 5, 0), (0, 8, 1)), ((1, 6, 0), (1, 0, 1)),
            ((1, 7, 0), (1, 1, 2)), ((2, 0, 0), (1, 2, 3)), ((2, 1, 0), (1, 3, 0)),
        ),
    ),
    # vendor/github.com/cri-o/ocicni/pkg/ocicni/ocicni.go: buildCNIRuntimeConf
    "cri-o": Runtime(
        {
            "portMappings": _ANY, "bandwidth": _ANY, "ipRanges": _ANY, "aliases": (1, 24, 0),
            "cgroupPath": (1, 28, 0), "io.kubernetes.cri.pod-annotations": (1, 34, 0),
        },
        (
            ((1, 20, 0), (0, 8, 0)), ((1, 24, 0), (1, 1, 0)), ((1, 26, 0), (1, 1, 2)), ((1, 31, 0), (1, 2, 3)),
            ((1, 33, 0), (1, 3, 0)),
        ),
    ),
    # vendor/github.com/containers/common/libnetwork/cni/run.go: getRuntimeConfig
    "podman": Runtime(
        {"portMappings": _ANY, "aliases": _ANY, "ips": (4, 0, 0)},
        (((3, 0, 0), (0, 8, 1)), ((4, 0, 0), (1, 0, 1)), ((4, 4, 0), (1, 1, 2))),
    ),
    # pkg/ocihook/ocihook.go; a wanted address or MAC goes into CNI_ARGS
    "nerdctl": Runtime(
        {"portMappings": _ANY},
        (((1, 0, 0), (1, 1, 2)), ((2, 0, 0), (1, 2, 3)), ((2, 1, 0), (1, 3, 0))),
    ),
    # client/allocrunner/networking_cni.go
    "nomad": Runtime(
        {"portMappings": _ANY},
        (((1, 0, 0), (0, 7, 2)), ((1, 4, 0), (1, 1, 2)), ((1, 9, 0), (1, 2, 3))),
    ),
}  # fmt: skip

#: What Multus hands to the networks of a NetworkAttachmentDefinition (pkg/types/conf.go: newCNIRuntimeConf), whatever
#: the runtime.
MULTUS: Final = Runtime(
    {
        "portMappings": _ANY, "bandwidth": _ANY, "ips": _ANY, "mac": _ANY, "infinibandGUID": _ANY,
        "deviceID": (3, 7, 0), "CNIDeviceInfoFile": (4, 0, 0),
    },
    (((3, 9, 0), (0, 8, 1)), ((4, 0, 2), (1, 1, 2)), ((4, 2, 0), (1, 2, 0)), ((4, 2, 2), (1, 3, 0))),
)  # fmt: skip
