"""Files that people already have become `.netc` files that compile back to the same JSON.

`adopt` takes documents, as `netc.documents` reads them, and returns texts: one `.netc` for each document, a module of
the chains that several of them share, and a netc.toml. The passes, each a function from one value to the next: JSON to
pieces of netc (`reading`), what repeats to chains (`sharing`), pieces to text (`writing`), and text to JSON again,
which has to be the JSON that it was made of (`proof`).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from netc.adopt import proof, reading, sharing, writing
from netc.adopt.codes import REFUSED
from netc.adopt.pieces import ChainBlock, NetworkBlock, Param, PluginBlock, Read, Scalar, Use
from netc.adopt.placeholders import Placeholders
from netc.dataclass import dataclass, replace
from netc.diagnostics import Diagnostic, Severity, ordered
from netc.documents.document import Document
from netc.documents.go import Written
from netc.lang.notation import quoted

MODULE = "chains.netc"
_PREFIX = "chains."
_PROJECT = "netc.toml"


@dataclass(frozen=True, slots=True)
class Adopted:
    """Relative path to text of each file, `.netc` files in the order of their documents first.

    `findings` are those of reading: what is wrong with the JSON, what is left out or becomes something else.
    `networks`, `chains` and `allowed` count what came of it: the last, the errors that comments allow. `params` are
    those that a build has to be given, by file.
    """

    texts: Mapping[str, str]
    findings: tuple[Diagnostic, ...]
    networks: int
    chains: int
    allowed: int
    params: Mapping[str, tuple[Param, ...]]

    @property
    def refused(self) -> int:
        """How many configurations were left out."""
        return sum(found.code == REFUSED.code for found in self.findings)

    @property
    def builds(self) -> bool:
        """Whether a build takes every file as it is: there is no error that a comment can't allow."""
        return not any(found.severity is Severity.ERROR and found.path in self.texts for found in self.findings)


@dataclass(frozen=True, slots=True)
class _File:
    """One document on its way: what was read of it, each with the configuration that it is from."""

    name: str
    remarks: tuple[str, ...]
    params: tuple[Param, ...]
    reads: tuple[tuple[Written, Read], ...]


def adopt(documents: Sequence[Document], folder: Path, *, chains: bool = True) -> Adopted:
    """Adopt documents into a project that is to lie in `folder`, an absolute path; nothing is read or written there.

    With `chains` what repeats is drawn out, also over several documents. A configuration that can't be said in netc is
    left out; every other one compiles to its JSON.
    """
    findings = [found for document in documents for found in document.findings]
    names: set[str] = {os.path.splitext(MODULE)[0]}
    paths: set[str] = set()
    files = []
    for document in documents:
        file = _read(document, names, paths, folder, findings)
        if file.reads:
            files.append(file)
    blocks, shared, local = _shared(files, chains=chains)
    beside: Mapping[Path, str] = {}
    if shared:
        beside = {folder / MODULE: writing.text(("Chains that several files share.",), (), shared, ())}
    texts: dict[str, str] = {}
    for file in files:
        made = _text(file, blocks[file.name], local[file.name])
        if not proof.agrees(made, folder / file.name, file.params, _plain(file), beside):
            # What is drawn out is a matter of taste: where it were to change anything, it goes.
            made = _text(file, [read.block for _, read in file.reads], [])
        commented, beside, left = proof.allowing(made, folder / file.name, file.params, beside)
        findings += left
        texts[file.name] = commented
    texts |= {path.name: text for path, text in beside.items()}
    allowed = sum(text.count(proof.ALLOW) for text in texts.values())
    if texts:
        texts[_PROJECT] = _project(files)
    return Adopted(
        texts,
        tuple(ordered(findings)),
        sum(len(file.reads) for file in files),
        len(shared) + sum(map(len, local.values())),
        allowed,
        {file.name: tuple(param for param in file.params if param.default is None) for file in files},
    )


