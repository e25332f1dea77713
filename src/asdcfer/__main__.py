"""`python -m asdcfer`: the same as the command `asdcfer`."""

from asdcfer.cli import main

if __name__ == "__main__":
    main()
