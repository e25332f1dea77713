"""`asdcfer probe`."""


def probe() -> None:
    """Not written yet."""
    raise NotImplementedError
