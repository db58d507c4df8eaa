"""netc's own version: a constant, since asking the installed package for it costs more than all of `netc lint`."""

from __future__ import annotations

VERSION = "0.1.0"
