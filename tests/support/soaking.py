"""How long the tests that look for rare faults go on: `KIT_SOAK=10` makes them ten times as long."""

import os

SOAK = int(os.environ.get("KIT_SOAK", "1"))
"""How many times as long as in CI."""
