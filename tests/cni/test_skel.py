"""The envelope around a plugin: what is refused before its function runs, and what is said afterwards."""

import io
import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netc.cni.addresses import parse_address
from netc.cni.decode import Keys
from netc.cni.errors import CniError, failure
from netc.cni.plugin import Call, Environment, Handlers, Verb
from netc.cni.results import IpConfig, Result
from netc.cni.skel import PluginCrashError, call, main, thread_netns
from netc.cni.versions import SUPPORTED

ENV = {
    "CNI_COMMAND": "ADD",
    "CNI_CONTAINERID": "c1",
    "CNI_NETNS": "/run/netns/none",
    "CNI_IFNAME": "eth0",
    "CNI_PATH": "/bin",
}
CONFIG = {"cniVersion": "1.1.0", "name": "n", "type": "x"}
RESULT = Result(ips=(IpConfig(parse_address("10.0.0.2/24")),))


def nothing(call: Call) -> None:
    pass


PLUGIN = Handlers(add=lambda call: RESULT, check=nothing, delete=nothing, about="A plugin")


def program(stdin: str | Mapping[str, Any], handlers: Handlers = PLUGIN, **env: str) -> tuple[int, str, str]:
    """Exit status, stdout and stderr of the plugin as a program."""
    text = stdin if isinstance(stdin, str) else json.dumps(stdin)
    out, log = io.StringIO(), io.StringIO()
    status = main(handlers, "x", environ={**ENV, **env}, stdin=io.BytesIO(text.encode()), stdout=out, stderr=log)
    return status, out.getvalue(), log.getvalue()


def refusal(stdin: str | Mapping[str, Any], handlers: Handlers = PLUGIN, **env: str) -> tuple[int, str, str]:
    """Code, message and details of the error that the plugin prints."""
    status, out, log = program(stdin, handlers, **env)
    assert (status, log) == (1, "")
    error = json.loads(out)
    assert out == json.dumps(error, indent=4)
    return error["code"], error["msg"], error.get("details", "")


class TestEnvironment:
    def test_without_command_the_plugin_says_what_it_is(self) -> None:
        versions = ", ".join(SUPPORTED)
        assert program("", CNI_COMMAND="") == (0, "", f"A plugin\nCNI protocol versions supported: {versions}\n")

    @pytest.mark.parametrize(
        ("verb", "missing"),
        [
            ("ADD", "CNI_CONTAINERID,CNI_NETNS,CNI_IFNAME,CNI_PATH"),
            ("CHECK", "CNI_CONTAINERID,CNI_NETNS,CNI_IFNAME,CNI_PATH"),
            ("DEL", "CNI_CONTAINERID,CNI_IFNAME,CNI_PATH"),
            ("GC", "CNI_PATH"),
            ("STATUS", "CNI_PATH"),
        ],
    )
    def test_each_verb_needs_its_variables(self, verb: str, missing: str) -> None:
        empty = dict.fromkeys(ENV, "") | {"CNI_COMMAND": verb}
        assert refusal(CONFIG, **empty) == (4, f"required env variables [{missing}] missing", "")

    def test_names_are_checked_before_anything_is_read(self) -> None:
        assert refusal("{", CNI_CONTAINERID="a b") == (4, "invalid characters in containerID", "a b")
        assert refusal("{", CNI_IFNAME="a/b")[:2] == (4, "interface name contains / or : or whitespace characters")

    def test_an_unknown_verb_is_noticed_after_the_configuration(self) -> None:
        assert refusal(CONFIG, CNI_COMMAND="add") == (4, "unknown CNI_COMMAND: add", "")
        assert refusal("{", CNI_COMMAND="add")[0] == 6


class TestConfiguration:
    @pytest.mark.parametrize(
        ("stdin", "code", "message"),
        [
            ("", 6, "error unmarshall network config: unexpected end of JSON input"),
            (
                "[]",
                6,
                "error unmarshall network config: json: cannot unmarshal array into Go value of type "
                'struct { Name string "json:\\"name\\"" }',
            ),
            ("null", 7, "missing network name"),
            ({}, 7, "missing network name"),
            (
                {"name": 5},
                6,
                "error unmarshall network config: json: cannot unmarshal number into Go struct field .name of type string",
            ),
            ({"name": "a b"}, 7, "invalid characters found in network name"),
            (
                {"name": "n", "cniVersion": 5},
                6,
                "decoding version from network config: "
                "json: cannot unmarshal number into Go struct field .cniVersion of type string",
            ),
        ],
    )
    def test_refused(self, stdin: Any, code: int, message: str) -> None:
        assert refusal(stdin)[:2] == (code, message)

    def test_keys_match_whatever_their_case(self) -> None:
        assert program({"NAME": "n", "CNIVERSION": "1.1.0"})[0] == 0


