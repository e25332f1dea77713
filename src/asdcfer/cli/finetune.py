"""`asdcfer finetune`."""


def finetune() -> None:
    """Not written yet."""
    raise NotImplementedError
