"""Options of learning from faces without labels, beside those with labels."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from asdcfer.data.views import ViewOptions


class UnlabelledOptions(BaseModel):
    """How faces without labels take part in fine-tuning; nothing here matters while `unlabelled` is
    off.

    Attributes:
        unlabelled: also learn from the training images that have no label, or whose label was not
            drawn; those labels are never read. An epoch is then one pass over the unlabelled
            images, and the few labelled ones go round several times in it.
        unlabelled_ratio: unlabelled faces a step for each labelled one.
        unlabelled_weight: of their loss, beside the labelled one.
        pseudo_labels: "soft" learns the whole distribution, "hard" its most probable expression.
        sharpen: temperature of soft pseudo-labels; 1 leaves them as they are.
        threshold_rule: "adaptive" believes a pseudo-label that is surer than usual for its
            expression (FreeMatch), "fixed" one above `threshold` (FixMatch).
        threshold: of the rule "fixed".
        threshold_memory: a step, of the running means behind alignment and adaptive thresholds.
        alignment: "labelled" moves the pseudo-labels on average to the shares of expressions among
            the labelled faces, "estimated" to those estimated for the unlabelled faces (and
            corrects the labelled loss for the difference), "none" leaves them.
        starting_labels: "probe" begins with what a linear probe of the frozen encoder, fitted to
            the labelled faces, says about the unlabelled ones; "propagated" smooths that along
            their nearest neighbours; "none" begins with the model.
        label_memory: a face's pseudo-label keeps this share of what it was at the last visit; 0
            takes each prediction by itself.
        weak_mirror: predictions are means over image and mirror image.
        strong_crop_area, strong_rotate, strong_light, strong_blur, strong_erase: of the views that
            pseudo-labels are learnt on, see `data.views.ViewOptions`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    unlabelled: bool = False
    unlabelled_ratio: int = Field(2, ge=1, le=16)
    unlabelled_weight: float = Field(1.0, ge=0)
    pseudo_labels: Literal["soft", "hard"] = "soft"
    sharpen: float = Field(0.5, gt=0, le=1)
    threshold_rule: Literal["adaptive", "fixed"] = "adaptive"
    threshold: float = Field(0.8, ge=0, le=1)
    threshold_memory: float = Field(0.99, ge=0, lt=1)
    alignment: Literal["estimated", "labelled", "none"] = "estimated"
    starting_labels: Literal["probe", "propagated", "none"] = "probe"
    label_memory: float = Field(0.7, ge=0, lt=1)
    weak_mirror: bool = False
    strong_crop_area: tuple[float, float] = (0.5, 1.0)
    strong_rotate: float = Field(20.0, ge=0, le=180)
    strong_light: float = Field(0.4, ge=0, le=1)
    strong_blur: float = Field(0.2, ge=0, le=1)
    strong_erase: float = Field(0.75, ge=0, le=1)

    def strong_views(self, size: int, flip: float = 0.5) -> ViewOptions:
        """Return the views on which pseudo-labels are learnt."""
        return ViewOptions(
            size=size,
            views=1,
            crop_area=self.strong_crop_area,
            aspect=(0.85, 1.18),
            flip=flip,
            rotate=self.strong_rotate,
            brightness=self.strong_light,
            contrast=self.strong_light,
            gamma=self.strong_light,
            shading=self.strong_light / 2,
            blur=self.strong_blur,
            erase=self.strong_erase,
        )

    def weak_views(self, size: int, flip: float = 0.5) -> ViewOptions:
        """Return the views that are labelled: hardly moved."""
        return ViewOptions(
            size=size,
            views=1,
            crop_area=(0.85, 1.0),
            aspect=(1.0, 1.0),
            flip=flip,
            rotate=0.0,
            brightness=0.0,
            contrast=0.0,
            blur=0.0,
        )