class TestVersions:
    @pytest.mark.parametrize(
        ("verb", "version", "code", "message"),
        [
            ("ADD", "1.1", 1, "incompatible CNI versions"),
            ("ADD", "a.b", 1, "incompatible CNI versions"),
            ("CHECK", "0.3.1", 1, "config version does not allow CHECK"),
            ("CHECK", "9.0.0", 1, "plugin version does not allow CHECK"),
            ("GC", "1.0.0", 1, "config version does not allow GC"),
            ("STATUS", "1.0.0", 1, "config version does not allow STATUS"),
            ("STATUS", "9.0.0", 1, "plugin version does not allow STATUS"),
            ("GC", "1.2.3.4", 6, 'invalid version "1.2.3.4": too many parts'),
        ],
    )
    def test_refused(self, verb: str, version: str, code: int, message: str) -> None:
        assert refusal({**CONFIG, "cniVersion": version}, CNI_COMMAND=verb)[:2] == (code, message)

    def test_a_plugin_can_have_holes(self) -> None:
        only_new = Handlers(lambda call: RESULT, nothing, nothing, versions=("1.0.0",))
        details = 'config is "0.1.0", plugin supports ["1.0.0"]'
        assert refusal({"name": "n"}, only_new) == (1, "incompatible CNI versions", details)

    def test_version_reads_nothing_and_says_what_is_supported(self) -> None:
        supported = ",".join(f'"{version}"' for version in SUPPORTED)
        expected = '{"cniVersion":"1.1.0","supportedVersions":[' + supported + "]}\n"
        assert program("", CNI_COMMAND="VERSION", CNI_PATH="", CNI_IFNAME="") == (0, expected, "")


class TestAnswers:
    @pytest.mark.parametrize("version", SUPPORTED)
    def test_add_answers_in_the_configuration_s_version(self, version: str) -> None:
        status, out, _ = program({**CONFIG, "cniVersion": version})
        assert (status, json.loads(out)["cniVersion"]) == (0, version)

    def test_the_other_verbs_answer_nothing(self) -> None:
        for verb in ("CHECK", "DEL", "GC", "STATUS"):
            assert program(CONFIG, CNI_COMMAND=verb) == (0, "", "")

    def test_an_error_keeps_its_code_and_is_escaped(self) -> None:
        def busy(call: Call) -> Result:
            raise CniError(11, "<nil>", "later")

        handlers = Handlers(busy, nothing, nothing)
        assert program(CONFIG, handlers)[1] == (
            '{\n    "code": 11,\n    "msg": "\\u003cnil\\u003e",\n    "details": "later"\n}'
        )
        with pytest.raises(CniError) as error:
            call(handlers, Environment.of(ENV), CONFIG, None, "x")
        assert (error.value.code, error.value.plugin) == (11, "x")

    def test_a_bug_in_a_plugin_is_an_error_like_any_other(self) -> None:
        def bug(call: Call) -> Result:
            raise KeyError("mtu")

        status, out, log = program(CONFIG, Handlers(bug, nothing, nothing))
        assert status == 1
        assert json.loads(out) == {"code": 999, "msg": "x crashed in ADD: KeyError: 'mtu'"}
        assert "Traceback" in log
        with pytest.raises(PluginCrashError) as error:
            call(Handlers(bug, nothing, nothing), Environment.of(ENV), CONFIG, None, "x")
        assert isinstance(error.value.__cause__, KeyError)

    def test_a_result_that_the_version_can_not_say_fails_after_the_work(self) -> None:
        handlers = Handlers(lambda call: Result(), nothing, nothing)
        assert refusal({**CONFIG, "cniVersion": "0.2.0"}, handlers)[1] == "cannot convert: no valid IP addresses"


def test_the_plugin_s_function_sees_the_checked_call() -> None:
    seen: list[Call] = []

    def remember(call: Call) -> None:
        seen.append(call)

    prev = {"ips": [{"version": "4", "address": "10.0.0.2/24"}]}
    config = {"name": "n", "cniVersion": "0.4.0", "PrevResult": prev}
    call(Handlers(lambda call: RESULT, remember, remember), Environment(**{**vars_of(), "command": "DEL"}), config)
    (made,) = seen
    assert (made.verb, made.version, made.name) == (Verb.DEL, "0.4.0", "n")
    assert made.prev_result() == RESULT
    config["PrevResult"] = {"cniVersion": "1.0.0"}
    with pytest.raises(CniError, match="could not parse prevResult: result type supports"):
        made.prev_result()


def vars_of() -> dict[str, str]:
    env = Environment.of(ENV)
    return {name: getattr(env, name) for name in ("container_id", "netns", "ifname", "args", "path")}


