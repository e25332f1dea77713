"""`asdcfer audit`."""


def audit() -> None:
    """Not written yet."""
    raise NotImplementedError
