"""``python -m lr_schedule.cli``."""

import sys

from lr_schedule.cli.main import main

sys.exit(main())
