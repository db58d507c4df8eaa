"""What each plugin is sent."""

from netc.cni.conflist import parse_list
from netc.cni.plugin import Verb
from netc.cni.request import Attachment, attachment_environment, for_attachment, for_gc, for_status

NETWORK = parse_list(
    {
        "name": "N",
        "cniVersion": "1.0.0",
        "plugins": [
            {"type": "a", "capabilities": {"ips": True}},
            {
                "type": "b",
                "capabilities": {"portMappings": True, "mac": False},
                "x": 1,
                "name": "own",
                "cniVersion": "0.1.0",
            },
            {
                "type": "c",
                "runtimeConfig": {"by": "hand"},
                "args": {"cni": {}},
                "prevResult": {"hand": 1},
                "big": 2**53 + 1,
            },
            {"type": "d", "RuntimeConfig": {"by": "hand"}, "Capabilities": {"mac": True}, "PREVRESULT": {"hand": 1}},
        ],
    }
)
A, B, C, D = NETWORK.plugins
ATTACHMENT = Attachment(
    "c1", "/run/netns/c1", "eth0", (("IgnoreUnknown", "1"), ("K", "v")), {"portMappings": ["P"], "mac": "M"}
)
PREV = {"cniVersion": "1.0.0"}


def test_name_and_version_are_the_list_s() -> None:
    sent = for_attachment(NETWORK, B, ATTACHMENT, PREV)
    assert list(sent)[:2] == ["cniVersion", "name"]
    assert sent == {
        "cniVersion": "1.0.0",
        "name": "N",
        "type": "b",
        "x": 1,
        "runtimeConfig": {"portMappings": ["P"]},
        "prevResult": PREV,
    }


def test_runtime_config_is_left_out_where_no_argument_matches() -> None:
    assert for_attachment(NETWORK, A, ATTACHMENT, None) == {"cniVersion": "1.0.0", "name": "N", "type": "a"}


def test_what_was_written_by_hand_stays_until_the_runtime_has_its_own() -> None:
    sent = for_attachment(NETWORK, C, ATTACHMENT, None)
    assert sent["runtimeConfig"] == {"by": "hand"}
    assert sent["prevResult"] == {"hand": 1}
    assert sent["args"] == {"cni": {}}
    assert sent["big"] == 2**53 + 1
    assert for_attachment(NETWORK, C, ATTACHMENT, PREV)["prevResult"] == PREV


def test_another_spelling_of_a_key_gives_way_too() -> None:
    sent = for_attachment(NETWORK, D, ATTACHMENT, PREV)
    assert sent == {
        "cniVersion": "1.0.0",
        "name": "N",
        "type": "d",
        "runtimeConfig": {"mac": "M"},
        "prevResult": PREV,
    }


def test_gc_names_the_valid_attachments_twice() -> None:
    valid = [{"containerID": "c1", "ifname": "eth0"}]
    sent = for_gc(NETWORK, A, [("c1", "eth0")])
    assert sent["cni.dev/valid-attachments"] == sent["cni.dev/attachments"] == valid
    assert for_gc(NETWORK, A, [])["cni.dev/valid-attachments"] == []
    assert for_gc(NETWORK, A, None) == for_status(NETWORK, A) == {"cniVersion": "1.0.0", "name": "N", "type": "a"}


def test_the_environment_is_whole() -> None:
    env = attachment_environment(Verb.DEL, Attachment("c1", "", "eth0"), "/a:/b")
    assert env.variables() == {
        "CNI_COMMAND": "DEL",
        "CNI_CONTAINERID": "c1",
        "CNI_NETNS": "",
        "CNI_IFNAME": "eth0",
        "CNI_ARGS": "",
        "CNI_PATH": "/a:/b",
    }
    assert attachment_environment(Verb.ADD, ATTACHMENT, "").args == "IgnoreUnknown=1;K=v"