class TestOwnNamespace:
    """The container's namespace must not be the plugin's; like the reference, it is looked at after the work."""

    OWN = "/proc/self/ns/net"

    @pytest.mark.skipif(thread_netns() is None, reason="needs Linux network namespaces")
    def test_the_program_prints_both_result_and_error(self, monkeypatch: pytest.MonkeyPatch) -> None:
        status, out, _ = program(CONFIG, CNI_NETNS=self.OWN)
        decoder = json.JSONDecoder()
        result, end = decoder.raw_decode(out)
        error, _ = decoder.raw_decode(out, end)
        assert (status, result["ips"]) == (1, [{"address": "10.0.0.2/24"}])
        assert error == {"code": 8, "msg": "plugin's netns and netns from CNI_NETNS should not be the same"}
        assert program(CONFIG, CNI_NETNS=self.OWN, CNI_COMMAND="DEL")[0] == 1
        assert program(CONFIG, CNI_NETNS=self.OWN, CNI_COMMAND="CHECK")[0] == 0
        monkeypatch.setenv("CNI_NETNS_OVERRIDE", "True")
        assert program(CONFIG, CNI_NETNS=self.OWN)[0] == 0

    @pytest.mark.skipif(thread_netns() is None, reason="needs Linux network namespaces")
    def test_which_one_is_the_plugin_s_own_can_be_said(self) -> None:
        env = Environment(**{**vars_of(), "command": "ADD", "netns": self.OWN})
        with pytest.raises(CniError) as error:
            call(PLUGIN, env, CONFIG)
        assert error.value.code == 8
        assert call(PLUGIN, env, CONFIG, own_netns=lambda: (0, 0)) is not None


class TestDelegation:
    """A plugin has the plugin of `ipam.type` run on the same request."""

    def delegating(self, plugins: Any) -> Any:
        plugins.add(
            "upper", add=lambda call: call.delegate(Verb.ADD), delete=lambda call: call.delegate(Verb.DEL) and None
        )
        return plugins.handlers["upper"]

    def test_same_request_same_environment_but_the_verb(self, plugins: Any) -> None:
        plugins.add("ipam", add=lambda call: RESULT)
        config = {**CONFIG, "ipam": {"TYPE": "ipam", "x": 1}}
        env = Environment(**{**vars_of(), "command": "ADD"})
        answer = call(self.delegating(plugins), env, config, plugins, "upper")
        assert answer == {"cniVersion": "1.1.0", "ips": [{"address": "10.0.0.2/24"}]}
        assert plugins.runs == [("ipam", env, config)]
        call(plugins.handlers["upper"], Environment(**{**vars_of(), "command": "DEL"}), config, plugins, "upper")
        assert plugins.calls == ["ADD ipam", "DEL ipam"]

    def test_its_error_passes_with_its_code(self, plugins: Any) -> None:
        def full(call: Call) -> Result:
            raise CniError(11, "no addresses")

        plugins.add("ipam", add=full)
        with pytest.raises(CniError) as error:
            call(
                self.delegating(plugins),
                Environment.of(ENV),
                {**CONFIG, "ipam": {"type": "ipam"}},
                plugins,
            )
        assert error.value.to_json() == {"code": 11, "msg": "no addresses"}

    @pytest.mark.parametrize(
        ("config", "message"),
        [
            ({}, "no plugin name provided"),
            ({"ipam": {}}, "no plugin name provided"),
            ({"ipam": {"type": "a/b"}}, "invalid plugin name: a/b"),
            ({"ipam": {"type": "nope"}}, 'failed to find plugin "nope" in path [here]'),
        ],
    )
    def test_whom_it_can_not_find(self, plugins: Any, config: dict[str, Any], message: str) -> None:
        with pytest.raises(CniError) as error:
            call(self.delegating(plugins), Environment.of(ENV), {**CONFIG, **config}, plugins)
        assert (error.value.code, error.value.msg) == (999, message)

    def test_a_program_looks_on_its_cni_path(self) -> None:
        upper = Handlers(lambda call: call.delegate(Verb.ADD) or RESULT, nothing, nothing)
        config = {**CONFIG, "ipam": {"type": "nope"}}
        message = 'failed to find plugin "nope" in path [/a /b]'
        assert refusal(config, upper, CNI_PATH="/a:/b") == (999, message, "")


def test_a_plugin_reads_its_own_keys_with_the_reference_s_messages() -> None:
    def read(call: Call) -> Result:
        if Keys(call.config).integer("mtu") < 0:
            raise failure("invalid MTU")
        return RESULT

    assert refusal({**CONFIG, "mtu": "1"}, Handlers(read, nothing, nothing))[1] == (
        "failed to load netconf: json: cannot unmarshal string into Go struct field NetConf.mtu of type int"
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["type", "address", "ips", "x"]), inner)
    ),
)
REQUESTS = st.fixed_dictionaries(
    {"name": st.just("n") | JSON, "cniVersion": st.sampled_from(SUPPORTED) | JSON},
    optional={"prevResult": JSON, "ipam": JSON},
)


@given(REQUESTS, st.sampled_from(["ADD", "DEL", "CHECK", "GC", "STATUS", "VERSION", "x"]))
def test_any_request_is_answered_in_json(request: Any, verb: str) -> None:
    def everything(call: Call) -> Result:
        call.delegate(call.verb)
        return call.prev_result() or RESULT

    handlers = Handlers(everything, everything, everything, everything, everything)  # type: ignore[arg-type]
    status, out, log = program(request, handlers, CNI_COMMAND=verb)
    assert log == ""
    assert status == 0 if not out or "cniVersion" in json.loads(out) else (status == 1 and "code" in json.loads(out))
