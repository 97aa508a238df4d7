"""Tests of Veza; pytest imports this before anything else of them.

While it imports and collects, looking for garbage is a fifth of its time and finds none: `tests/conftest.py` begins
with that when all is collected.
"""

import gc
import sys

if "pytest" in sys.modules:
    gc.disable()
