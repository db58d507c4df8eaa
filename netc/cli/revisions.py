"""Files of a git revision, laid out in a folder so that they can be read like any others."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from netc.cli.project import Misuse
from netc.dataclass import dataclass

#: What a project consists of, as far as networks depend on it.
_ENDINGS = (".netc", ".toml", ".lock", ".yaml", ".yml", ".json", ".conflist", ".conf")


class NoGit(Exception):
    """There is no git on this machine."""


@dataclass(frozen=True, slots=True)
class Repository:
    """A git work tree; `top` is its folder, with no symbolic link in the path."""

    top: Path

    @classmethod
    def around(cls, folder: str) -> Repository | None:
        """The work tree that a folder lies in, None where it lies in none; raises `NoGit`."""
        found = _git(folder or ".", "rev-parse", "--show-toplevel")
        return cls(Path(os.path.realpath(os.fsdecode(found).rstrip("\n")))) if found else None

    def commit(self, revision: str) -> str | None:
        """The id of the commit that a revision is, None where it is none."""
        if revision.startswith("-") or not revision:
            return None
        found = _git(self.top, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        return found.decode().strip() or None

    def inside(self, path: str) -> str:
        """A path as the repository has it, `.` for its top; raises `Misuse` for one outside of it."""
        inner = os.path.relpath(os.path.realpath(path), self.top)
        if inner == ".." or inner.startswith(f"..{os.sep}"):
            raise Misuse(f"{path} lies outside the git repository {self.top}", "name a path inside it")
        return Path(inner).as_posix()

    def lay_out(self, commit: str, folder: Path) -> None:
        """Write the files of a commit that networks depend on below a folder.

        Symbolic links within the repository are links there too. Raises `Misuse` where git refuses.
        """
        wanted = list(self._files(commit))
        blobs = "".join(f"{name}\n" for _, name, _ in wanted).encode()
        answer = memoryview(_git(self.top, "cat-file", "--batch", stdin=blobs, strict=True))
        at = 0
        for mode, _, path in wanted:
            end = bytes(answer[at : at + 200]).index(b"\n") + at
            size = int(bytes(answer[at:end]).split()[2])
            data = bytes(answer[end + 1 : end + 1 + size])
            at = end + size + 2
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            if mode == "120000":
                _link(target, os.fsdecode(data), folder)
            else:
                target.write_bytes(data)

    def _files(self, commit: str) -> Iterator[tuple[str, str, str]]:
        """Mode, object and path of each file of a commit that counts."""
        for entry in _git(self.top, "ls-tree", "-r", "-z", "--full-tree", commit, strict=True).split(b"\0"):
            head, _, path = os.fsdecode(entry).partition("\t")
            if path.endswith(_ENDINGS):
                mode, _, name = head.split()
                if mode in ("100644", "100755", "120000"):
                    yield mode, name, path


def _link(target: Path, to: str, folder: Path) -> None:
    """A link as in the repository; one that leads out of it is left out, as netc would not follow it either."""
    end = os.path.normpath(os.path.join(target.parent, to))
    if not os.path.isabs(to) and Path(end).is_relative_to(folder):
        target.symlink_to(to)


def _git(folder: str | Path, *words: str, stdin: bytes = b"", strict: bool = False) -> bytes:
    """What git prints, nothing where it fails; with `strict` that is a `Misuse` with git's reason."""
    try:
        run = subprocess.run(["git", "-C", str(folder), *words], input=stdin, capture_output=True, check=False)
    except FileNotFoundError:
        raise NoGit from None
    if run.returncode == 0:
        return run.stdout
    if strict or b"dubious ownership" in run.stderr:
        reason = run.stderr.decode(errors="replace").strip().splitlines() or ["no reason given"]
        raise Misuse(f"git {words[0]} failed: {reason[0]}")
    return b""
