"""A network's life in the sandbox, told truthfully: what changed, what failed and where, what was left."""

from __future__ import annotations

import json
import os
from pathlib import Path

import jsonschema
import pytest

from netc.compiler import compile_source
from netc.lab.lifecycle import Options, alone, attach
from netc.sources import Source

pytestmark = pytest.mark.lab

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "attach.schema.json").read_text(encoding="utf-8"))
PORT = {"hostPort": 8080, "containerPort": 80, "protocol": "tcp"}
CHAIN = """network dbnet {
  cniVersion = "1.0.0"
  plugin bridge {
    bridge    = "cni7"
    isGateway = true
    ipMasq    = true
    ipam host-local {
      subnet = 10.1.0.0/16
      routes = [{ dst = 0.0.0.0/0 }]
    }
  }
  plugin tuning { sysctl { "net.core.somaxconn" = 500 } }
  plugin bandwidth {
    ingressRate  = 1mbit
    ingressBurst = 1mbit
  }
  plugin portmap { capabilities { portMappings = true } }
}
"""


def network(text, name="net.netc"):
    """The one network of a `.netc` text."""
    compiled = compile_source(Source(name, text), {})
    assert len(compiled.networks) == 1, [str(found.message) for found in compiled.findings]
    return compiled.networks[0]


def live(text, plugins="builtin", **options):
    """The report of the text's network, whose JSON must fit the published schema with and without a trace."""
    if plugins == "exec":
        options["path"] = (os.environ["NETC_CNI_BIN"],)
    with_options = Options(
        plugins, **{key: options.pop(key) for key in ("path", "netns", "on_machine") if key in options}
    )
    report = attach(alone(network(text), **options), with_options)
    for trace in (False, True):
        document = json.loads(json.dumps(report.to_json(trace=trace)))
        jsonschema.Draft202012Validator(SCHEMA).validate(document)
    return report


EXECUTORS = [
    "builtin",
    pytest.param(
        "exec",
        marks=[
            pytest.mark.parity,
            pytest.mark.skipif("NETC_CNI_BIN" not in os.environ, reason="NETC_CNI_BIN names no folder of plugins"),
        ],
    ),
]


@pytest.fixture(params=EXECUTORS)
def plugins(request):
    """Both ways to run a chain."""
    return request.param


def _top(report, phase):
    return [step.plugin for step in report.steps if step.phase == phase and step.delegated_by is None]


def test_a_chain_is_added_checked_and_deleted_twice_and_leaves_nothing(plugins):
    report = live(CHAIN, plugins, capabilities={"portMappings": [PORT]})
    assert report.failures == ()
    order = ["bridge", "tuning", "bandwidth", "portmap"]
    assert _top(report, "ADD") == _top(report, "CHECK") == order
    assert _top(report, "DEL") == _top(report, "DEL again") == order[::-1]
    assert report.leftovers == ()
    assert report.clean
    assert all(step.ms > 0 for step in report.steps)


def test_each_step_tells_what_it_changed_and_nobody_elses(plugins):
    report = live(CHAIN, plugins, capabilities={"portMappings": [PORT]})
    added = {step.plugin: {str(change) for change in step.changes} for step in report.steps if step.phase == "ADD"}
    assert "+ address 10.1.0.2/16 on eth0" in added["bridge"]
    assert "~ sysctl net.ipv4.ip_forward (0 -> 1)" in added["bridge"]
    assert added["tuning"] == {"~ sysctl net.core.somaxconn (4096 -> 500)"}
    (limit,) = added["bandwidth"]
    assert limit.startswith("+ qdisc tbf on veth")
    assert limit.endswith("(rate 1 Mbit/s, limit 128125 bytes)")
    assert any("8080" in change for change in added["portmap"])
    leases = {change for change in added["bridge"] | added.get("host-local", set()) if "+ file" in change}
    assert "+ file /var/lib/cni/networks/dbnet/10.1.0.2 (netc-attach eth0)" in leases
    for step in report.steps:
        if step.phase in ("CHECK", "DEL again"):
            assert step.changes == (), step


def test_a_delegated_ipam_step_has_its_own_changes_and_line():
    report = live(CHAIN)
    (step,) = [step for step in report.steps if step.phase == "ADD" and step.delegated_by]
    assert (step.plugin, step.delegated_by) == ("host-local", "bridge")
    assert {change.netns for change in step.changes} == {"files"}
    assert str(step.place) == "net.netc:7"
    (bridge,) = [step for step in report.steps if step.phase == "ADD" and step.plugin == "bridge"]
    assert "files" not in {change.netns for change in bridge.changes}
    assert str(bridge.place) == "net.netc:3"
    assert bridge.ms >= step.ms


