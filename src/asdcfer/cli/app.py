"""`asdcfer app`."""


def app() -> None:
    """Not written yet."""
    raise NotImplementedError
