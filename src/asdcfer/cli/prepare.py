"""`asdcfer prepare`."""


def prepare() -> None:
    """Not written yet."""
    raise NotImplementedError
