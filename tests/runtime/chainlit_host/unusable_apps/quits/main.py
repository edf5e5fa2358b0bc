"""An app that ends the process where it cannot go on."""

import sys

sys.exit("no licence was found")
