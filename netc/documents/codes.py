"""The codes of what is wrong with a file around its networks: JSON, YAML, and what a network is wrapped in."""

from __future__ import annotations

from netc.diagnostics import Severity
from netc.diagnostics.rule import Rule

JSON = Rule(
    "NC150",
    "json-syntax",
    Severity.ERROR,
    "syntax",
    """The text is not JSON.

Why:
    A runtime skips the file or refuses to start, and tells an offset at best. Each mistake is reported, and what can be
    read in spite of them is checked too.

Bad:
    -- 10-lo.conflist --
    { "cniVersion": "1.0.0", "name": "lo", "plugins": [ { "type": "loopback", } ] }

Good:
    -- 10-lo.conflist --
    { "cniVersion": "1.0.0", "name": "lo", "plugins": [ { "type": "loopback" } ] }

Source:
    RFC 8259, read as strictly as Go's encoding/json reads it.
""",
)

TWICE = Rule(
    "NC151",
    "duplicate-key",
    Severity.ERROR,
    "syntax",
    """A key stands twice in an object.

Why:
    The last one counts and the others are dropped without a word.

Bad:
    -- 10-lo.conflist --
    { "cniVersion": "0.4.0", "cniVersion": "1.0.0", "name": "lo", "plugins": [ { "type": "loopback" } ] }

Good:
    -- 10-lo.conflist --
    { "cniVersion": "1.0.0", "name": "lo", "plugins": [ { "type": "loopback" } ] }

Source:
    Seen with libcni and the reference plugins; so Go's encoding/json does it.
""",
)

YAML = Rule(
    "NC152",
    "yaml-syntax",
    Severity.ERROR,
    "syntax",
    """A manifest that speaks of networks is not YAML.

Why:
    It can't be applied, and nothing in it can be checked.

Bad:
    -- nad.yaml --
    kind: NetworkAttachmentDefinition
    spec: config: '{ "cniVersion": "1.0.0", "name": "lo", "type": "loopback" }'

Good:
    -- nad.yaml --
    apiVersion: k8s.cni.cncf.io/v1
    kind: NetworkAttachmentDefinition
    metadata: { name: lo }
    spec: { config: '{ "cniVersion": "1.0.0", "name": "lo", "type": "loopback" }' }

Source:
    YAML 1.2.
""",
)

CASE = Rule(
    "NC407",
    "key-in-other-case",
    Severity.WARNING,
    "syntax",
    """A key of a plugin in another case than the plugin's own spelling.

Why:
    Go's decoder takes keys in any case, so it works. It is no spelling that another tool, or a search, will find; and
    at the list level, where case counts, the same key would be ignored.

Bad:
    -- 10-lo.conflist --
    { "cniVersion": "1.0.0", "name": "n", "plugins": [
      { "type": "bridge", "ipam": { "type": "host-local", "Subnet": "10.1.0.0/24" } } ] }

Good:
    -- 10-lo.conflist --
    { "cniVersion": "1.0.0", "name": "n", "plugins": [
      { "type": "bridge", "ipam": { "type": "host-local", "subnet": "10.1.0.0/24" } } ] }

Source:
    Go's encoding/json, `Unmarshal`: keys match case-insensitively. Seen with the reference plugins.
""",
)

QUOTED = Rule(
    "NC408",
    "boolean-in-quotes",
    Severity.WARNING,
    "syntax",
    """A switch of the list is a string.

Why:
    libcni takes "true" and "false", and the specification does not: what else reads the file may refuse it, or take any
    string for true.

Bad:
    -- 10-lo.conflist --
    { "cniVersion": "1.0.0", "name": "lo", "disableCheck": "true", "plugins": [ { "type": "loopback" } ] }

Good:
    -- 10-lo.conflist --
    { "cniVersion": "1.0.0", "name": "lo", "disableCheck": true, "plugins": [ { "type": "loopback" } ] }

Source:
    The CNI specification, section 1: these are booleans. libcni reads the strings too, in any case.
""",
)

NO_NETWORK = Rule(
    "NC640",
    "no-network",
    Severity.ERROR,
    "project",
    """A file that a runtime reads as a network holds something else.

Why:
    Several runtimes load nothing at all while one file of the folder can't be read.

Bad:
    -- 10-lo.conflist --
    { "cniVersion": "1.0.0", "name": "lo" }

Good:
    -- 10-lo.conflist --
    { "cniVersion": "1.0.0", "name": "lo", "plugins": [ { "type": "loopback" } ] }

Source:
    libcni: a list needs `plugins`, a single configuration needs `type`.
""",
)

