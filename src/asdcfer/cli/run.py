"""`asdcfer run`."""


def run() -> None:
    """Not written yet."""
    raise NotImplementedError
