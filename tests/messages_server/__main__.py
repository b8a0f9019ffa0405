"""Run beside another process: ``python -m messages_server`` prints one line of JSON, and stops with its stdin.

The line has ``base_url`` and ``ca_bundle``. Every line on stdin is a JSON object with the fields of `Scripted`, and is
put in the queue; the end of stdin stops the server.
"""

import json
import sys

from messages_server.scripted import Scripted
from messages_server.server import running_server


def main() -> None:
    """Serve until stdin ends."""
    with running_server() as running:
        sys.stdout.write(json.dumps({"base_url": running.base_url, "ca_bundle": str(running.ca_bundle)}) + "\n")
        sys.stdout.flush()
        for line in sys.stdin:
            running.server.enqueue(Scripted(**json.loads(line)))


if __name__ == "__main__":
    main()
