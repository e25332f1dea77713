from pathlib import Path

import pytest

from asdcfer.evaluation.evaluate_model import EvaluationContext
from asdcfer.evaluation.probes.registry import build_probes
from asdcfer.evaluation.probes.run import run_probes
from asdcfer.evaluation.result import write_result
from asdcfer.evaluation.robustness import Robustness
from asdcfer.files import write_json
from asdcfer.models.weights import save_encoder
from tests.evaluation.conftest import _own_cache
from tests.evaluation.standin import toy_context, toy_encoder, toy_model, toy_pack

__all__ = ["_own_cache"]


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole run: teacher, student, probes, curves, robustness."""
    folder = tmp_path_factory.mktemp("runs") / "first"
    pack = toy_pack(folder / "pack")
    for seed, section in enumerate(("teacher", "student")):
        encoder = toy_encoder(seed)
        save_encoder(folder / section / "encoder", encoder, {"section": section})
        rows = [
            "step,epoch,seconds,images_per_second,learning_rate,loss,feature_spread,effective_rank,target_entropy,knn_online",
            "5,1,2,30,0.1,3.2,,,,",
        ]
        (folder / section / "metrics.csv").write_text(
            "\n".join([*rows, "10,2,4,30,0.1,2.9,0.4,12,,0.5", "15,3,"])
        )
        run_probes(
            toy_context(pack, encoder=encoder),
            build_probes(("knn", "linear", "few_labels"), shares=(0.2, 0.5)),
            out=folder / "probes",
            name=section,
        )
    health = {"verdict": "healthy", "reasons": ["spread <wide>"]}
    write_json(
        folder / "run.json",
        {
            "recipe": "toy & co",
            "seed": 3,
            "status": "finished",
            "stages": {"teacher": {"health": health}},
        },
    )
    context = EvaluationContext(model=toy_model(), pack=pack)
    for result in Robustness(corruptions=("blur", "noise")).run(context):
        write_result(folder / "probes" / "robustness.json", result)
    return folder
