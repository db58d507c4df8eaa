"""Configuration directories (`/etc/cni/net.d`): which file is the network of a name, and what belongs to it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Final

from netc.cni import names
from netc.cni.conflist import NetworkList, PluginConf, parse_conf, parse_list, parse_plugin
from netc.cni.errors import CniError, Code, failure
from netc.dataclass import replace

LIST_EXTENSIONS: Final = (".conflist",)
CONF_EXTENSIONS: Final = (".conf", ".json")
#: Files of this kind in `DIRECTORY/NETWORK/` are further plugins of a network whose list stands in DIRECTORY.
PLUGIN_EXTENSIONS: Final = (".conf",)


def conf_files(directory: str, extensions: Iterable[str]) -> tuple[str, ...]:
    """The files in `directory` with one of these extensions, sorted by the bytes of their paths.

    Dot-files count, and links to anything. () where there is no such directory. Raises `CniError` (code 5) where it
    can't be read.
    """
    wanted = tuple(extensions)
    found = []
    try:
        with os.scandir(directory) as entries:
            for entry in entries:
                # The last extension, case-sensitive; a file called just `.conf` is all extension.
                _, dot, last = entry.name.rpartition(".")
                if dot + last in wanted and dot and not entry.is_dir(follow_symlinks=False):
                    found.append(os.path.join(directory, entry.name))
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise _unreadable(directory, error) from error
    return tuple(sorted(found, key=os.fsencode))


def load(directory: str, name: str) -> NetworkList:
    """The network of this name in a configuration directory.

    The first `.conflist` with that name, else the first `.conf` or `.json`, which becomes a list of one. As with the
    reference library, a bad file that comes before the match is an error. Raises `CniError`: what the files' loading
    raises, and code 999 where there is none.
    """
    lists = conf_files(directory, LIST_EXTENSIONS)
    for file in lists:
        network = parse_list(_read(file))
        # Another network's unsafe name is no concern of ours, but its directory isn't looked for either.
        if network.name == name or names.is_name(network.name):
            network = _complete(network, file)
        if network.name == name:
            return network
    singles = conf_files(directory, CONF_EXTENSIONS)
    for file in singles:
        network = parse_conf(_read(file))
        if network.name == name:
            return network
    if not lists and not singles:
        raise failure(f"no net configurations found in {directory}")
    raise failure(f'no net configuration with name "{name}" in {directory}')


def load_file(file: str) -> NetworkList:
    """The network in a file: a list with the plugins in the directory of its name beside it, or for the extensions of
    single configurations a list of one. Raises `CniError`.
    """
    if file.endswith(CONF_EXTENSIONS):
        return parse_conf(_read(file))
    return _complete(parse_list(_read(file)), file)


def directory_plugins(directory: str, name: str) -> tuple[PluginConf, ...]:
    """The plugins in `DIRECTORY/NAME/*.conf`, in the order of their file names.

    Raises `CniError` for one that can't be read, and for a name that isn't one: "" and ".." would take other
    directories' files for the network's.
    """
    names.check_network_name(name)
    files = conf_files(os.path.join(directory, name), PLUGIN_EXTENSIONS)
    return tuple(parse_plugin(_read(file), file) for file in files)


def _complete(network: NetworkList, file: str) -> NetworkList:
    if network.load_only_inlined_plugins:
        return network
    found = directory_plugins(os.path.dirname(file), network.name)
    if not network.plugins and not found:
        raise CniError(Code.INVALID_NETWORK_CONFIG, "no plugin configs found")
    return replace(network, plugins=network.plugins + found)


def _read(file: str) -> bytes:
    try:
        with open(file, "rb") as stream:
            return stream.read()
    except (OSError, ValueError) as error:
        raise _unreadable(file, error) from error


def _unreadable(path: str, error: OSError | ValueError) -> CniError:
    why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return CniError(Code.IO_FAILURE, f"error reading {path}: {why.lower()}")
