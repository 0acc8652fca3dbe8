"""`python -m n2n` is the command `n2n`."""

import sys

from n2n.cli import main

if __name__ == "__main__":
    sys.exit(main())
