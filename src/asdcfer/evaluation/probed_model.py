"""A frozen encoder and the classifier of its linear probe, as one model."""

import numpy as np
import torch

from asdcfer.evaluation.probes.context import ProbeContext
from asdcfer.evaluation.probes.linear_selection import LinearFit, refit_linear
from asdcfer.evaluation.result import Result
from asdcfer.models.classifier import Classifier, ExpressionModel


def probed_model(context: ProbeContext, chosen: Result) -> ExpressionModel:
    """Return the model whose accuracy a linear probe has reported.

    Axes measure it: corrupted faces, other data sets, groups of people.

    Args:
        context: that the probe was run with, without test-time augmentation.
        chosen: result of `LinearProbe`, which says penalty and scaling.

    Raises:
        ValueError: the probe averaged over mirror images, or answered for an estimated mix.

    Example:
        >>> from asdcfer.data.sample import sample_pack
        >>> from asdcfer.data.splits import task_of
        >>> from asdcfer.evaluation.evaluate_model import EvaluationContext, evaluate_model
        >>> from asdcfer.evaluation.probes.linear import LinearProbe
        >>> from asdcfer.models.encoder import EncoderSpec
        >>> from asdcfer.models.registry import build_encoder
        >>> encoder = build_encoder(EncoderSpec(name="mobile", arguments={"width": 0.25}))
        >>> pack = sample_pack()
        >>> few = task_of(pack).with_train(pack.rows("train")[::10])
        >>> context = ProbeContext(encoder=encoder, pack=pack, task=few, cache=None)
        >>> private, union = LinearProbe().run(context)
        >>> model = probed_model(context, private)
        >>> again = evaluate_model(EvaluationContext(model=model, pack=pack))[0]
        >>> abs(again.accuracy - private.accuracy) < 0.005
        True
    """
    if context.tta != "none":
        raise ValueError(f"a model has no probe with tta={context.tta}")
    if "prior" in chosen.hyperparameters:
        raise ValueError("a model has no probe with prior=estimated")
    task = context.roles
    rows = np.concatenate([task.train, task.validation]) if task.refit else task.train
    features = [context.features(task.train)]
    if task.refit:
        features = [np.concatenate([*features, context.features(task.validation)])]
    wanted = LinearFit(
        torch.zeros(0), torch.zeros(0), {"scaling": "each", **chosen.hyperparameters}
    )
    classes = len(task.expressions)
    fitted = refit_linear(features, task.labels[rows], classes, wanted)
    encoder = context.pooled_encoder
    classifier = Classifier(encoder.feature_dim, classes)
    with torch.no_grad():
        classifier.linear.weight.copy_(fitted.weight.T)
        classifier.linear.bias.copy_(fitted.bias)
    return ExpressionModel(encoder, classifier, task.expressions).eval()
