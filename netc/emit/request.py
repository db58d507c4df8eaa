"""What writers of outputs are handed, and what they hand back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from netc.dataclass import dataclass, field
from netc.diagnostics import Diagnostic, Severity
from netc.diagnostics.rule import Rule
from netc.model import Network
from netc.sources import Span

if TYPE_CHECKING:
    from netc.compiler.planning import Planned
    from netc.project_file import ProjectFile

#: Small, with a shell, `cmp`, `mv` and `sleep`; a release that does not change under its name.
IMAGE = "busybox:1.37.0"

MANIFEST = Rule(
    "NC603",
    "manifest",
    Severity.ERROR,
    "project",
    """A network can't be written as the Kubernetes object that was asked for.

Why:
    Kubernetes takes fewer names than CNI does, and bounds the size of its objects. It would refuse the manifest, or
    one network would silently replace another.

Bad:
    network Pods_A {
      plugin bridge {}
    }
    network pods-a {
      plugin bridge {}
    }

Good:
    network pods-a {
      plugin bridge {}
    }
    network pods-b {
      plugin bridge {}
    }

Source:
    RFC 1123; Kubernetes' documentation of object names and of ConfigMaps.
""",
)


@dataclass(frozen=True, slots=True)
class ManifestOptions:
    """What Kubernetes manifests need beside the networks.

    `name` is the installer's; `resources` maps a network's name to the device plugin's resource that its pods need.
    """

    name: str
    namespace: str = "kube-system"
    nad_namespace: str | None = None
    image: str = IMAGE
    resources: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Request:
    """The networks of one source that outputs are to be made of. `stem` is the source's name without folder and ending.

    `planned` is its address plan, for a project's own templates.
    """

    networks: tuple[Network, ...]
    stem: str
    manifests: ManifestOptions
    project: ProjectFile | None = None
    planned: Planned | None = None


@dataclass(frozen=True, slots=True)
class Output:
    """A file to be written: its path below the output folder, with `/`, and where its author asked for it."""

    path: str
    text: str
    cause: Span


@dataclass(frozen=True, slots=True)
class Made:
    """Outputs, or what keeps them from being made; with a finding, nothing may be written."""

    outputs: tuple[Output, ...] = ()
    findings: tuple[Diagnostic, ...] = ()
