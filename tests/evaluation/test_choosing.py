"""Nothing is chosen on the list that is reported on: its labels may be permuted, and every choice
stays what it was.
"""

from dataclasses import replace

import numpy as np
import pytest

from asdcfer.evaluation.probes.registry import PROBES, build_probes
from asdcfer.evaluation.probes.run import run_probes
from asdcfer.models.weights import load_model
from asdcfer.training.finetune.options import FinetuneOptions
from tests.evaluation.standin import toy_context, toy_encoder, toy_pack
from tests.training.standin import finetuned


def fine_tuned(pack, folder):
    """Return the epoch and the temperature that fine-tuning chose, the model's numbers, and the
    accuracy on the test list.
    """
    options = FinetuneOptions(
        epochs=8,
        batch_size=16,
        precision="32",
        warmup_epochs=0.5,
        learning_rate=0.1,
        mixup=0,
        erase=0,
        hflip=0,
    )
    (private, *_) = finetuned(toy_encoder(), pack, folder, options)
    model = load_model(folder / "model")
    return (
        {"epoch": private.hyperparameters["epoch"], "temperature": model.temperature},
        list(model.state_dict().values()),
        private.accuracy,
    )


def probed(pack, folder):
    """Return what every probe chose (k and temperature; penalty and scaling), what the classifiers
    answered, and the accuracies on the test list.
    """
    probes = build_probes(PROBES, shares=(0.5,), scalings=("each", "whole"))
    found = run_probes(toy_context(pack, cache="default"), probes, out=folder)
    private = [r for r in found if r.evaluated_on == "private"]
    return (
        [(r.hyperparameters, r.penalties) for r in private],
        [np.sum(r.confusion, 0) for r in private],
        [r.accuracy for r in private],
    )


@pytest.mark.slow
@pytest.mark.parametrize("measured", [fine_tuned, probed])
def test_labels_of_the_test_list_change_nothing_that_is_chosen(measured, tmp_path) -> None:
    pack = toy_pack(tmp_path / "pack")
    labels, rows = pack.labels.copy(), pack.rows("private")
    labels[rows] = (labels[rows] + 1) % 3
    chosen, answers, accuracy = measured(pack, tmp_path / "honest")
    again, same, other = measured(replace(pack, labels=labels), tmp_path / "permuted")
    assert chosen == again
    assert all(np.array_equal(one, two) for one, two in zip(answers, same, strict=True))
    assert accuracy != other, "the permuted labels were reported on"
