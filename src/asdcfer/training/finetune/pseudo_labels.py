"""Pseudo-labels: what is remembered of every unlabeled face, and what follows for a batch."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from asdcfer.losses.pseudo_label import (
    adaptive_thresholds,
    align_to_prior,
    confidence_mask,
    sharpen,
)
from asdcfer.training.finetune.options import UnlabeledOptions


class PseudoLabels(nn.Module):
    """The labels that unlabeled faces have at present, as buffers that a checkpoint holds.

    Args:
        count: U, unlabeled faces.
        labeled_prior: (C,), shares of the expressions among the labeled faces, sums to 1.
        options: how labels are made of predictions.

    Source: alignment is ReMixMatch's (Berthelot et al., ICLR 2020), the thresholds FixMatch's (Sohn
        et al., NeurIPS 2020) or FreeMatch's (Wang et al., ICLR 2023), the memory of each face's
        label that of temporal ensembling (Laine and Aila, ICLR 2017). NOTE: our reading: thresholds
        are compared with, and FreeMatch's means taken of, the label after alignment and memory, and
        before sharpening.

    Example:
        >>> options = UnlabeledOptions(alignment="none", pseudo_labels="hard")
        >>> labels = PseudoLabels(3, torch.tensor([0.5, 0.5]), options)
        >>> labels.assign(torch.tensor([2]), torch.tensor([[0.9, 0.1]]))
        (tensor([[1., 0.]]), tensor([1.]))
    """

    labeled_prior: Tensor
    prior: Tensor
    running: Tensor
    confidence: Tensor
    class_means: Tensor
    remembered: Tensor
    seen: Tensor

    def __init__(self, count: int, labeled_prior: Tensor, options: UnlabeledOptions) -> None:
        super().__init__()
        self.options = options
        classes = len(labeled_prior)
        prior = labeled_prior.float()
        self.register_buffer("labeled_prior", prior.clone())
        self.register_buffer("prior", prior.clone())
        self.register_buffer("running", prior.clone())
        self.register_buffer("confidence", torch.tensor(1 / classes))
        self.register_buffer("class_means", torch.full((classes,), 1 / classes))
        self.register_buffer("remembered", torch.zeros(count, classes))
        self.register_buffer("seen", torch.zeros(count, dtype=torch.bool))

    @torch.no_grad()
    def begin(self, prior: Tensor, labels: Tensor | None = None) -> None:
        """Set the prior of the unlabeled faces, and the labels they start with.

        Args:
            prior: (C,), sums to 1.
            labels: (U,C), rows sum to 1; None where the model begins.
        """
        self.prior.copy_(prior)
        self.running.copy_(prior)
        if labels is not None:
            self.remembered.copy_(labels)
            self.seen.fill_(True)

    @property
    def correction(self) -> Tensor:
        """What is added to the logits of labeled faces, (C,): `log labeled_prior - log prior`.

        The model is to answer for the mix of the unlabeled faces, and learns from labeled faces
        of another mix.

        Source: Menon et al., Long-tail learning via logit adjustment, ICLR 2021, section 4.2.
        """
        return self.labeled_prior.clamp_min(1e-6).log() - self.prior.clamp_min(1e-6).log()

    @torch.no_grad()
    def assign(self, index: Tensor, probabilities: Tensor) -> tuple[Tensor, Tensor]:
        """Take in the predictions for some faces, and return their labels and which are believed.

        Args:
            index: int64 (B,), different rows in 0..U-1.
            probabilities: float32 (B,C), predictions of the averaged model.

        Returns:
            Targets (B,C), rows sum to 1, and weights (B,) of 0 and 1.
        """
        options, new = self.options, 1 - self.options.threshold_memory
        self.running.lerp_(probabilities.mean(0), new)
        label = (
            probabilities
            if options.alignment == "none"
            else align_to_prior(probabilities, self.prior, self.running)
        )
        before = self.remembered[index]
        kept = options.label_memory * self.seen[index].to(label.dtype)[:, None]
        label = kept * before + (1 - kept) * label
        self.remembered[index] = label
        # Not by assignment: a number from the host cannot enter a recorded step.
        self.seen.index_fill_(0, index, True)
        self.confidence.lerp_(label.max(1).values.mean(), new)
        self.class_means.lerp_(label.mean(0), new)
        if options.threshold_rule == "adaptive":
            thresholds = adaptive_thresholds(self.confidence, self.class_means)
        else:
            thresholds = torch.full_like(self.class_means, options.threshold)
        weight = confidence_mask(label, thresholds)
        if options.pseudo_labels == "hard":
            return F.one_hot(label.argmax(1), label.shape[1]).to(label.dtype), weight
        return sharpen(label, options.sharpen), weight
