"""``python -m runtime`` with the probe app in Chainlit's place, for tests of the process itself."""

import sys

from runtime.__main__ import main
from tests.runtime.probe import ProbeHost

if __name__ == "__main__":
    sys.exit(main(ProbeHost))
