import pytest
import torch

from asdcfer import devices
from asdcfer.devices import native_bf16, resolve_device, resolve_precision
from asdcfer.errors import RecipeError
from asdcfer.training.finetune.options import FinetuneOptions


def test_a_gpu_that_is_not_there_is_refused_in_one_line(monkeypatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert resolve_device("auto") == resolve_device("cpu") == "cpu"
    with pytest.raises(RecipeError, match='use `device="cpu"`'):
        resolve_device("cuda")
    with pytest.raises(RecipeError, match=r"unknown device 'gpu'; did you mean cuda\?"):
        resolve_device("gpu")


@pytest.mark.parametrize(("flags", "native"), [({"avx2", "amx_bf16"}, True), ({"avx2"}, False)])
def test_pretraining_and_finetuning_agree_on_native_bfloat16(monkeypatch, flags, native) -> None:
    monkeypatch.setattr(devices, "cpu_flags", lambda: flags)
    assert native_bf16("cpu") is native
    assert FinetuneOptions().wants_bf16("cpu") is native
    resolved = resolve_precision("auto", "cpu")
    assert resolved.precision == ("bf16-mixed" if native else "32-true")
    assert ("amx_bf16" in resolved.reason) is native
    assert FinetuneOptions(precision="bf16").wants_bf16("cpu")
    assert not FinetuneOptions(precision="32").wants_bf16("cpu")
