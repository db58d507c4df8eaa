"""Plugins as programs: found, run, and understood whatever they do."""

import io
import json
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from netc.cni.errors import CniError
from netc.cni.plugin import Environment
from netc.cni.process import BUSY_RUNS, ProcessExecutor, exit_text

Program = Callable[[str, str], Path]
ADD = Environment("ADD", "c1", "/run/netns/c1", "eth0", "A=b", "/p")


def error_of(folder: Path, env: Environment = ADD) -> tuple[int, str, str]:
    with pytest.raises(CniError) as error:
        ProcessExecutor([str(folder)]).run("x", env, {})
    return error.value.code, error.value.msg, error.value.details


class TestFinding:
    def test_the_first_regular_file_counts_executable_or_not(self, tmp_path: Path) -> None:
        for folder in ("a", "b", "c"):
            (tmp_path / folder).mkdir()
        (tmp_path / "a" / "x").mkdir()
        (tmp_path / "real").write_text("")
        (tmp_path / "b" / "x").symlink_to(tmp_path / "real")
        (tmp_path / "c" / "x").write_text("")
        executor = ProcessExecutor([str(tmp_path / folder) for folder in ("a", "missing", "b", "c")])
        assert executor.find("x") == str(tmp_path / "b" / "x")

    @pytest.mark.parametrize(
        ("path", "plugin_type", "message"),
        [
            (["/a", "/b"], "", "no plugin name provided"),
            (["/a", "/b"], "a/b", "invalid plugin name: a/b"),
            ([], "x", "no paths provided"),
            (["/a", "/b"], "x", 'failed to find plugin "x" in path [/a /b]'),
        ],
    )
    def test_what_is_not_found(self, path: list[str], plugin_type: str, message: str) -> None:
        with pytest.raises(CniError) as error:
            ProcessExecutor(path).find(plugin_type)
        assert error.value.msg == message


def test_a_plugin_gets_the_request_and_the_whole_environment(program: Program, tmp_path: Path) -> None:
    folder = program("x", f"cat >{tmp_path}/stdin; env >{tmp_path}/env; echo '{{}}'")
    executor = ProcessExecutor([str(folder)], environ={"PATH": os.environ["PATH"], "CNI_NETNS": "old", "OTHER": "1"})
    assert executor.run("x", ADD, {"name": "<n>"}) == {}
    assert (tmp_path / "stdin").read_text() == '{"name":"\\u003cn\\u003e"}'
    variables = dict(line.split("=", 1) for line in (tmp_path / "env").read_text().splitlines())
    expected = {**ADD.variables(), "OTHER": "1"}
    assert {key: variables[key] for key in expected} == expected
    executor.run("x", Environment("GC", path="/p"), {})
    assert "CNI_CONTAINERID=\n" in (tmp_path / "env").read_text()


class TestFailures:
    """What a failing plugin leaves on stdout and stderr, and what becomes of it."""

    def test_an_error_object(self, program: Program) -> None:
        folder = program("x", """echo '{"code": 11, "msg": "busy", "details": "d"}'; echo noise >&2; exit 1""")
        assert error_of(folder) == (11, "busy", "d")

    def test_only_stderr(self, program: Program) -> None:
        folder = program("x", "echo 'broken \"pipe\"' >&2; exit 3")
        assert error_of(folder) == (0, 'netplugin failed: "broken \\"pipe\\"\\n": exit status 3', "")

    def test_nothing(self, program: Program) -> None:
        assert error_of(program("x", "exit 1")) == (0, "netplugin failed with no error message: exit status 1", "")

    def test_killed(self, program: Program) -> None:
        assert error_of(program("x", "kill -9 $$")) == (0, "netplugin failed with no error message: signal: killed", "")

    def test_a_crash(self, program: Program) -> None:
        assert error_of(program("x", "echo 'panic: nil' >&2; exit 2"))[1] == (
            'netplugin failed: "panic: nil\\n": exit status 2'
        )

    def test_two_documents(self, program: Program) -> None:
        folder = program("x", """printf '{}{"code": 8}'; exit 1""")
        assert error_of(folder) == (
            0,
            'netplugin failed but error parsing its diagnostic message "{}{\\"code\\": 8}": '
            "invalid character '{' after top-level value",
            "",
        )

    def test_an_error_of_the_wrong_shape(self, program: Program) -> None:
        assert error_of(program("x", """echo '{"code": "1"}'; exit 1"""))[1].endswith(
            "json: cannot unmarshal string into Go struct field Error.code of type uint"
        )
        assert error_of(program("x", "echo []; exit 1"))[1].endswith(
            "json: cannot unmarshal array into Go value of type types.Error"
        )
        assert error_of(program("x", "echo '{}'; exit 1")) == (0, "", "")

    def test_a_file_that_can_not_be_run(self, tmp_path: Path) -> None:
        (tmp_path / "x").write_text("")
        message = f"netplugin failed with no error message: fork/exec {tmp_path}/x: permission denied"
        assert error_of(tmp_path)[1] == message

    def test_success_without_json(self, program: Program) -> None:
        assert error_of(program("x", "echo hello"))[1] == "invalid character 'h' looking for beginning of value"
        assert error_of(program("x", "true"))[1] == "unexpected end of JSON input"

    def test_what_a_verb_without_answer_prints_is_nothing_to_us(self, program: Program) -> None:
        executor = ProcessExecutor([str(program("x", "echo hello"))])
        assert executor.run("x", Environment("DEL", "c1", "", "eth0", "", "/p"), {}) is None