LIST_IN_CONF = Rule(
    "NC641",
    "list-in-conf",
    Severity.ERROR,
    "project",
    """A file named `.conf` or `.json` holds a network list.

Why:
    Runtimes choose the reader by the name: the file is read as a single plugin's configuration, which has no `type`.
    containerd, kubelet and Nomad then load no network at all.

Bad:
    -- 10-lo.conf --
    { "cniVersion": "1.0.0", "name": "lo", "plugins": [ { "type": "loopback" } ] }

Good:
    -- 10-lo.conflist --
    { "cniVersion": "1.0.0", "name": "lo", "plugins": [ { "type": "loopback" } ] }

Source:
    libcni: `error parsing configuration: missing 'type'`.
""",
)

CONF_IN_LIST = Rule(
    "NC642",
    "conf-in-list",
    Severity.ERROR,
    "project",
    """A file named `.conflist` holds a single plugin's configuration.

Why:
    Runtimes choose the reader by the name: the file is read as a list, which has no `plugins`.

Bad:
    -- 10-lo.conflist --
    { "cniVersion": "1.0.0", "name": "lo", "type": "loopback" }

Good:
    -- 10-lo.conf --
    { "cniVersion": "1.0.0", "name": "lo", "type": "loopback" }

Source:
    libcni: `no plugin configs found`, or `no 'plugins' key`.
""",
)

ENVELOPE = Rule(
    "NC643",
    "nad-envelope",
    Severity.ERROR,
    "project",
    """A NetworkAttachmentDefinition is misspelt, or has its configuration where Multus does not look.

Why:
    The API server prunes fields that it does not know. Multus then looks for a file with the definition's name on each
    node, and no pod gets the network.

Bad:
    -- nad.yaml --
    apiVersion: k8s.cni.cncf.io/v1
    kind: NetworkAttachmentDefinition
    metadata: { name: lo }
    config: '{ "cniVersion": "1.0.0", "name": "lo", "type": "loopback" }'

Good:
    -- nad.yaml --
    apiVersion: k8s.cni.cncf.io/v1
    kind: NetworkAttachmentDefinition
    metadata: { name: lo }
    spec:
      config: '{ "cniVersion": "1.0.0", "name": "lo", "type": "loopback" }'

Source:
    Network Plumbing Working Group, CRD specification, section 3.2.
""",
)

NO_NAME = Rule(
    "NC644",
    "nad-config-without-name",
    Severity.INFO,
    "project",
    """The configuration in a NetworkAttachmentDefinition has no name.

Why:
    Multus gives it the definition's name. Admission webhooks and other consumers of the definition refuse it.

Bad:
    -- nad.yaml --
    apiVersion: k8s.cni.cncf.io/v1
    kind: NetworkAttachmentDefinition
    metadata: { name: lo }
    spec:
      config: '{ "cniVersion": "1.0.0", "type": "loopback" }'

Good:
    -- nad.yaml --
    apiVersion: k8s.cni.cncf.io/v1
    kind: NetworkAttachmentDefinition
    metadata: { name: lo }
    spec:
      config: '{ "cniVersion": "1.0.0", "name": "lo", "type": "loopback" }'

Source:
    The CNI specification, section 1: `name` is required.
""",
)

ANNOTATION = Rule(
    "NC645",
    "networks-annotation",
    Severity.ERROR,
    "project",
    """The annotation that asks for a pod's networks can't be read, or asks for what nobody reads.

Why:
    Some releases of Multus start the pod without the networks, and say nothing.

Bad:
    -- pod.yaml --
    kind: Pod
    metadata:
      annotations:
        k8s.v1.cni.cncf.io/networks: '[{ "name": "edge", "ips": "10.1.0.9/24" }]'

Good:
    -- pod.yaml --
    kind: Pod
    metadata:
      annotations:
        k8s.v1.cni.cncf.io/networks: '[{ "name": "edge", "ips": ["10.1.0.9/24"] }]'

Source:
    Network Plumbing Working Group, CRD specification, section 4.1.
""",
)
