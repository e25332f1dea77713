"""`asdcfer recipes`."""


def recipes() -> None:
    """Not written yet."""
    raise NotImplementedError
