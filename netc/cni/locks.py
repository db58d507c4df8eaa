"""Turns: one operation at a time on a container, and nothing beside GC (SPEC.md, section 2, "Lifecycle & Ordering")."""

from __future__ import annotations

import struct
import zlib
from typing import Final

# struct flock: type, whence, start, length, pid. Length 0 reaches to the end of all offsets.
_FLOCK: Final = "hhqqi4x"


def take_turn(descriptor: int, container_id: str | None) -> None:
    """Waits until nobody else has the container's turn, or any turn where `container_id` is None, and takes it.

    A turn is a lock on one byte of the file (all bytes for everything), bound to this opening of it: so it holds
    between threads as between processes, leaves no file per container behind, and ends with the descriptor. Raises
    `OSError`.
    """
    import fcntl

    start, length = (0, 0) if container_id is None else (zlib.crc32(container_id.encode()), 1)
    lock = struct.pack(_FLOCK, fcntl.F_WRLCK, 0, start, length, 0)
    # A set-lock on the open file description, not the process (fcntl.lockf), which its own threads would pass.
    fcntl.fcntl(descriptor, fcntl.F_OFD_SETLKW, lock)