def test_stderr_is_passed_on_after_success_only(program: Program) -> None:
    log = io.StringIO()
    folder = program("x", "echo note >&2; echo '{}'; test $CNI_COMMAND = ADD")
    executor = ProcessExecutor([str(folder)], stderr=log)
    with pytest.raises(CniError):
        executor.run("x", Environment("DEL", "c1", "", "eth0", "", "/p"), {})
    assert log.getvalue() == ""
    executor.run("x", ADD, {})
    assert log.getvalue() == "note\n"


def test_a_large_request_and_a_plugin_that_does_not_read_it(program: Program) -> None:
    folder = program("x", "echo '{}'")
    assert ProcessExecutor([str(folder)]).run("x", ADD, {"x": "y" * 1_000_000}) == {}


def test_a_binary_that_is_being_written_is_tried_again_but_not_for_ever(program: Program) -> None:
    folder = program("x", "echo '{}'")
    pauses: list[float] = []
    with open(folder / "x", "ab") as writing:
        with pytest.raises(CniError) as error:
            ProcessExecutor([str(folder)], sleep=pauses.append).run("x", ADD, {})
        assert error.value.msg.endswith("x: text file busy")
        assert pauses == [1.0] * (BUSY_RUNS - 1)

        def stop_writing(_: float) -> None:
            writing.close()

        assert ProcessExecutor([str(folder)], sleep=stop_writing).run("x", ADD, {}) == {}


def test_a_plugin_that_takes_too_long_is_ended_with_its_children(program: Program, tmp_path: Path) -> None:
    folder = program("x", f"sleep 1000 & echo $! >{tmp_path}/child; wait")
    with pytest.raises(CniError, match="took longer than"):
        ProcessExecutor([str(folder)], timeout_s=0.5).run("x", ADD, {})
    assert is_gone(int((tmp_path / "child").read_text()))


def test_an_interrupt_ends_the_plugin_and_reaps_it(program: Program, tmp_path: Path) -> None:
    folder = program("x", f"echo $$ >{tmp_path}/new; mv {tmp_path}/new {tmp_path}/pid; exec sleep 1000")

    def interrupt() -> None:
        while not (tmp_path / "pid").exists():
            time.sleep(0.01)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        ProcessExecutor([str(folder)]).run("x", ADD, {})
    thread.join()
    assert is_gone(int((tmp_path / "pid").read_text()))


def is_gone(pid: int) -> bool:
    """Whether the process has ended, within ten seconds (init may take a moment to reap an orphan)."""
    for _ in range(1000):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True
        if state == "Z" and os.getpid() != 1:
            return True
        time.sleep(0.01)
    return False


def test_an_environment_that_can_not_be_is_refused(program: Program) -> None:
    env = Environment("ADD", "c1", "/run/\0", "eth0", "", "/p")
    assert error_of(program("x", "true"), env)[0] == 4


def test_version_has_an_answer(program: Program) -> None:
    reply = {"cniVersion": "1.0.0", "supportedVersions": ["1.0.0"]}
    folder = program("x", f"echo '{json.dumps(reply)}'")
    assert ProcessExecutor([str(folder)]).run("x", Environment("VERSION"), {}) == reply


def test_how_a_process_ended() -> None:
    assert exit_text(2) == "exit status 2"
    assert exit_text(-signal.SIGTERM) == "signal: terminated"
    assert exit_text(-signal.SIGSEGV) == "signal: segmentation fault"
