"""Options of momentum contrast: queues that fit the data."""

import pytest

from asdcfer.methods.asdc import Asdc
from asdcfer.methods.asdc_options import AsdcOptions
from asdcfer.methods.feature_distillation import FeatureDistillation, FeatureDistillationOptions
from asdcfer.methods.moco import Moco
from asdcfer.methods.moco_options import MocoOptions


@pytest.mark.parametrize(("method", "options"), [(Moco, MocoOptions), (Asdc, AsdcOptions)])
def test_queues_are_cut_to_half_the_images_and_nothing_else_is(method, options):
    asked = options(queue_size=4096, dense_queue_size=1024, w_dense=0.5)
    fitted = method.fit_to_dataset(asked, 1000)
    assert type(fitted) is options
    assert (fitted.queue_size, fitted.dense_queue_size) == (500, 500)
    kept = {"queue_size": 4096, "dense_queue_size": 1024}
    assert fitted.model_copy(update=kept) == asked
    assert method.fit_to_dataset(asked, 100_000) == asked


def test_a_queue_that_is_not_built_is_left_as_it_is():
    asked = MocoOptions(queue_size=100, dense_queue_size=1024)
    assert asked.fitted_to(1000) == asked


def test_a_method_without_queues_keeps_its_options():
    asked = FeatureDistillationOptions()
    assert FeatureDistillation.fit_to_dataset(asked, 10) is asked


def test_a_nearest_positive_without_a_queue_is_refused():
    with pytest.raises(ValueError, match="nearest_positive looks among the keys of the queue"):
        MocoOptions(nearest_positive=0.5, queue_size=0)
