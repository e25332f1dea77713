"""`python -m asdcfer`: the same as the command `asdcfer`."""

import sys

if __name__ == "__main__":
    try:
        from asdcfer.cli import main
    except KeyboardInterrupt:  # nothing was begun
        sys.exit(130)
    main()