def _read(document: Document, names: set[str], paths: set[str], folder: Path, findings: list[Diagnostic]) -> _File:
    """What can be adopted of a document; the rest is among the findings. `names` and `paths` are taken, by others."""
    base = os.path.basename(document.source.path)
    name = _file_name(base, names)
    placeholders = Placeholders()
    reads: list[tuple[Written, Read]] = []
    for written in document.written:
        if written.place == "delegate":
            continue  # it stands inside of another one, and goes with it
        try:
            read, said = reading.read(written, base, placeholders)
        except reading.Refused as refused:
            findings.append(refused.diagnostic.in_network(written.network.name))
            continue
        read = replace(read, block=_apart(read.block, paths))
        params = tuple(read.params.values())
        alone = writing.text((), params, (), [read.block])
        if proof.agrees(alone, folder / name, params, [read], {}):
            reads.append((written, read))
            findings += said
        else:
            findings.append(_unsayable(written))
    used = {param for _, read in reads for param in read.params.values()}
    params = tuple(param for param in placeholders.params.values() if param in used)
    return _File(name, (), params, tuple(reads))


def _unsayable(written: Written) -> Diagnostic:
    """The last resort: what was written did not come back as it was."""
    message = f"{written.network.name} says what netc has no words for"
    return Diagnostic(REFUSED.code, REFUSED.severity, message, written.network.span, network=written.network.name)


def _apart(block: NetworkBlock, paths: set[str]) -> NetworkBlock:
    """The network with a folder of its own where another one would be written to the same file."""
    base = " ".join([block.head.strip('"'), *(f"{key}={value.text}" for key, value in block.meta)])
    path, count = base, 2
    while path in paths:
        path, count = f"{base} {count}", count + 1
    paths.add(path)
    if path == base:
        return block
    return replace(block, meta=(("node", Scalar(quoted(str(count - 1)), "string")), *block.meta))


def _file_name(base: str, names: set[str]) -> str:
    """`10-pods.netc` for `10-pods.conflist`, with a number where that is taken."""
    stem = os.path.splitext(base)[0].strip("<>.") or "adopted"
    name, count = stem, 2
    while name in names:
        name, count = f"{stem}-{count}", count + 1
    names.add(name)
    return f"{name}.netc"


def _plain(file: _File) -> list[Read]:
    return [read for _, read in file.reads]


def _text(file: _File, blocks: Sequence[NetworkBlock], chains: Sequence[ChainBlock]) -> str:
    uses = any(isinstance(one, Use) and one.chain.startswith(_PREFIX) for block in blocks for one in block.plugins)
    return writing.text(file.remarks, file.params, chains, blocks, module=MODULE if uses else None)


def _shared(
    files: Sequence[_File], *, chains: bool
) -> tuple[dict[str, list[NetworkBlock]], list[ChainBlock], dict[str, list[ChainBlock]]]:
    """The networks of each file, with uses of chains; the chains of several files; those of each file alone."""
    blocks = {file.name: [read.block for _, read in file.reads] for file in files}
    local: dict[str, list[ChainBlock]] = {file.name: [] for file in files}
    if not chains:
        return blocks, [], local
    taken = {param.name for file in files for param in file.params} | {_PREFIX[:-1]}
    places = [
        (file.name, index) for file in files for index, (_, read) in enumerate(file.reads) if not read.params
    ]  # a module has no params
    drawn, networks = sharing.drawn_out([blocks[name][index] for name, index in places], taken, _PREFIX)
    shared: list[ChainBlock] = []
    for chain in drawn:
        using = {name for (name, _), network in zip(places, networks) if _uses(network, _PREFIX + chain.name)}
        if len(using) > 1:
            shared.append(chain)
            continue
        local[using.pop()].append(chain)
        networks = [_renamed(network, _PREFIX + chain.name, chain.name) for network in networks]
    for (name, index), network in zip(places, networks):
        blocks[name][index] = network
    names = taken | {chain.name for chain in drawn}
    for file in files:
        more, blocks[file.name] = sharing.drawn_out(blocks[file.name], names)
        local[file.name] += more
    return blocks, shared, local


def _uses(network: NetworkBlock, chain: str) -> bool:
    return any(isinstance(one, Use) and one.chain == chain for one in network.plugins)


def _renamed(network: NetworkBlock, before: str, after: str) -> NetworkBlock:
    plugins: Iterable[PluginBlock | Use] = (
        replace(one, chain=after) if isinstance(one, Use) and one.chain == before else one for one in network.plugins
    )
    return replace(network, plugins=tuple(plugins))


def _project(files: Sequence[_File]) -> str:
    """The netc.toml: it marks the folder, and says what a build makes of what came from manifests alone."""
    places = {written.place for file in files for written, _ in file.reads}
    kind = "nad" if places == {"definition"} else "conflist"
    return f'# This folder is a netc project.\n[build]\nemit = ["{kind}"]\n'
