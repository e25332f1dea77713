"""`asdcfer pretrain`."""


def pretrain() -> None:
    """Not written yet."""
    raise NotImplementedError
