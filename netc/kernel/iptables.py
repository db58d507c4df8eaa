"""iptables and ip6tables in one namespace, for configs that ask for them.

There is no library: every call starts a process (about 2 ms each, and a chain's rules take ten of them), which is born
into the namespace of the thread that starts it. Everything is idempotent: each change looks first whether it is there.
"""

from __future__ import annotations

import errno as codes
import re
from typing import Literal

from netc.kernel.errors import KernelError
from netc.kernel.nft import Place, find_program

Family = Literal["ipv4", "ipv6"]

PROGRAMS: dict[Family, str] = {"ipv4": "iptables", "ipv6": "ip6tables"}
#: What the releases say of a chain, target or rule that is not there. 1.8.9 (nf_tables) has the first two, the first
#: for a chain to be listed: it says so of every chain that it can't find.
_ABSENT = (
    "is incompatible, use 'nft' tool",
    "does not exist",
    "No chain/target/match by that name",
    "does a matching rule exist in that chain",
    "No such file or directory",
)
_EXISTS = ("Chain already exists", "File exists")
#: `Extension comment revision 0 not supported, missing kernel module?`
_EXTENSION = re.compile(r"Extension (\w+) revision \d+ not supported")
_CHANGES = frozenset({"-A", "-I", "-D", "-N", "-F", "-X"})


class Iptables:
    """One family's iptables in one namespace. Raises `KernelError` with the program's own text.

    `ENOENT` is its errno for whatever does not exist, the program included, `EEXIST` for what exists already.
    """

    def __init__(self, namespace: Place, family: Family) -> None:
        self._namespace = namespace
        self.family: Family = family
        self.name = PROGRAMS[family]

    def run(self, table: str, *arguments: str) -> list[str]:
        """Run `iptables -t TABLE ARGUMENTS... --wait` and return the lines it prints."""
        import subprocess

        program = find_program(self.name)
        if program is None:
            reason = f'failed to locate iptables: exec: "{self.name}": executable file not found in $PATH'
            raise KernelError(codes.ENOENT, self.name, "install the package iptables", reason=reason)
        if arguments[0] in _CHANGES:
            self._namespace.before_call(self.name)
        command = [program, "-t", table, *arguments, "--wait"]
        with self._namespace.entered():
            done = subprocess.run(command, capture_output=True, check=False, text=True, errors="replace")
        if done.returncode:
            raise _refusal(self.name, command, done.returncode, done.stderr)
        return done.stdout.splitlines()

    def usable(self, table: str = "filter", chain: str = "INPUT") -> bool:
        """Whether the program is there and this kernel answers it."""
        try:
            self.run(table, "-S", chain, "1")
        except KernelError:
            return False
        return True

    def rules(self, table: str, chain: str) -> list[str] | None:
        """The rules of a chain as `-S` prints them (`-A CHAIN ...`); None where the chain does not exist."""
        try:
            lines = self.run(table, "-S", chain)
        except KernelError as error:
            if error.errno == codes.ENOENT:
                return None
            raise
        return [line for line in lines if line.startswith("-A ")]

    def has_chain(self, table: str, chain: str) -> bool:
        """Whether the chain exists."""
        return self._quiet(table, "-S", chain, "1")

    def has_rule(self, table: str, chain: str, *rule: str) -> bool:
        """Whether the chain exists and holds the rule."""
        return self._quiet(table, "-C", chain, *rule)

    def ensure_chain(self, table: str, chain: str) -> None:
        """Make the chain unless it exists; its rules stay."""
        if self.has_chain(table, chain):
            return
        try:
            self.run(table, "-N", chain)
        except KernelError as error:
            if error.errno != codes.EEXIST:
                raise

    def append(self, table: str, chain: str, *rule: str) -> None:
        """Append the rule unless the chain holds it."""
        if not self.has_rule(table, chain, *rule):
            self.run(table, "-A", chain, *rule)

    def insert(self, table: str, chain: str, *rule: str) -> None:
        """Insert the rule as the first unless the chain holds it anywhere."""
        if not self.has_rule(table, chain, *rule):
            self.run(table, "-I", chain, "1", *rule)

    def delete(self, table: str, chain: str, *rule: str) -> None:
        """Delete the rule; nothing if rule or chain do not exist."""
        self._quiet(table, "-D", chain, *rule)

    def delete_chain(self, table: str, chain: str) -> None:
        """Empty the chain and delete it; nothing if it does not exist."""
        if self._quiet(table, "-F", chain):
            self._quiet(table, "-X", chain)

    def _quiet(self, table: str, *arguments: str) -> bool:
        """Run it; False where something that it names does not exist."""
        try:
            self.run(table, *arguments)
        except KernelError as error:
            if error.errno == codes.ENOENT and find_program(self.name) is not None:
                return False
            raise
        return True


def _refusal(name: str, command: list[str], status: int, text: str) -> KernelError:
    number = codes.EINVAL
    if any(words in text for words in _ABSENT):
        number = codes.ENOENT
    elif any(words in text for words in _EXISTS):
        number = codes.EEXIST
    elif "Permission denied" in text:
        number = codes.EPERM
    missing = _EXTENSION.search(text)
    hint = f"this kernel needs the module xt_{missing[1]}" if missing else ""
    reason = f"running [{' '.join(command)}]: exit status {status}: {text.strip()}"
    return KernelError(number, name, hint, reason=reason)
