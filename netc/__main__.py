"""`python -m netc`."""

from __future__ import annotations

from netc.cli.main import main

raise SystemExit(main())
