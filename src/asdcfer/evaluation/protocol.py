"""Protocol: how a number was made, as typed facts and as the sentence that a reader sees."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

Tta = Literal["none", "features", "logits", "probabilities"]
"""What is averaged over an image and its mirror image (test-time augmentation)."""

TTA_NOTES: dict[Tta, str] = {
    "none": "",
    "features": ", mean feature of image and mirror image, in training and test",
    "logits": ", mirrored training images added, mean logits of image and mirror image",
    "probabilities": ", probabilities of image and mirror image averaged (test-time flip)",
}
"""How the sentence names each kind of test-time augmentation."""

UNION_NOTE = (
    "the validation split is part of this union, so it is not untouched data; it is printed "
    "because published numbers use it"
)


class Protocol(BaseModel):
    """How a number was made.

    Attributes:
        frozen: the encoder was not trained for this number.
        trained_on: what was fitted on which images, in words.
        chosen: what was chosen; "" where nothing was.
        chosen_on: split that it was chosen on; None where nothing was chosen.
        reported_on: images that the number is of, in words.
        tta: what is averaged over an image and its mirror image.
        notes: what more a reader must know of the reported images.

    Example:
        >>> made = {"trained_on": "kNN in 9 images", "chosen": "k", "chosen_on": "public"}
        >>> print(Protocol(**made, reported_on="PrivateTest"))
        kNN in 9 images; k chosen on public; reported on PrivateTest
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    frozen: bool = True
    trained_on: str
    chosen: str = ""
    chosen_on: str | None = None
    reported_on: str
    tta: Tta = "none"
    notes: tuple[str, ...] = ()

    @property
    def fitting(self) -> str:
        """What was fitted and chosen, without the images that are reported on."""
        choice = f"; {self.chosen} chosen on {self.chosen_on}" if self.chosen_on else ""
        return f"{self.trained_on}{TTA_NOTES[self.tta]}{choice}"

    def __str__(self) -> str:
        return "; ".join([f"{self.fitting}; reported on {self.reported_on}", *self.notes])
