"""A virtual machine with a kernel that has everything: this machine's own files, another kernel.

QEMU emulates the machine in software: /dev/kvm may open and still not work, and nothing here takes long enough to find
out. The kernel and its modules are those of Debian's package, laid out in a folder by `.ci/fetch-vm`. The first
file system is written here; it mounts this machine's `/` read-only by 9p, with a layer in memory above it.
"""

from __future__ import annotations

import lzma
import os
import re
import shlex
import stat
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

#: Modules that the guest needs to reach its files, and those of what is tested; the guest can't load any by itself.
_BOOT = ("virtio_pci", "9pnet_virtio", "9p", "overlay")
_NET = (
    *("8021q", "ipvlan", "vrf", "dummy", "veth", "bridge", "macvlan", "tun", "ifb", "br_netfilter"),
    *("nf_tables", "nft_chain_nat", "nft_masq", "nft_nat", "nft_ct", "nft_fib_inet", "nft_meta_bridge", "nft_compat"),
    *("nft_log", "nft_reject_inet", "nf_conntrack_netlink", "xt_comment", "xt_MASQUERADE", "xt_multiport", "xt_mark"),
    *("xt_conntrack", "xt_addrtype", "sch_tbf", "sch_ingress", "cls_u32", "act_mirred"),
)
_BUSYBOX = Path("/bin/busybox")
_QEMU = "qemu-system-x86_64"

_INIT = r"""#!/bin/busybox sh
B=/bin/busybox
$B mkdir -p /proc /sys /dev /lower /layer /root /out
$B mount -t proc proc /proc; $B mount -t sysfs sys /sys; $B mount -t devtmpfs dev /dev
while read name; do $B insmod /modules/$name.ko || echo "no module $name"; done < /modules/order
$B mount -t 9p -o ro,trans=virtio,version=9p2000.L,msize=524288,cache=loose host /lower
$B mount -t 9p -o rw,trans=virtio,version=9p2000.L,msize=524288 out /out
$B mount -t tmpfs layer /layer; $B mkdir /layer/upper /layer/work
$B mount -t overlay -o lowerdir=/lower,upperdir=/layer/upper,workdir=/layer/work overlay /root
for folder in proc sys dev; do $B mount --move /$folder /root/$folder; done
$B mount -t tmpfs run /root/run; $B mkdir -p /root/dev/shm /root/run/out
$B mount -t tmpfs shm /root/dev/shm; $B mount --bind /out /root/run/out
for pair in fd:fd stdin:fd/0 stdout:fd/1 stderr:fd/2; do $B ln -s /proc/self/${pair#*:} /root/dev/${pair%:*}; done
$B mount -t cgroup2 none /root/sys/fs/cgroup
$B ip link set lo up
$B chroot /root /bin/sh /run/out/command > /out/stdout 2> /out/stderr < /root/dev/null
echo $? > /out/status
$B sync; $B reboot -f
"""


@dataclass(frozen=True)
class Machine:
    """What a virtual machine is started from; `lacking` is the reason why there is none, "" if there is one."""

    kernel: Path | None
    modules: Path
    lacking: str = ""


def find(folder: str) -> Machine:
    """The machine in a folder as `.ci/fetch-vm` lays it out."""
    root = Path(folder)
    if not folder:
        return Machine(None, root, "NETC_VM names no folder with a kernel: .ci/fetch-vm makes one")
    kernel = next(iter(sorted(root.glob("boot/vmlinuz-*"))), None)
    if kernel is None:
        return Machine(None, root, f"{folder} holds no kernel: .ci/fetch-vm could not fetch one")
    path = os.environ.get("PATH", "").split(":")
    if not any(os.access(os.path.join(place, _QEMU), os.X_OK) for place in path):
        return Machine(kernel, root, f"no {_QEMU} is installed")
    if not _BUSYBOX.exists():
        return Machine(kernel, root, "no busybox-static is installed")
    return Machine(kernel, root)


