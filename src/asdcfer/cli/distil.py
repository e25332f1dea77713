"""`asdcfer distil`."""


def distil() -> None:
    """Not written yet."""
    raise NotImplementedError
