import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from asdcfer.evaluation.calibration import fit_temperature


def test_temperature_is_the_one_dimensional_logistic_regressions() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 500)
    score = rng.normal(size=500) * 3 + (labels - 0.5) * 2
    logits = np.stack([np.zeros(500), score], 1)
    slope = (
        LogisticRegression(C=np.inf, fit_intercept=False, tol=1e-8)
        .fit(score[:, None], labels)
        .coef_[0, 0]
    )
    assert fit_temperature(logits, labels) == pytest.approx(1 / slope, rel=1e-3)
    assert fit_temperature(logits, labels, mirrored=logits) == pytest.approx(1 / slope, rel=1e-3)
