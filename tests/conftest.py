"""One thread for torch, in this process and in those that tests start.

The networks here are small: several threads only get in each other's way, and train up to ten times slower.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
