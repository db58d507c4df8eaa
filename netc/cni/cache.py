"""The results cache: what libcni keeps of each attachment, in its format and place, so that either can go on from it.

One file per attachment, `ROOT/results/NETWORK-CONTAINER-IFNAME`. As `-` is legal in all three parts, two attachments
can share a name; netc therefore compares the fields inside before it takes an entry for its own.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from netc.cni.args import Pairs
from netc.cni.conflist import NetworkList
from netc.cni.errors import CniError, Code
from netc.cni.gojson import Json, JsonError, dumps, loads, quote
from netc.cni.locks import take_turn
from netc.cni.request import Attachment
from netc.dataclass import dataclass, field

#: Where libcni keeps its cache unless told otherwise.
DEFAULT_ROOT: Final = "/var/lib/cni"
_KIND: Final = "cniCacheV1"


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """What is known of an attachment since its ADD.

    `config` is the network list's JSON. `result` has the version it was written with. A `legacy` entry, of libraries
    before v0.8.0, is a bare result, with nothing else known.
    """

    network: str
    attachment: Attachment
    config: bytes = b""
    result: Mapping[str, Json] | None = None
    legacy: bool = field(default=False, kw_only=True)


class Cache:
    """The cache below `root`. Every method raises `CniError` (code 5) where the file system refuses."""

    def __init__(self, root: str | os.PathLike[str] = DEFAULT_ROOT) -> None:
        self.root = os.fspath(root)

    def path(self, network: str, attachment: Attachment) -> str:
        """The entry's file. Raises `CniError` (code 4) unless all three parts are there, none with a `/`."""
        container_id, ifname = attachment.key
        if not (network and container_id and ifname):
            parts = f"network name ({quote(network)}), container ID ({quote(container_id)}), "
            text = f"cache file path requires {parts}and interface name ({quote(ifname)})"
            raise CniError(Code.INVALID_ENVIRONMENT, text)
        name = f"{network}-{container_id}-{ifname}"
        if "/" in name or "\0" in name:
            raise CniError(Code.INVALID_ENVIRONMENT, "network name, container ID or interface name contains /", name)
        return os.path.join(self._results, name)

    @property
    def _results(self) -> str:
        return os.path.join(self.root, "results")

    def read(self, network: str, attachment: Attachment) -> CacheEntry | None:
        """The attachment's entry; None where there is none, it can't be opened, or the file is another attachment's.

        Raises `CniError` (code 6) for a file that is no entry.
        """
        return self._load(self.path(network, attachment), network, attachment)

    def _load(self, path: str, network: str, attachment: Attachment) -> CacheEntry | None:
        entry = _read_entry(path)
        if entry is None:
            return None
        if entry.legacy:
            return CacheEntry(network, attachment, result=entry.result, legacy=True)
        return entry if (entry.network, entry.attachment.key) == (network, attachment.key) else None

    def claim(self, network: str, attachment: Attachment) -> None:
        """Raises `CniError` (code 7) if the attachment's file is taken by another one of the same file name."""
        path = self.path(network, attachment)
        try:
            entry = _read_entry(path)
        except CniError:
            return  # a broken file is nobody's: it will be written over
        if entry is None or entry.legacy or (entry.network, entry.attachment.key) == (network, attachment.key):
            return
        other = f"container {quote(entry.attachment.container_id)} on network {quote(entry.network)}"
        text = f"cache file {path} belongs to {other}, whose names join to the same file name"
        raise CniError(Code.INVALID_NETWORK_CONFIG, text)

    def write(self, network: NetworkList, attachment: Attachment, result: Mapping[str, Json]) -> None:
        """Keeps the attachment, its list with all plugins, and the result (which has a `cniVersion`), atomically."""
        entry: dict[str, Json] = {
            "kind": _KIND,
            "containerId": attachment.container_id,
            "config": base64.b64encode(network.to_bytes()).decode(),
            "ifName": attachment.ifname,
            "networkName": network.name,
        }
        if attachment.netns:
            entry["netns"] = attachment.netns
        if attachment.args:
            entry["cniArgs"] = [list(pair) for pair in attachment.args]
        if attachment.capability_args:
            entry["capabilityArgs"] = dict(attachment.capability_args)
        entry["result"] = result
        path = self.path(network.name, attachment)
        # Beside the folder of entries, not in it: libcni would take what a crash leaves behind for an attachment.
        draft = os.path.join(self.root, f".result-{os.getpid()}-{threading.get_native_id()}")
        try:
            os.makedirs(self._results, mode=0o700, exist_ok=True)
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(dumps(entry, indent=None).encode())
            os.replace(draft, path)
        except OSError as error:
            with contextlib.suppress(OSError):
                os.unlink(draft)
            raise _refused(path, error) from error

    def delete(self, network: str, attachment: Attachment) -> None:
        """Forgets the attachment; another one's entry in the same file stays. A broken file goes."""
        path = self.path(network, attachment)
        try:
            if self._load(path, network, attachment) is None:
                return
        except CniError:
            pass  # no entry of anybody's
        try:
            os.unlink(path)
        except FileNotFoundError:
            return
        except OSError as error:
            raise _refused(path, error) from error

    def entries(self, network: str | None = None) -> tuple[CacheEntry, ...]:
        """All entries (of one network), sorted by file name; broken and legacy files are left out."""
        try:
            found = sorted(os.listdir(self._results), key=os.fsencode)
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise _refused(self._results, error) from error
        return tuple(entry for entry in self._readable(found) if network is None or entry.network == network)

    def _readable(self, found: list[str]) -> Iterator[CacheEntry]:
        for name in found:
            with contextlib.suppress(CniError):
                entry = _read_entry(os.path.join(self._results, name))
                if entry is not None and not entry.legacy and entry.network and entry.attachment.ifname:
                    yield entry

    @contextmanager
    def locked(self, container_id: str | None) -> Iterator[None]:
        """Holds off other operations on the container, in any thread and process; on all containers where None.

        The specification forbids parallel operations on one container, and anything parallel to GC.
        """
        path = os.path.join(self.root, "netc.lock")
        try:
            os.makedirs(self.root, mode=0o700, exist_ok=True)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise _refused(path, error) from error
        try:
            take_turn(descriptor, container_id)
            yield
        finally:
            os.close(descriptor)  # gives the lock back