def run(machine: Machine, command: Sequence[str], out: Path, *, seconds: float, environ: dict[str, str]) -> str:
    """Run a command as root in the machine: what it and the console said. Its files in `out` are /run/out inside.

    Raises `RuntimeError` where the command fails, or is not done within `seconds`.
    """
    variables = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in environ.items())
    (out / "command").write_text(f"{variables}exec {shlex.join(command)}\n", encoding="utf-8")
    with tempfile.TemporaryDirectory() as work:
        initrd = Path(work, "initrd")
        initrd.write_bytes(_first_files(machine))
        arguments = [
            *(_QEMU, "-M", "q35", "-accel", "tcg,thread=multi", "-cpu", "max", "-m", "1024", "-smp", "2"),
            *("-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-serial", "stdio", "-net", "none"),
            *("-kernel", str(machine.kernel), "-initrd", str(initrd)),
            *("-append", "console=ttyS0 rdinit=/init panic=-1 quiet mitigations=off tsc=reliable random.trust_cpu=on"),
            *("-fsdev", "local,id=h,path=/,security_model=none,readonly=on,multidevs=remap"),
            *("-device", "virtio-9p-pci,fsdev=h,mount_tag=host"),
            *("-fsdev", f"local,id=o,path={out},security_model=none"),
            *("-device", "virtio-9p-pci,fsdev=o,mount_tag=out"),
        ]
        try:
            done = subprocess.run(
                arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                errors="replace", check=False, timeout=seconds,
            )  # fmt: skip
            console = done.stdout
        except subprocess.TimeoutExpired as error:
            console = f"{(error.stdout or b'').decode(errors='replace')}\nnot done after {seconds:g} s"
    said = [path.read_text(errors="replace") for name in ("stdout", "stderr") if (path := out / name).exists()]
    text = "\n".join([console[-3000:], *said])
    status = out / "status"
    if not status.exists() or status.read_text().strip() != "0":
        raise RuntimeError(f"the virtual machine's command failed:\n{text}")
    return text


def _first_files(machine: Machine) -> bytes:
    """The guest's first file system: busybox, the modules in the order in which they load, and the program that starts."""
    archive = _Archive()
    for folder in ("bin", "modules", "dev"):
        archive.add(folder, stat.S_IFDIR | 0o755)
    archive.add("bin/busybox", stat.S_IFREG | 0o755, _BUSYBOX.read_bytes())
    archive.add("dev/console", stat.S_IFCHR | 0o600, device=(5, 1))
    order = []
    for name, data in _modules(machine.modules):
        archive.add(f"modules/{name}.ko", stat.S_IFREG | 0o644, data)
        order.append(name)
    archive.add("modules/order", stat.S_IFREG | 0o644, "".join(f"{name}\n" for name in order).encode())
    archive.add("init", stat.S_IFREG | 0o755, _INIT.encode())
    return archive.end()


def _modules(folder: Path) -> Iterator[tuple[str, bytes]]:
    """The wanted modules and what they depend on, that first. One that is not there is part of the kernel."""
    files = {
        re.sub(r"\.ko(\.xz)?$", "", path.name).replace("-", "_"): path
        for path in folder.glob("**/*.ko*")
        if path.name.endswith((".ko", ".ko.xz"))
    }
    done: set[str] = set()

    def with_needed(name: str) -> Iterator[tuple[str, bytes]]:
        name = name.replace("-", "_")
        name = name if name in files else f"{name}_generic"
        if name not in files or name in done:
            return
        done.add(name)
        data = files[name].read_bytes()
        if files[name].suffix == ".xz":
            data = lzma.decompress(data)
        for key, separator in ((rb"depends=", ","), (rb"softdep=pre: ", " ")):
            found = re.search(rb"\0" + key + rb"([^\0]*)\0", data)
            for needed in found[1].decode().split(separator) if found else ():
                if needed:
                    yield from with_needed(needed)
        yield name, data

    for wanted in (*_BOOT, *_NET):
        yield from with_needed(wanted)


class _Archive:
    """An archive in cpio's `newc` format, as the kernel unpacks it."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._files = 0

    def add(self, name: str, mode: int, data: bytes = b"", device: tuple[int, int] = (0, 0)) -> None:
        self._files += 1
        path = name.encode() + b"\0"
        fields = (self._files, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(path), 0)
        self._data += b"070701" + b"".join(b"%08x" % field for field in fields) + path
        self._data += b"\0" * (-len(self._data) % 4) + data
        self._data += b"\0" * (-len(self._data) % 4)

    def end(self) -> bytes:
        self.add("TRAILER!!!", 0)
        return bytes(self._data)
