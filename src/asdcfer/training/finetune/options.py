"""Options of fine-tuning."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from asdcfer.augmentation.resolution import Resolution
from asdcfer.augmentation.views import ViewOptions
from asdcfer.devices import resolve_precision
from asdcfer.training.engine.optimizer import OptimizerOptions
from asdcfer.training.engine.plan import Precision


class UnlabeledOptions(BaseModel):
    """How faces without labels take part in fine-tuning, where `unlabeled` is on.

    Attributes:
        unlabeled: also learn from the training images that have no label, or whose label was not
            drawn; those labels are never read. An epoch is then one pass over the unlabeled
            images, and the few labeled ones go round several times in it.
        pseudo_rule: "online" labels faces anew in every step, as all that follows says; "agreement"
            labels them once, before training, keeps what classifier, confidence and clusters of
            the frozen features agree on (see `cluster_agreement`), and trains on both kinds alike.
        agreement_confidence, agreement_silhouette: least probability of the predicted expression,
            and least silhouette of the face in its cluster.
        agreement_clusters: clusters; 0 for one each expression.
        unlabeled_ratio: unlabeled faces a step for each labeled one.
        unlabeled_weight: of their loss, beside the labeled one.
        pseudo_labels: "soft" learns the whole distribution, "hard" its most probable expression.
        sharpen: temperature of soft pseudo-labels; 1 leaves them as they are.
        threshold_rule: "adaptive" believes a pseudo-label that is surer than usual for its
            expression (FreeMatch), "fixed" one above `threshold` (FixMatch).
        threshold: of the rule "fixed".
        threshold_memory: a step, of the running means behind alignment and adaptive thresholds.
        alignment: "labeled" moves the pseudo-labels on average to the shares of expressions among
            the labeled faces, "estimated" to those estimated for the unlabeled faces (and
            corrects the labeled loss for the difference), "none" leaves them.
        starting_labels: "probe" begins with what a linear probe of the frozen encoder, fitted to
            the labeled faces, says about the unlabeled ones; "propagated" smooths that along
            their nearest neighbors; "none" begins with the model.
        label_memory: a face's pseudo-label keeps this share of what it was at the last visit; 0
            takes each prediction by itself.
        weak_tta: predictions are means over image and mirror image.
        strong_crop_area, strong_rotate, strong_light, strong_blur, strong_erase: of the views that
            pseudo-labels are learnt on, see `augmentation.views.ViewOptions`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    unlabeled: bool = False
    pseudo_rule: Literal["online", "agreement"] = "online"
    agreement_confidence: float = Field(0.8, ge=0, lt=1)
    agreement_silhouette: float = Field(0.05, ge=0, lt=1)
    agreement_clusters: int = Field(0, ge=0)
    unlabeled_ratio: int = Field(2, ge=1, le=16)
    unlabeled_weight: float = Field(1.0, ge=0)
    pseudo_labels: Literal["soft", "hard"] = "soft"
    sharpen: float = Field(0.5, gt=0, le=1)
    threshold_rule: Literal["adaptive", "fixed"] = "adaptive"
    threshold: float = Field(0.8, ge=0, le=1)
    threshold_memory: float = Field(0.99, ge=0, lt=1)
    alignment: Literal["estimated", "labeled", "none"] = "estimated"
    starting_labels: Literal["probe", "propagated", "none"] = "probe"
    label_memory: float = Field(0.7, ge=0, lt=1)
    weak_tta: bool = False
    strong_crop_area: tuple[float, float] = (0.5, 1.0)
    strong_rotate: float = Field(20.0, ge=0, le=180)
    strong_light: float = Field(0.4, ge=0, le=1)
    strong_blur: float = Field(0.2, ge=0, le=1)
    strong_erase: float = Field(0.75, ge=0, le=1)

    def strong_views(self, size: int, hflip: float = 0.5) -> ViewOptions:
        """Return the views on which pseudo-labels are learnt."""
        return ViewOptions(
            size=size,
            views=1,
            crop_area=self.strong_crop_area,
            aspect=(0.85, 1.18),
            hflip=hflip,
            rotate=self.strong_rotate,
            brightness=self.strong_light,
            contrast=self.strong_light,
            gamma=self.strong_light,
            shading=self.strong_light / 2,
            blur=self.strong_blur,
            erase=self.strong_erase,
        )

    def weak_views(self, size: int, hflip: float = 0.5) -> ViewOptions:
        """Return the views that are labeled: hardly moved."""
        return ViewOptions(
            size=size,
            views=1,
            crop_area=(0.85, 1.0),
            aspect=(1.0, 1.0),
            hflip=hflip,
            rotate=0.0,
            brightness=0.0,
            contrast=0.0,
            blur=0.0,
        )