def _read_entry(path: str) -> CacheEntry | None:
    """The entry in a file, its result not parsed. None where it can't be opened; raises `CniError` (code 6)."""
    try:
        with open(path, "rb") as stream:
            text = stream.read()
    except OSError:
        return None
    try:
        document = loads(text)
        if not isinstance(document, Mapping):
            raise JsonError("not an object")
        return _entry(document)
    except (JsonError, TypeError, ValueError, binascii.Error, KeyError) as error:
        raise CniError(Code.DECODING_FAILURE, f"cached result {path} can't be read: {error}") from error


def _entry(document: Mapping[str, Json]) -> CacheEntry:
    if document.get("kind") != _KIND:
        return CacheEntry("", Attachment("", "", ""), result=document, legacy=True)
    fields = {key: document.get(key) or "" for key in ("networkName", "containerId", "netns", "ifName", "config")}
    if not all(isinstance(value, str) for value in fields.values()):
        raise JsonError("a field has the wrong type")
    args: Pairs = tuple((str(key), str(value)) for key, value in document.get("cniArgs") or ())
    capability_args = document.get("capabilityArgs") or {}
    result = document.get("result")
    if not isinstance(capability_args, Mapping) or not (result is None or isinstance(result, Mapping)):
        raise JsonError("a field has the wrong type")
    attachment = Attachment(fields["containerId"], fields["netns"], fields["ifName"], args, capability_args)
    return CacheEntry(fields["networkName"], attachment, base64.b64decode(fields["config"], validate=True), result)


def _refused(path: str, error: OSError) -> CniError:
    return CniError(Code.IO_FAILURE, f"{path}: {(error.strerror or str(error)).lower()}")
