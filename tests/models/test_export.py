"""Every pooling and encoder can leave torch: as an exported graph, and as ONNX with the same
answers.
"""

import logging

import numpy as np
import pytest
import torch

from asdcfer.models.cbam import attention
from asdcfer.models.encoder import EncoderSpec, wrap
from asdcfer.models.registry import build_encoder


class Small(torch.nn.Module):
    """Two maps and every attention gate: a whole network would only take longer to export."""

    def __init__(self):
        super().__init__()
        self.first = torch.nn.Sequential(
            torch.nn.Conv2d(1, 8, 3, 2, 1), torch.nn.BatchNorm2d(8), attention("both", 8)
        )
        self.second = torch.nn.Conv2d(8, 12, 3, 2, 1)

    def forward(self, x):
        x = self.first(x)
        return [x, self.second(x)]


CASES = {
    "stages": {"n": 2},
    "grid": {"map": 1, "cells": 5},
    "parts": {"maps": [0, 1], "parts": "both", "whole": True},
    "patches": {"cells": 5},
    "vit": {"dim": 16, "depth": 4, "heads": 2},
}


def an_encoder(case: str):
    if case == "vit":
        return build_encoder(EncoderSpec(name="vit", arguments=CASES[case])).eval()
    if case != "patches":
        return wrap(Small(), pooling=case, **CASES[case]).eval()
    encoder = build_encoder(
        EncoderSpec(
            name="patches",
            arguments={"centroids": 6},
            pooling="grid",
            pooling_arguments=CASES[case],
        )
    )
    return encoder.fit(
        np.random.default_rng(0).integers(0, 256, (20, 48, 48), np.uint8), patches=500, rounds=2
    ).eval()


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_the_exported_graph_takes_any_batch_and_gives_the_same(case):
    encoder = an_encoder(case)
    exported = torch.export.export(
        encoder,
        (torch.randn(2, 1, 48, 48),),
        dynamic_shapes={"x": {0: torch.export.Dim("batch", min=1)}},
    )
    for count in (1, 70):
        x = torch.randn(count, 1, 48, 48)
        torch.testing.assert_close(exported.module()(x), encoder(x), atol=1e-5, rtol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
@pytest.mark.filterwarnings("ignore::DeprecationWarning:torch", "ignore::FutureWarning")
def test_onnx_gives_the_same(case, tmp_path):
    pytest.importorskip("onnxscript")
    runtime = pytest.importorskip("onnxruntime")
    # It reports the absence of torchvision, which this package does not use.
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    encoder = an_encoder(case)
    torch.onnx.export(
        encoder,
        (torch.randn(2, 1, 48, 48),),
        str(tmp_path / "encoder.onnx"),
        dynamo=True,
        dynamic_shapes={"x": {0: torch.export.Dim("batch", min=1)}},
        verbose=False,
    )
    session = runtime.InferenceSession(
        str(tmp_path / "encoder.onnx"), providers=["CPUExecutionProvider"]
    )
    x = torch.randn(5, 1, 48, 48)
    (got,) = session.run(None, {session.get_inputs()[0].name: x.numpy()})
    np.testing.assert_allclose(got, encoder(x).detach().numpy(), atol=1e-5)
