"""TrackPartners: for each face, another moment of the same face's track."""

import torch
from torch import Tensor, nn

from asdcfer.augmentation.draws import draw_uniform


class TrackPartners(nn.Module):
    """Draw for each face of a batch another one of its track that was seen soon before or after.

    Given anew whenever training starts, so a checkpoint need not hold it.

    Args:
        within: largest distance of two moments, seconds.

    Example:
        >>> partners = TrackPartners(within=1.0)
        >>> seconds = torch.tensor([0.0, 5.0, 0.5, 0.2])
        >>> partners.take(torch.tensor([0, 0, 0, -1]), seconds.double())
        >>> partners.draw(torch.tensor([0, 1, 2, 3])).tolist()
        [2, 1, 0, 3]
    """

    order: Tensor
    place: Tensor
    first: Tensor
    last: Tensor

    def __init__(self, within: float) -> None:
        super().__init__()
        self.within = within
        for name in ("order", "place", "first", "last"):
            self.register_buffer(name, torch.zeros(0, dtype=torch.int64), persistent=False)

    def take(self, tracks: Tensor, seconds: Tensor) -> None:
        """Find the neighbors in time of every face.

        Args:
            tracks: int64 (N,), -1 for a face of none.
            seconds: float64 (N,).
        """
        # Tracks lie apart on one time line, so that one search finds both ends of each window; a
        # face of no track is a track of its own.
        own = torch.arange(len(tracks)) + int(tracks.max()) + 1
        track = torch.where(tracks >= 0, tracks, own)
        gap = float(seconds.max() - seconds.min()) + 2 * self.within + 1.0
        line = track.double() * gap + (seconds - seconds.min())
        line, order = torch.sort(line, stable=True)
        reach = self.within + 1e-9
        found = {
            "order": order,
            "place": torch.argsort(order),
            "first": torch.searchsorted(line, line - reach),
            "last": torch.searchsorted(line, line + reach, right=True),
        }
        for name, table in found.items():
            setattr(self, name, table.to(getattr(self, name).device))

    @property
    def shared(self) -> int:
        """How many faces have a partner."""
        return int((self.last - self.first > 1).sum())

    def draw(self, index: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Return a partner of each face, int64 (B,); a face without one is its own.

        Args:
            index: int64 (B,), rows of the training faces.
            generator: source of randomness.
        """
        place = self.place[index.to(self.place.device)]
        first, last = self.first[place], self.last[place]
        others = last - first - 1
        chance = draw_uniform((len(index),), generator, place.device)
        chosen = first + (chance * others).long().clamp(max=(others - 1).clamp(min=0))
        # The face itself is stepped over.
        chosen = torch.where(others > 0, chosen + (chosen >= place).long(), place)
        return self.order[chosen]
