"""The progress of one training of an adaptation: its name, and no lines of each epoch."""

from asdcfer.adaptation.part_progress import PartProgress
from tests.factories import Heard


def test_a_part_speaks_under_its_name_and_not_of_each_epoch():
    heard = Heard()
    part = PartProgress(heard, "semi_supervised, all labels")
    part("finetune", 3, 8, "epoch 1/2")
    part.message("epoch 1/2: loss 1.438, 76.47% on the validation split")
    part.message("finetune: resuming from x")
    part.message("finetune: collapsed: no spread")
    assert heard.lines == [
        "semi_supervised, all labels: resuming from x",
        "semi_supervised, all labels: collapsed: no spread",
    ]
    assert heard.stages == {"semi_supervised, all labels": 3}


def test_without_a_name_lines_are_cut_to_what_a_person_reads_once():
    heard = Heard()
    part = PartProgress(heard)
    part("student", 1, 2)
    part.message("recipe adapt, effective values (stored in x):\n  seed: 0\n  more: 1")
    part.message("runs/x/encoder: interrupted; continue with the same and `resume=True`")
    part.message("student: healthy")
    part.message("")
    assert heard.lines == [
        "recipe adapt, effective values (stored in x)",
        "student: healthy",
        "",
    ]
    assert heard.stages == {"student": 1}
