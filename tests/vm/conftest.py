"""The machine lies beside these tests; what a case is and how it is lived is the parity tests' own."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "parity")]
