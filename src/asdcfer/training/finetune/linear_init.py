"""Linear start: what a linear probe of the frozen encoder says about faces without labels."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from asdcfer.data.pack import Pack
from asdcfer.data.splits import Task
from asdcfer.evaluation.calibration import fit_temperature
from asdcfer.evaluation.label_shift import LabelShift, estimate_label_shift
from asdcfer.evaluation.probes.features import extract
from asdcfer.evaluation.probes.linear_folds import fit_by_folds, folds_choose
from asdcfer.evaluation.probes.linear_selection import fit_linear
from asdcfer.models.encoder import Encoder
from asdcfer.training.finetune.label_propagation import SAMPLE, principal, propagate_labels

DIMS = 256
"""Principal directions in which neighbors are looked for."""

CHUNK = 2048


@dataclass(frozen=True)
class LinearInit:
    """A linear probe, and what follows from it.

    Attributes:
        weight: (D,C) of raw features, temperature folded in.
        bias: (C,), temperature folded in; for faces of the mix `prior`.
        prior: (C,), estimated shares of the expressions among the unlabeled faces, or those of the
            labeled ones.
        labels: (U,C), what it says about each unlabeled face; rows sum to 1.
        penalty, temperature: as chosen on the validation split.
    """

    weight: Tensor
    bias: Tensor
    prior: Tensor
    labels: Tensor
    penalty: float
    temperature: float


def linear_init(
    encoder: Encoder,
    pack: Pack,
    task: Task,
    unlabeled: np.ndarray,
    *,
    estimate: bool = True,
    smooth: bool = False,
    bf16: bool = False,
) -> LinearInit:
    """Return the linear probe of the labeled faces and its labels for the unlabeled ones.

    Penalty and temperature are chosen on the validation split, or by folds where that is a tenth of
    few labels; of the unlabeled faces only the images are read, and no image of another split takes
    part.

    Args:
        encoder: frozen.
        pack: the faces.
        task: labeled rows (`train`), validation rows, and their labels.
        unlabeled: rows without labels, may be none.
        estimate: estimate how common each expression is among the unlabeled faces; else the shares
            of the labeled ones hold.
        smooth: propagate the labels along nearest neighbors.
        bf16: compute the features in bfloat16.
    """
    # Only the network computes in 16 bits: a solver and a projection need all of theirs.
    features = partial(extract, encoder, pack, bf16=bf16, cache=None)
    known, classes = features(task.train), len(task.expressions)
    truth, wanted = task.labels[task.train], task.labels[task.validation]
    if task.refit and folds_choose(truth):
        # A tenth of few labels chooses by luck.
        fitted, held, own = fit_by_folds([known], truth, classes)
        chosen, wanted = torch.from_numpy(held), truth[own]
    else:
        validation = features(task.validation)
        fitted = fit_linear(known, truth, validation, wanted, classes)
        chosen = torch.from_numpy(fitted.logits(validation)).double()
    # Many faces with thousands of numbers each never stand in memory together: logits and a few
    # directions of each are enough.
    mean, directions = principal(
        torch.from_numpy(
            np.array(known[np.random.default_rng(0).permutation(len(known))[:SAMPLE]])
        ),
        DIMS,
    )
    logits, short = [], []
    for start in range(0, len(unlabeled), CHUNK):
        part = features(unlabeled[start : start + CHUNK])
        logits.append(torch.from_numpy(fitted.logits(part)))
        if smooth:
            short.append((torch.from_numpy(part) - mean) @ directions)
    learnt = np.bincount(truth, minlength=classes)
    said = torch.cat(logits).double().numpy() if logits else np.zeros((0, classes))
    if estimate and len(said):
        shift = estimate_label_shift(said, learnt, chosen.numpy(), wanted)
    else:
        own_heat = fit_temperature(chosen.numpy(), wanted)
        shift = LabelShift(learnt / len(truth), np.zeros(classes), own_heat)
    labels = torch.from_numpy(shift.moved(said)).softmax(1)
    if smooth and len(said):
        every = torch.cat([(torch.from_numpy(np.array(known)) - mean) @ directions, *short])
        begin = torch.cat([F.one_hot(torch.from_numpy(truth), classes).double(), labels])
        labels = propagate_labels(begin, every)[len(truth) :]
    temperature = shift.temperature
    return LinearInit(
        fitted.weight.cpu() / temperature,
        fitted.bias.cpu() / temperature + torch.from_numpy(shift.offset).float(),
        torch.from_numpy(shift.prior).float(),
        labels.float(),
        fitted.hyperparameters["penalty"],
        temperature,
    )
