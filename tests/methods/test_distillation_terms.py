"""Terms of a distillation, each by itself."""

import pytest
import torch

from asdcfer.errors import TrainingError
from asdcfer.methods.asdc_options import AsdcOptions
from asdcfer.methods.distillation_terms import Comparison, Term, query_term
from asdcfer.methods.embedding_network import EmbeddingOutput
from asdcfer.methods.teacher import TeacherOutput
from tests.factories import small_asdc as asdc


def a_view(**parts) -> Comparison:
    feature = torch.randn(4, 8)
    return Comparison(
        EmbeddingOutput([], feature, feature), TeacherOutput([], feature, None), **parts
    )


def test_a_term_that_does_not_say_what_it_needs_is_told_so():
    with pytest.raises(TrainingError, match="queries"):
        a_view().queries()
    with pytest.raises(TrainingError, match="maps"):
        a_view().mean_over_layers(lambda layer: layer.own.mean())


@pytest.mark.parametrize("form", ["squared", "distribution", "both", "regression"])
def test_only_a_distribution_logs_the_entropy_of_its_target(form):
    options = AsdcOptions(query_form=form)
    view = a_view(student_query=torch.randn(4, 6), teacher_query=torch.randn(4, 6))
    loss = query_term(view, options, queue=torch.randn(16, 6))
    assert loss.ndim == 0
    assert list(view.logged) == (["target_entropy"] if form in ("distribution", "both") else [])


def test_without_a_queue_the_batch_stands_in_for_it():
    options = AsdcOptions(query_form="distribution")
    query, target = torch.randn(4, 6), torch.randn(4, 6)
    alone = query_term(a_view(student_query=query, teacher_query=target), options, None)
    beside = query_term(a_view(student_query=query, teacher_query=target), options, target)
    assert alone.item() == beside.item()


def test_terms_of_weight_zero_are_left_out_and_build_nothing():
    method = asdc(w_joint=0, w_key=0, w_query=0, w_attention_transfer=1)
    assert [term.name for term in method.terms()] == ["attention_transfer"]
    assert (method.queries, method.generators, method.features) == (None, None, None)
    # Maps are paired without layers that nothing would train.
    assert list(method.maps.align.parameters()) == []
    assert [term.name for term in asdc().terms()] == ["joint", "query", "key"]
    assert Term("free", 1.0, lambda view: view.student.feature.mean()).needs == ()
