"""Chains: what runs in which order with what, and what remains when something fails."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from netc.cni.addresses import parse_address
from netc.cni.cache import Cache
from netc.cni.conflist import NetworkList, parse_list
from netc.cni.errors import CniError
from netc.cni.plugin import Call, Verb
from netc.cni.process import ProcessExecutor
from netc.cni.request import Attachment
from netc.cni.results import Interface, IpConfig, Result
from netc.cni.runtime import CniErrors, PluginVersions, Runtime
from netc.cni.trace import StepRecord

Program = Callable[[str, str], Path]

PORTS = [{"hostPort": 8080, "containerPort": 80}]
ATTACHMENT = Attachment("c1", "/run/netns/c1", "eth0", (("K", "v"),), {"portMappings": PORTS, "mac": "M"})
BARE = Attachment("c1", "", "eth0")
BARE_ELSEWHERE = Attachment("c9", "/run/netns/c9", "eth0")
ADDRESS = IpConfig(parse_address("10.0.0.2/24"))


def network(version: str = "1.0.0", **keys: Any) -> NetworkList:
    return parse_list(
        {
            "cniVersion": version,
            "name": "N",
            "plugins": [
                {"type": "a", "capabilities": {"ips": True}},
                {"type": "b", "capabilities": {"portMappings": True}, "x": 1},
                {"type": "c"},
            ],
            **keys,
        }
    )


def appends(name: str) -> Callable[[Call], Result]:
    """An ADD that appends an interface to what came before."""

    def add(call: Call) -> Result:
        before = call.prev_result() or Result(ips=(ADDRESS,))
        return Result(interfaces=(*before.interfaces, Interface(name)), ips=before.ips)

    return add


def fails(code: int, message: str) -> Callable[[Call], Any]:
    def raises(call: Call) -> None:
        raise CniError(code, message, "details")

    return raises


@pytest.fixture
def chain(plugins: Any) -> Any:
    """Plugins a, b and c."""
    for name in "abc":
        plugins.add(name, add=appends(name))
    return plugins


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cni")


@pytest.fixture
def runtime(chain: Any, cache: Cache) -> Runtime:
    return Runtime(chain, cache, path=["/p", "/q"])


def names(document: Any) -> list[str]:
    return [interface["name"] for interface in document["interfaces"]]


class TestAdd:
    def test_each_plugin_gets_the_result_of_the_one_before(self, runtime: Runtime, chain: Any) -> None:
        result = runtime.add(network(), ATTACHMENT)
        assert [interface.name for interface in result.interfaces] == ["a", "b", "c"]
        assert chain.calls == ["ADD a", "ADD b", "ADD c"]
        sent = chain.requests(Verb.ADD)
        assert sent["a"] == {"cniVersion": "1.0.0", "name": "N", "type": "a"}
        assert names(sent["b"].pop("prevResult")) == ["a"]
        assert sent["b"] == {
            "cniVersion": "1.0.0", "name": "N", "type": "b", "x": 1, "runtimeConfig": {"portMappings": PORTS}
        }  # fmt: skip
        assert names(sent["c"]["prevResult"]) == ["a", "b"]
        env = chain.runs[0][1]
        assert (env.container_id, env.netns, env.ifname, env.args, env.path) == (
            "c1", "/run/netns/c1", "eth0", "K=v", "/p:/q"
        )  # fmt: skip

    def test_the_last_result_and_the_parameters_are_cached(self, runtime: Runtime, cache: Cache) -> None:
        runtime.add(network(), ATTACHMENT)
        entry = cache.read("N", BARE)
        assert entry is not None
        assert names(entry.result) == ["a", "b", "c"]
        assert entry.attachment == ATTACHMENT
        assert parse_list(entry.config) == network()

    def test_a_result_of_another_version_is_converted_for_the_next_plugin(
        self, runtime: Runtime, chain: Any, cache: Cache, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run = chain.run

        def answer_in_another_version(plugin_type: str, env: Any, request: Any) -> Any:
            answer = run(plugin_type, env, request)
            if plugin_type == "a" and env.command == "ADD":
                return {"cniVersion": "0.4.0", "ips": [{"version": "4", "address": "10.0.0.9/24"}]}
            return answer

        monkeypatch.setattr(chain, "run", answer_in_another_version)
        result = runtime.add(network(), ATTACHMENT)
        assert chain.requests(Verb.ADD)["b"]["prevResult"] == {
            "cniVersion": "1.0.0", "ips": [{"address": "10.0.0.9/24"}]
        }  # fmt: skip
        assert [str(ip.address) for ip in result.ips] == ["10.0.0.9/24"]

    def test_a_result_without_version_has_the_network_s(self, cache: Cache, program: Program) -> None:
        folder = program("a", """echo '{"ips": [{"address": "10.0.0.2/24"}]}'""")
        one = parse_list({"cniVersion": "1.0.0", "name": "n", "plugins": [{"type": "a"}]})
        assert Runtime(ProcessExecutor([str(folder)]), cache).add(one, ATTACHMENT).ips == (ADDRESS,)

    @pytest.mark.parametrize(
        ("attachment", "name", "code"),
        [
            (Attachment("", "/n", "eth0"), "N", 3),
            (Attachment("a b", "/n", "eth0"), "N", 4),
            (Attachment("c", "/n", "a" * 16), "N", 4),
            (Attachment("c", "/n", "eth0"), "N\n", 7),
        ],
    )
    def test_bad_names_are_refused_before_anything_runs(
        self, runtime: Runtime, chain: Any, attachment: Attachment, name: str, code: int
    ) -> None:
        with pytest.raises(CniError) as error:
            runtime.add(network(name=name), attachment)
        assert error.value.code == code
        assert error.value.msg.startswith('plugin type="a" failed (add): ')
        assert chain.calls == []

    def test_a_missing_plugin_is_noticed_before_a_bad_name(self, runtime: Runtime) -> None:
        only = parse_list({"cniVersion": "1.0.0", "name": "N", "plugins": [{"type": "nope", "name": "own"}]})
        with pytest.raises(CniError) as error:
            runtime.add(only, Attachment("", "", ""))
        assert error.value.msg == (
            'plugin type="nope" name="own" failed (add): failed to find plugin "nope" in path [here]'
        )

    def test_a_network_without_plugins_is_refused(self, runtime: Runtime) -> None:
        with pytest.raises(CniError, match="no plugin configs found"):
            runtime.add(parse_list({"name": "n"}), ATTACHMENT)


class TestFailedAdd:
    """A failed ADD is undone: DEL for all plugins in reverse, with the result there is."""

    def test_the_error_says_which_plugin_failed_and_keeps_its_code(self, runtime: Runtime, chain: Any) -> None:
        chain.add("b", add=fails(11, "busy"))
        with pytest.raises(CniError) as error:
            runtime.add(network(), ATTACHMENT)
        assert (error.value.code, error.value.msg, error.value.details) == (
            11, 'plugin type="b" failed (add): busy', "details"
        )  # fmt: skip
        assert (error.value.plugin, error.value.pointer) == ("b", "/plugins/1")

    def test_every_plugin_gets_a_del(self, runtime: Runtime, chain: Any, cache: Cache) -> None:
        chain.add("b", add=fails(11, "busy"), delete=fails(999, "not there"))
        with pytest.raises(CniError, match="busy"):
            runtime.add(network(), ATTACHMENT)
        assert chain.calls == ["ADD a", "ADD b", "DEL c", "DEL b", "DEL a"]
        sent = chain.requests(Verb.DEL)
        assert all(names(sent[plugin]["prevResult"]) == ["a"] for plugin in "abc")
        assert sent["b"]["runtimeConfig"] == {"portMappings": PORTS}
        assert cache.entries() == ()

    def test_a_missing_plugin_does_not_keep_the_others_from_theirs(self, runtime: Runtime, chain: Any) -> None:
        del chain.handlers["b"]
        with pytest.raises(CniError, match='failed to find plugin "b"'):
            runtime.add(network(), ATTACHMENT)
        assert chain.calls == ["ADD a", "DEL c", "DEL a"]

    def test_old_versions_give_no_result_to_del(self, runtime: Runtime, chain: Any) -> None:
        chain.add("b", add=fails(11, "busy"))
        with pytest.raises(CniError):
            runtime.add(network("0.3.1"), ATTACHMENT)
        assert "prevResult" not in chain.requests(Verb.DEL)["a"]

    def test_a_plugin_s_bug_is_undone_like_a_failure(self, runtime: Runtime, chain: Any) -> None:
        chain.add("c", add=lambda call: 1 / 0)
        with pytest.raises(CniError, match="c crashed in ADD: ZeroDivisionError"):
            runtime.add(network(), ATTACHMENT)
        assert chain.calls[3:] == ["DEL c", "DEL b", "DEL a"]

    def test_an_interrupt_is_undone_and_goes_on(self, runtime: Runtime, chain: Any) -> None:
        def interrupted(call: Call) -> Result:
            raise KeyboardInterrupt

        chain.add("b", add=interrupted)
        with pytest.raises(KeyboardInterrupt):
            runtime.add(network(), ATTACHMENT)
        assert chain.calls == ["ADD a", "ADD b", "DEL c", "DEL b", "DEL a"]

    def test_a_result_that_can_not_be_cached_is_a_failure(self, runtime: Runtime, chain: Any, cache: Cache) -> None:
        Path(cache.root).mkdir()
        Path(cache.root, "results").write_text("in the way")
        with pytest.raises(CniError) as error:
            runtime.add(network(), ATTACHMENT)
        assert error.value.msg.startswith('failed to set network "N" cached result: ')
        assert chain.calls[3:] == ["DEL c", "DEL b", "DEL a"]

    def test_an_attachment_that_is_alive_survives_a_second_add(
        self, runtime: Runtime, chain: Any, cache: Cache
    ) -> None:
        runtime.add(network(), ATTACHMENT)
        chain.add("a", add=fails(999, "eth0 exists"))
        with pytest.raises(CniError, match="eth0 exists"):
            runtime.add(network(), ATTACHMENT)
        assert [call for call in chain.calls if call.startswith("DEL")] == []
        assert cache.read("N", ATTACHMENT) is not None

    def test_no_add_takes_another_attachment_s_place_in_the_cache(self, runtime: Runtime, chain: Any) -> None:
        runtime.add(network(name="N-x"), ATTACHMENT)
        chain.runs.clear()
        with pytest.raises(CniError, match='belongs to container "c1" on network "N-x"'):
            runtime.add(network(), Attachment("x-c1", "/n", "eth0"))
        assert chain.calls == []

    @pytest.mark.parametrize(
        ("script", "message"),
        [
            ("""echo '{"code": 100, "msg": "own"}'; exit 1""", "own"),
            ("echo text >&2; exit 1", 'netplugin failed: "text\\n": exit status 1'),
            ("exit 1", "netplugin failed with no error message: exit status 1"),
            ("echo '[]'", "its result is not a JSON object"),
            ("echo '{} {}'", "invalid character '{' after top-level value"),
            ("""echo '{"cniVersion": "7.0.0"}'""", 'unsupported CNI result version "7.0.0"'),
        ],
    )
    def test_programs_that_fail(self, cache: Cache, program: Program, script: str, message: str) -> None:
        folder = program("a", f"if [ $CNI_COMMAND = DEL ]; then exit 0; fi; {script}")
        one = parse_list({"cniVersion": "1.0.0", "name": "n", "plugins": [{"type": "a"}]})
        with pytest.raises(CniError) as error:
            Runtime(ProcessExecutor([str(folder)]), cache).add(one, ATTACHMENT)
        assert error.value.msg == f'plugin type="a" failed (add): {message}'


class TestDelete:
    def test_reverse_order_and_the_final_result_for_all(self, runtime: Runtime, chain: Any, cache: Cache) -> None:
        runtime.add(network(), ATTACHMENT)
        chain.runs.clear()
        runtime.delete(network(), ATTACHMENT)
        assert chain.calls == ["DEL c", "DEL b", "DEL a"]
        assert all(names(request["prevResult"]) == ["a", "b", "c"] for _, _, request in chain.runs)
        assert cache.entries() == ()

    def test_again_and_without_add_is_legal(self, runtime: Runtime, chain: Any) -> None:
        runtime.delete(network(), BARE)
        runtime.delete(network(), BARE)
        assert chain.calls == ["DEL c", "DEL b", "DEL a"] * 2
        assert "prevResult" not in chain.requests(Verb.DEL)["a"]

    def test_the_parameters_of_the_add_come_from_the_cache(self, runtime: Runtime, chain: Any) -> None:
        runtime.add(network(), ATTACHMENT)
        runtime.delete(network(), BARE)
        assert chain.requests(Verb.DEL)["b"]["runtimeConfig"] == {"portMappings": PORTS}
        env = chain.runs[-1][1]
        assert (env.args, env.netns) == ("K=v", "")

    def test_it_stops_at_the_first_error_and_keeps_the_entry(self, runtime: Runtime, chain: Any, cache: Cache) -> None:
        runtime.add(network(), ATTACHMENT)
        chain.add("b", delete=fails(100, "stuck"))
        chain.runs.clear()
        with pytest.raises(CniError) as error:
            runtime.delete(network(), ATTACHMENT)
        assert (error.value.code, error.value.msg) == (100, 'plugin type="b" failed (delete): stuck')
        assert error.value.pointer == "/plugins/1"
        assert chain.calls == ["DEL c", "DEL b"]
        assert len(cache.entries()) == 1

    @pytest.mark.parametrize("version", ["0.1.0", "0.3.1"])
    def test_no_result_below_0_4_0(self, runtime: Runtime, chain: Any, version: str) -> None:
        runtime.add(network(version), ATTACHMENT)
        runtime.delete(network(version), ATTACHMENT)
        assert "prevResult" not in chain.requests(Verb.DEL)["a"]

    @pytest.mark.parametrize("text", ["{", "[]", '{"cniVersion": "7.0.0"}'])
    def test_a_broken_entry_goes_and_does_not_hinder(
        self, runtime: Runtime, chain: Any, cache: Cache, text: str
    ) -> None:
        file = Path(cache.path("N", BARE))
        file.parent.mkdir(parents=True)
        file.write_text(text)
        runtime.delete(network(), BARE)
        assert chain.calls == ["DEL c", "DEL b", "DEL a"]
        assert "prevResult" not in chain.requests(Verb.DEL)["a"]
        assert not file.exists()

    def test_a_legacy_entry_of_another_family_is_converted(self, runtime: Runtime, chain: Any, cache: Cache) -> None:
        file = Path(cache.path("N", BARE))
        file.parent.mkdir(parents=True)
        file.write_text('{"cniVersion": "0.2.0", "ip4": {"ip": "10.0.0.2/24"}}')
        runtime.delete(network(), BARE)
        assert chain.requests(Verb.DEL)["a"]["prevResult"] == {
            "cniVersion": "1.0.0", "ips": [{"address": "10.0.0.2/24"}]
        }  # fmt: skip
        assert not file.exists()

    def test_a_network_of_another_version_gets_the_result_in_that(self, runtime: Runtime, chain: Any) -> None:
        runtime.add(network("1.0.0"), ATTACHMENT)
        runtime.delete(network("0.4.0"), ATTACHMENT)
        assert chain.requests(Verb.DEL)["a"]["prevResult"]["cniVersion"] == "0.4.0"


class TestCheck:
    def test_forward_order_with_the_final_result(self, runtime: Runtime, chain: Any) -> None:
        runtime.add(network(), ATTACHMENT)
        chain.runs.clear()
        runtime.check(network(), ATTACHMENT)
        assert chain.calls == ["CHECK a", "CHECK b", "CHECK c"]
        assert all(names(request["prevResult"]) == ["a", "b", "c"] for _, _, request in chain.runs)

    def test_the_version_is_looked_at_before_the_switch(self, runtime: Runtime, chain: Any) -> None:
        with pytest.raises(CniError) as error:
            runtime.check(network("0.3.1", disableCheck=True), ATTACHMENT)
        assert error.value.msg == 'configuration version "0.3.1" does not support the CHECK command'
        runtime.check(network(disableCheck=True), ATTACHMENT)
        assert chain.calls == []

    def test_the_first_complaint_is_passed_as_it_is(self, runtime: Runtime, chain: Any) -> None:
        runtime.add(network(), ATTACHMENT)
        chain.add("b", check=fails(100, "address gone"))
        with pytest.raises(CniError) as error:
            runtime.check(network(), ATTACHMENT)
        assert (error.value.code, error.value.msg, error.value.pointer) == (100, "address gone", "/plugins/1")

    def test_without_cache_there_is_no_result(self, runtime: Runtime, chain: Any) -> None:
        runtime.check(network(), Attachment("c1", "/run/netns/c1", "eth0"))
        assert "prevResult" not in chain.requests(Verb.CHECK)["a"]

    def test_a_broken_entry_is_an_error(self, runtime: Runtime, cache: Cache) -> None:
        file = Path(cache.path("N", BARE))
        file.parent.mkdir(parents=True)
        file.write_text("{")
        with pytest.raises(CniError, match='failed to get network "N" cached result'):
            runtime.check(network(), BARE)


class TestGc:
    def attach(self, runtime: Runtime, chain: Any, version: str = "1.1.0") -> None:
        for container in ("c1", "c2", "c3"):
            runtime.add(network(version), Attachment(container, f"/run/netns/{container}", "eth0", (("K", container),)))
        runtime.add(network(version, name="other"), ATTACHMENT)
        chain.runs.clear()

    def cached(self, cache: Cache) -> list[str]:
        return [entry.attachment.container_id for entry in cache.entries("N")]

    def test_what_is_not_valid_is_deleted_with_its_own_parameters(
        self, runtime: Runtime, chain: Any, cache: Cache
    ) -> None:
        self.attach(runtime, chain)
        runtime.gc(network("1.1.0"), [("c2", "eth0"), ("c3", "eth1")])
        deleted = [(env.container_id, env.netns, env.args) for _, env, _ in chain.runs if env.command == "DEL"]
        assert deleted == [("c1", "/run/netns/c1", "K=c1")] * 3 + [("c3", "/run/netns/c3", "K=c3")] * 3
        assert self.cached(cache) == ["c2"]
        assert [entry.network for entry in cache.entries("other")] == ["other"]
        assert chain.calls[-3:] == ["GC a", "GC b", "GC c"]
        assert chain.runs[-1][1].variables() == {
            **dict.fromkeys(chain.runs[-1][1].variables(), ""), "CNI_COMMAND": "GC", "CNI_PATH": "/p:/q"
        }  # fmt: skip

    @pytest.mark.parametrize("valid", [None, []])
    def test_no_valid_set_means_that_nothing_is_valid(
        self, runtime: Runtime, chain: Any, cache: Cache, valid: list[Any] | None
    ) -> None:
        self.attach(runtime, chain)
        runtime.gc(network("1.1.0"), valid)
        assert self.cached(cache) == []
        assert ("cni.dev/valid-attachments" in chain.requests(Verb.GC)["a"]) == (valid is not None)

    def test_below_1_1_0_stale_attachments_go_all_the_same(self, runtime: Runtime, chain: Any, cache: Cache) -> None:
        self.attach(runtime, chain, "1.0.0")
        runtime.gc(network("1.0.0"), [("c1", "eth0")])
        assert self.cached(cache) == ["c1"]
        assert not any(call.startswith("GC") for call in chain.calls)

    def test_it_can_be_switched_off(self, runtime: Runtime, chain: Any, cache: Cache) -> None:
        self.attach(runtime, chain)
        runtime.gc(network("1.1.0", disableGC="true"), [])
        assert (chain.calls, self.cached(cache)) == ([], ["c1", "c2", "c3"])

    def test_it_goes_on_after_failures_and_reports_them_all(self, runtime: Runtime, chain: Any, cache: Cache) -> None:
        self.attach(runtime, chain)

        def only_c2(call: Call) -> None:
            if call.env.container_id != "c2":
                raise CniError(100, "stuck")

        chain.add("b", delete=only_c2, gc=fails(101, "no"))
        with pytest.raises(CniErrors) as error:
            runtime.gc(network("1.1.0"), None)
        assert error.value.msg.splitlines() == [
            'failed to delete stale attachment c1 eth0: plugin type="b" failed (delete): stuck',
            'failed to delete stale attachment c3 eth0: plugin type="b" failed (delete): stuck',
            "failed to GC plugin b: no; details",
        ]
        assert (error.value.code, len(error.value.errors)) == (100, 3)
        assert self.cached(cache) == ["c1", "c3"]


class TestStatus:
    def test_below_1_1_0_all_is_well(self, runtime: Runtime, chain: Any) -> None:
        chain.add("a", status=fails(50, "down"))
        runtime.status(network("1.0.0"))
        runtime.status(network("abc"))
        assert chain.calls == []

    def test_the_first_complaint_keeps_its_code(self, runtime: Runtime, chain: Any) -> None:
        chain.add("b", status=fails(51, "limited"))
        chain.add("c", status=fails(50, "down"))
        with pytest.raises(CniError) as error:
            runtime.status(network("1.1.0"))
        assert (error.value.code, error.value.msg, error.value.plugin) == (51, "limited", "b")
        assert chain.calls == ["STATUS a", "STATUS b"]
        assert chain.runs[0][2] == {
            "cniVersion": "1.1.0", "name": "N", "type": "a"
        }  # fmt: skip


class TestVersions:
    def test_what_a_plugin_supports(self, runtime: Runtime, chain: Any) -> None:
        chain.add("a", versions=("0.4.0", "1.0.0"))
        assert runtime.version("a") == PluginVersions("1.1.0", ("0.4.0", "1.0.0"))
        _, env, request = chain.runs[0]
        assert request == {"cniVersion": "1.1.0"}
        assert (env.command, env.netns, env.ifname, env.path, env.container_id) == (
            "VERSION", "dummy", "dummy", "dummy", ""
        )  # fmt: skip

    @pytest.mark.parametrize(
        ("answer", "expected"),
        [
            ("""echo '{"cniVersion": "0.2.0"}'""", PluginVersions("0.2.0", ("0.1.0", "0.2.0"))),
            (
                """echo '{"code": 4, "msg": "unknown CNI_COMMAND: VERSION"}'; exit 1""",
                PluginVersions("0.1.0", ("0.1.0",)),
            ),
            ("echo '{}'", "decoding version info: missing field cniVersion"),
            ("""echo '{"cniVersion": "1.0.0"}'""", "decoding version info: missing field supportedVersions"),
            ("""echo '{"code": 4, "msg": "other"}'; exit 1""", "other"),
        ],
    )
    def test_old_and_odd_plugins(
        self, cache: Cache, program: Program, answer: str, expected: PluginVersions | str
    ) -> None:
        runtime = Runtime(ProcessExecutor([str(program("a", answer))]), cache)
        if isinstance(expected, PluginVersions):
            assert runtime.version("a") == expected
        else:
            with pytest.raises(CniError) as error:
                runtime.version("a")
            assert error.value.msg == expected

    def test_a_network_is_valid_if_all_plugins_support_its_version(self, runtime: Runtime, chain: Any) -> None:
        assert runtime.validate(network()) == {"ips", "portMappings"}
        assert runtime.validate(network("")) == {"ips", "portMappings"}
        chain.add("b", versions=("0.4.0",))
        del chain.handlers["c"]
        with pytest.raises(CniErrors) as error:
            runtime.validate(network())
        assert [(one.msg, one.pointer) for one in error.value.errors] == [
            ('plugin b does not support config version "1.0.0"', "/plugins/1"),
            ('failed to find plugin "c" in path [here]', "/plugins/2"),
        ]


class TestTrace:
    def test_every_run_is_told_as_it_ends(self, chain: Any, cache: Cache) -> None:
        steps: list[StepRecord] = []
        chain.add("a", add=lambda call: call.delegate(Verb.ADD), delete=lambda call: call.delegate(Verb.DEL) and None)
        chain.add("ipam", add=lambda call: Result(ips=(ADDRESS,)))
        chain.add("b", add=fails(11, "busy"))
        two = parse_list(
            {"cniVersion": "1.0.0", "name": "N", "plugins": [{"type": "a", "ipam": {"type": "ipam"}}, {"type": "b"}]}
        )
        with pytest.raises(CniError):
            Runtime(chain, cache, on_step=steps.append).add(two, ATTACHMENT)
        seen = [(step.verb, step.plugin, step.index) for step in steps]
        assert seen == [
            ("ADD", "ipam", None),
            ("ADD", "a", 0),
            ("ADD", "b", 1),
            ("DEL", "b", 1),
            ("DEL", "ipam", None),
            ("DEL", "a", 0),
        ]
        ipam, upper, failed = steps[:3]
        assert (ipam.parent, upper.parent, upper.pointer) == (upper.id, None, "/plugins/0")
        assert ipam.request == upper.request
        assert upper.response == {"cniVersion": "1.0.0", "ips": [{"address": "10.0.0.2/24"}]}
        assert (failed.response, failed.error and failed.error.code) == (None, 11)
        assert all(step.duration_ms >= 0 for step in steps)

    def test_stderr_of_a_program_is_in_its_step(self, cache: Cache, program: Program) -> None:
        steps: list[StepRecord] = []
        folder = program("a", """echo note >&2; echo '{"ips": [{"address": "10.0.0.2/24"}]}'""")
        one = parse_list({"cniVersion": "1.0.0", "name": "n", "plugins": [{"type": "a"}]})
        Runtime(ProcessExecutor([str(folder)]), cache, on_step=steps.append).add(one, ATTACHMENT)
        assert [step.log for step in steps] == ["note\n"]


def test_one_container_has_one_operation_at_a_time_and_others_go_on(chain: Any, cache: Cache) -> None:
    inside: dict[str, int] = {"c1": 0, "c2": 0}
    most: dict[str, int] = {"c1": 0, "c2": 0}
    together = threading.Barrier(2, timeout=20)

    def add(call: Call) -> Result:
        container = call.env.container_id
        inside[container] += 1
        most[container] = max(most[container], inside[container])
        if call.env.ifname == "eth0":
            together.wait()  # passes only if both containers are in here at once
        inside[container] -= 1
        return Result()

    chain.add("a", add=add)
    one = parse_list({"cniVersion": "1.0.0", "name": "N", "plugins": [{"type": "a"}]})
    runtime = Runtime(chain, cache)
    attachments = [Attachment(container, "/n", f"eth{i}") for container in ("c1", "c2") for i in range(4)]
    threads = [threading.Thread(target=runtime.add, args=(one, attachment)) for attachment in attachments]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == {"c1": 1, "c2": 1}
    assert len(cache.entries()) == 8


@pytest.mark.parametrize(
    "operate",
    [
        lambda runtime: runtime.add(network("1.1.0"), BARE_ELSEWHERE),
        lambda runtime: runtime.delete(network("1.1.0"), BARE_ELSEWHERE),
        lambda runtime: runtime.check(network("1.1.0"), BARE_ELSEWHERE),
        lambda runtime: runtime.gc(network("1.1.0"), None),
    ],
    ids=["add", "delete", "check", "gc"],
)
def test_every_operation_waits_for_its_turn(
    runtime: Runtime, chain: Any, cache: Cache, operate: Callable[[Runtime], None]
) -> None:
    thread = threading.Thread(target=operate, args=(runtime,))
    with cache.locked(BARE_ELSEWHERE.container_id):
        thread.start()
        thread.join(0.2)
        assert (thread.is_alive(), chain.calls) == (True, [])
    thread.join()
    assert chain.calls != []


def test_directory_plugins_are_in_the_cached_configuration(tmp_path: Path, chain: Any, cache: Cache) -> None:
    from netc.cni.confdir import load

    (tmp_path / "n").mkdir()
    (tmp_path / "n.conflist").write_text('{"cniVersion": "1.0.0", "name": "n", "plugins": [{"type": "a"}]}')
    (tmp_path / "n" / "10.conf").write_text('{"type": "b"}')
    Runtime(chain, cache).add(load(str(tmp_path), "n"), ATTACHMENT)
    (entry,) = cache.entries("n")
    assert [plugin.type for plugin in parse_list(entry.config).plugins] == ["a", "b"]