def test_the_report_shows_what_the_container_and_the_host_got(plugins):
    report = live(CHAIN, plugins, capabilities={"portMappings": [PORT]})
    assert report.result["ips"] == [{"address": "10.1.0.2/16", "gateway": "10.1.0.1", "interface": 2}]
    lo, eth0 = report.container["interfaces"]
    assert (lo["name"], lo["kind"], eth0["name"], eth0["addresses"]) == ("lo", "loopback", "eth0", ["10.1.0.2/16"])
    assert report.container["routes"] == ["default via 10.1.0.1 dev eth0", "10.1.0.0/16 dev eth0 src 10.1.0.2"]
    assert report.container["sysctls"]["net.core.somaxconn"] == "500"
    assert "rate 1 Mbit/s" in report.container["limits"][0]
    bridge, veth = report.host["interfaces"]
    assert (bridge["name"], bridge["addresses"], veth["master"]) == ("cni7", ["10.1.0.1/16"], "cni7")
    assert report.host["sysctls"]["net.ipv4.ip_forward"] == "1"
    port_map = {"protocol": "tcp", "host_ip": "", "host_port": 8080, "ip": "10.1.0.2", "port": 80}
    assert report.host["port_maps"] == [port_map]
    kept = {item.change.name: item.reason for item in report.kept}
    assert "other containers" in kept["cni7"]
    assert "forwarding" in kept["net.ipv4.ip_forward"]


def test_dual_stack_and_dns(plugins):
    report = live(
        """network both {
          cniVersion = "1.0.0"
          plugin ptp {
            ipMasq = true
            ipam host-local {
              ranges = [[{ subnet = 10.4.0.0/24 }], [{ subnet = fd00:4::/64 }]]
              routes = [{ dst = 0.0.0.0/0 }, { dst = ::/0 }]
            }
            dns { nameservers = [10.4.0.1], search = ["svc.test"] }
          }
        }""",
        plugins,
    )
    assert report.clean, report.failures or report.leftovers
    assert report.container["interfaces"][1]["addresses"] == ["10.4.0.2/24", "fd00:4::2/64"]
    assert "default (v6) via fd00:4::1 dev eth0" in report.container["routes"]
    assert report.container["dns"] == {"nameservers": ["10.4.0.1"], "search": ["svc.test"]}


def test_loopback_leaves_the_address_that_the_kernel_leaves(plugins):
    report = live('network lo {\n cniVersion = "1.0.0"\n plugin loopback {}\n}', plugins, ifname="lo")
    assert report.clean, report.leftovers
    assert [item.change.name for item in report.kept if item.change.kind == "address"] == ["127.0.0.1/8 on lo"]


def test_a_plugin_that_fails_is_placed_at_its_line_and_what_was_made_is_taken_back(plugins):
    report = live(CHAIN.replace("net.core.somaxconn", "net.core.no_such_thing"), plugins)
    assert report.result is None
    assert report.container is None
    failure = report.error
    assert (failure.plugin, failure.command, failure.code) == ("tuning", "ADD", 999)
    assert "no_such_thing" in failure.msg
    assert (failure.place.file, failure.place.line) == ("net.netc", 12)
    assert _top(report, "ADD") == ["bridge", "tuning"]
    assert _top(report, "DEL") == ["portmap", "bandwidth", "tuning", "bridge"]
    assert report.leftovers == ()
    assert not report.clean


def test_an_address_that_can_not_be_had_is_placed_where_the_range_stands(plugins):
    text = """network full {
      cniVersion = "1.0.0"
      plugin ptp {
        ipam host-local {
          subnet     = 10.5.0.0/24
          rangeStart = 10.5.0.1
          rangeEnd   = 10.5.0.1
        }
      }
    }"""
    report = live(text, plugins)
    assert "no IP addresses available" in report.error.msg
    assert report.error.place.line in range(3, 8)
    assert report.leftovers == ()


class Leaky:
    """The plugins, but one whose DEL says that it is done, and does nothing."""

    def __init__(self, executor, plugin_type):
        self._executor, self._plugin_type = executor, plugin_type
        self.find = executor.find

    def run(self, plugin_type, env, request):
        if (plugin_type, env.command) == (self._plugin_type, "DEL"):
            return None
        return self._executor.run(plugin_type, env, request)


def test_a_plugin_that_forgets_to_clean_up_is_found_out():
    report = attach(alone(network(CHAIN)), Options(), decorate=lambda executor: Leaky(executor, "bridge"))
    assert report.failures == ()
    assert not report.clean
    left = [(change.netns, change.kind, change.name) for change in report.leftovers]
    assert ("container", "link", "eth0") in left
    assert ("container", "address", "10.1.0.2/16 on eth0") in left
    assert ("files", "file", "/var/lib/cni/networks/dbnet/10.1.0.2") in left
    assert [kind for netns, kind, name in left if name.startswith("veth")] == ["link"]
    assert any(kind == "nft element" and "10.1.0.2" in name for _, kind, name in left)
    assert "cni7" in [item.change.name for item in report.kept]
    jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(json.dumps(report.to_json())))


def test_a_port_map_that_stays_is_found_out():
    pod = alone(network(CHAIN), capabilities={"portMappings": [PORT]})
    report = attach(pod, Options(), decorate=lambda executor: Leaky(executor, "portmap"))
    assert any("8080" in change.name for change in report.leftovers)
    assert {change.kind for change in report.leftovers} == {"nft element"}


