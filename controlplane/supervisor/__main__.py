"""`python -m controlplane.supervisor`: the same as `manage.py up`, without loading Django's settings first."""

import argparse
import sys
from pathlib import Path

from controlplane.supervisor import run


def main() -> int:
    """Parse the command line and run the stack."""
    parser = argparse.ArgumentParser(prog="manage.py up", description="Run the whole stack on this machine.")
    parser.add_argument("--port", type=int, help="port of the gateway (default: PORT, or 8000)")
    parser.add_argument("--data-dir", type=Path, help="where everything is kept (default: DATA_DIR, or .data)")
    parser.add_argument("--no-demo", action="store_true", help="start without the demo tenants and sign-ins")
    parser.add_argument("--app", type=Path, help="folder of a Chainlit app to develop: a demo tenant, live reload")
    options = parser.parse_args()
    return run(port=options.port, data_dir=options.data_dir, demo=not options.no_demo, app=options.app)


if __name__ == "__main__":
    sys.exit(main())
