"""``python -m workbench.cli`` does what ``workbench`` does."""

import sys

from workbench.cli.command_line import main

sys.exit(main())