class FinetuneOptions(UnlabeledOptions):
    """How an encoder and a classifier are trained on labels.

    Attributes:
        epochs: passes over the labeled images, or over the unlabeled ones where they take part; 0
            trains nothing, and with `classifier_start="probe"` makes a model of the encoder as it
            is and its linear probe.
        batch_size: labeled images a step.
        optimizer: "sgd" (Nesterov) or "adamw".
        learning_rate: peak, of the classifier; "auto" is 0.05 for sgd and 0.001 for adamw.
        encoder_rate: the encoder's last block learns at this share of it.
        layer_decay: each block further down learns at this share of the one above it.
        sgd_momentum: of SGD.
        weight_decay: on weights of two or more dimensions; "auto" is 5e-4 for sgd and 0.05 for
            adamw.
        warmup_epochs: linear warm-up before the cosine.
        label_smoothing: share of the target that is spread over all expressions.
        mixup: alpha of the Beta distribution that blends pairs of images; 0 switches it off.
        cutmix: alpha of the Beta distribution that pastes a piece of another image; 0 switches it
            off. Where both are on, each step does one of them.
        cutmix_share: share of the steps that cut and do not blend, where both are on.
        teacher_weight: share of the target that fine-tuned teachers give, where there are any; the
            rest is the label.
        teacher_temperature: their logits are divided by it; above 1 softens what they say.
        dropout: of the feature before the classifier.
        crop_area, rotate, hflip, brightness, contrast, erase: of the augmentation, see
            `augmentation.views.ViewOptions`.
        side: of the faces that encoder and finished model are given, pixels; None for the encoder's
            own. Larger faces cost more and show more.
        resolution: pairs [from which share of the run, side of the training views in pixels]; empty
            for the encoder's own side throughout. Small first saves most of the time; everything is
            measured at the encoder's own side.
        ema: the weights that are kept are an average with this memory a step; 0 keeps the last
            ones.
        clip_norm: largest norm of the gradient; 0 for none.
        precision: "auto" takes bf16 where the processor computes it natively.
        tta: average image and mirror image when measured; named in the protocol.
        classifier_start: "random"; "probe": the linear probe of the frozen encoder's features;
            "own": that of the fine-tuned model which is trained further.
        labels_per_class: train on so many labels of each expression; None for all.
        seed: of the classifier's start, of order, augmentation and draw.
    """

    epochs: int = Field(30, ge=0)
    batch_size: int = Field(128, ge=2)
    optimizer: Literal["sgd", "adamw"] = "sgd"
    learning_rate: Annotated[float, Field(gt=0)] | Literal["auto"] = "auto"
    encoder_rate: float = Field(0.5, ge=0, le=10)
    layer_decay: float = Field(0.8, gt=0, le=1)
    sgd_momentum: float = Field(0.9, ge=0, lt=1)
    weight_decay: Annotated[float, Field(ge=0)] | Literal["auto"] = "auto"
    warmup_epochs: float = Field(1.0, ge=0)
    label_smoothing: float = Field(0.1, ge=0, lt=1)
    mixup: float = Field(0.2, ge=0)
    cutmix: float = Field(0.0, ge=0)
    cutmix_share: float = Field(0.5, ge=0, le=1)
    teacher_weight: float = Field(0.5, ge=0, le=1)
    teacher_temperature: float = Field(1.0, gt=0)
    dropout: float = Field(0.2, ge=0, lt=1)
    crop_area: tuple[float, float] = (0.7, 1.0)
    rotate: float = Field(10.0, ge=0, le=180)
    hflip: float = Field(0.5, ge=0, le=1)
    brightness: float = Field(0.2, ge=0, le=1)
    contrast: float = Field(0.2, ge=0, le=1)
    erase: float = Field(0.25, ge=0, le=1)
    side: int | None = Field(None, ge=16, le=512)
    resolution: Resolution = []
    ema: float = Field(0.998, ge=0, lt=1)
    clip_norm: float = Field(5.0, ge=0)
    precision: Precision = "auto"
    tta: bool = False
    classifier_start: Literal["random", "probe", "own"] = "random"
    labels_per_class: int | None = Field(None, ge=1)
    seed: int = 0

    @model_validator(mode="after")
    def _nothing_comes_of_nothing(self) -> Self:
        if self.epochs == 0 and self.classifier_start != "probe":
            raise ValueError(
                "epochs=0 trains nothing, so the classifier must be fitted: classifier_start=probe"
            )
        return self

    @property
    def peak(self) -> float:
        """The classifier's highest learning rate."""
        return (
            (0.05 if self.optimizer == "sgd" else 1e-3)
            if self.learning_rate == "auto"
            else self.learning_rate
        )

    @property
    def decay(self) -> float:
        """Weight decay."""
        return (
            (5e-4 if self.optimizer == "sgd" else 0.05)
            if self.weight_decay == "auto"
            else self.weight_decay
        )

    @property
    def optimizer_options(self) -> OptimizerOptions:
        """What the engine's optimizer is built from."""
        return OptimizerOptions(
            name=self.optimizer,
            learning_rate=self.peak,
            per_images=None,
            sgd_momentum=self.sgd_momentum,
            nesterov=True,
            weight_decay=self.decay,
            layer_decay=self.layer_decay,
            warmup_epochs=self.warmup_epochs,
            clip_norm=self.clip_norm or None,
        )

    def effective(self, device: str) -> "FinetuneOptions":
        """Return the options with what every "auto" comes to on "cpu" or "cuda".

        Example:
            >>> options = FinetuneOptions(optimizer="adamw").effective("cpu")
            >>> options.learning_rate, options.weight_decay, options.precision in ("bf16", "32")
            (0.001, 0.05, True)
        """
        precision = "bf16" if self.wants_bf16(device) else "32"
        return self.model_copy(
            update={"learning_rate": self.peak, "weight_decay": self.decay, "precision": precision}
        )

    def wants_bf16(self, device: str) -> bool:
        """Whether to compute in bfloat16 on "cpu" or "cuda"."""
        return resolve_precision(self.precision, device).precision.startswith("bf16")

    def views(self, size: int) -> ViewOptions:
        """Return the augmentation for faces of this side."""
        return ViewOptions(
            size=size,
            views=1,
            crop_area=self.crop_area,
            rotate=self.rotate,
            hflip=self.hflip,
            brightness=self.brightness,
            contrast=self.contrast,
            blur=0.0,
            erase=self.erase,
        )