@pytest.mark.parametrize(
    ("line", "reason"),
    [('cniVersion = "0.3.1"', "0.4.0"), ('cniVersion = "1.0.0"\n disableCheck = true', "disableCheck")],
)
def test_a_check_that_is_skipped_is_said_to_be(plugins, line, reason):
    report = live(f"network n {{\n {line}\n plugin ptp {{ ipam host-local {{ subnet = 10.6.0.0/24 }} }}\n}}", plugins)
    assert report.clean, report.failures
    assert _top(report, "CHECK") == []
    (missing,) = [item for item in report.not_simulated if item.what == "CHECK"]
    assert reason in missing.reason


def test_a_capability_without_a_value_is_not_simulated_and_says_how_to_give_one():
    report = live(CHAIN)
    (missing,) = [item for item in report.not_simulated if "portMappings" in item.what]
    assert missing.what == "portMappings of portmap"
    assert "--capability 'portMappings=JSON'" in missing.reason
    given = live(CHAIN, capabilities={"portMappings": [PORT], "mac": "02:00:00:00:00:05"})
    (unused,) = [item for item in given.not_simulated if "--capability" in item.what]
    assert unused.what == "--capability mac"


def test_cni_args_reach_the_plugins(plugins):
    report = live(CHAIN, plugins, args=(("IgnoreUnknown", "1"), ("IP", "10.1.0.77")))
    assert report.clean, report.failures
    assert report.result["ips"][0]["address"] == "10.1.0.77/16"


def test_a_type_that_no_driver_is_for_fails_before_anything_runs():
    report = live('network n {\n cniVersion = "1.0.0"\n plugin ptp {}\n plugin calico { mtu = 1 }\n}')
    assert (report.error.plugin, report.error.place.line) == ("calico", 4)
    assert "--plugins exec" in report.error.msg
    assert report.steps == ()
    assert report.leftovers == ()


def test_a_state_folder_that_the_config_names_is_not_written_on_the_machine(plugins, tmp_path):
    text = f"""network n {{
      cniVersion = "1.0.0"
      plugin ptp {{ ipam host-local {{ subnet = 10.7.0.0/24, dataDir = "{tmp_path}/leases" }} }}
    }}"""
    report = live(text, plugins)
    assert report.clean, report.failures or report.leftovers
    lease = f"{tmp_path}/leases/n/10.7.0.2"
    assert any(change.name == lease for step in report.steps for change in step.changes if change.action == "added")
    assert list(tmp_path.iterdir()) == []


def test_a_resolv_conf_that_the_config_names_is_read_as_it_is(plugins, tmp_path):
    resolv = tmp_path / "resolv.conf"
    resolv.write_text("nameserver 192.0.2.53\nsearch a.test\n", encoding="utf-8")
    text = f"""network n {{
      cniVersion = "1.0.0"
      plugin ptp {{ ipam host-local {{ subnet = 10.8.0.0/24, resolvConf = "{resolv}" }} }}
    }}"""
    report = live(text, plugins)
    assert report.result["dns"] == {"nameservers": ["192.0.2.53"], "search": ["a.test"]}


def test_the_trace_has_every_request_and_answer():
    report = live(CHAIN)
    steps = report.to_json(trace=True)["steps"]
    assert steps[0]["request"]["name"] == "dbnet"
    assert steps[0]["response"]["cniVersion"] == "1.0.0"
    second = next(step for step in steps if step["plugin"] == "tuning")
    assert second["request"]["prevResult"]["ips"] == report.result["ips"]
    assert "request" not in report.to_json()["steps"][0]


POD = """network web {
  plugin bridge { bridge = "web0", ipam host-local { subnet = 10.9.0.0/24 } }
}
network store {
  plugin ptp { ipam host-local { subnet = 10.8.0.0/24 } }
}
network broken {
  plugin ptp { ipam host-local { subnet = 10.7.0.0/24, dataDir = "/proc/none" } }
}
pod shop {
  attach eth0 = web
  attach net1 = store
}
pod bad {
  attach eth0 = web
  attach net1 = broken
}
"""


def _pod(name):
    compiled = compile_source(Source("pod.netc", POD), {})
    return next(pod for pod in compiled.pods if pod.name == name)


def test_a_pod_is_attached_in_order_and_taken_away_in_reverse():
    report = attach(_pod("shop"), Options())
    jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(json.dumps(report.to_json())))
    assert report.clean, report.failures or report.leftovers
    assert [(one.network, one.ifname) for one in report.attachments] == [("web", "eth0"), ("store", "net1")]
    assert [step.ifname for step in report.steps if step.phase == "DEL" and not step.delegated_by] == ["net1", "eth0"]
    assert [link["name"] for link in report.container["interfaces"]] == ["lo", "eth0", "net1"]


def test_where_the_second_attachment_fails_the_first_is_taken_away_too():
    report = attach(_pod("bad"), Options())
    assert report.error.ifname == "net1"
    assert report.attachments[1].result is None
    assert report.leftovers == ()
