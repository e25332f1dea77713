"""A first-in-first-out ring, one key at a time."""


class LoopQueue:
    """Holds the last `size` keys at the rows where a ring keeps them."""

    def __init__(self, size: int) -> None:
        self.rows: list = [None] * size
        self.next = 0

    def enqueue(self, keys: list) -> None:
        for key in keys:
            self.rows[self.next] = key
            self.next = (self.next + 1) % len(self.rows)

    def negatives(self) -> list:
        return [row for row in self.rows if row is not None]
