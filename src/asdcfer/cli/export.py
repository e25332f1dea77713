"""`asdcfer export`."""


def export() -> None:
    """Not written yet."""
    raise NotImplementedError
