"""`asdcfer models`."""


def models() -> None:
    """Not written yet."""
    raise NotImplementedError
