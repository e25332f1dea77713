"""State of a fine-tuning run between two epochs: one safetensors file, written whole; never a
pickle.

Random numbers need no place in it: every epoch draws from generators seeded by the run's seed and
the epoch's number.
"""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from asdcfer.errors import TrainingError
from asdcfer.files import atomic_write

FORMAT = "1"


def save_state(
    path: Path,
    modules: dict[str, nn.Module],
    optimizer: torch.optim.Optimizer,
    best: dict[str, Tensor],
    facts: dict[str, Any],
) -> None:
    """Write everything that the next epoch depends on.

    Args:
        path: the file.
        modules: name -> module whose tensors are kept.
        optimizer: its tensors are kept in the order of its parameters.
        best: tensors of the best epoch so far.
        facts: JSON-able: epoch, options, history.
    """
    tensors = {
        f"{name}/{key}": tensor
        for name, module in modules.items()
        for key, tensor in module.state_dict().items()
    }
    for index, state in optimizer.state_dict()["state"].items():
        tensors |= {
            f"optimizer/{index}/{key}": value
            for key, value in state.items()
            if isinstance(value, Tensor)
        }
    tensors |= {f"best/{key}": tensor for key, tensor in best.items()}
    tensors = {key: tensor.detach().cpu().contiguous().clone() for key, tensor in tensors.items()}
    with atomic_write(path) as temporary:
        save_file(tensors, temporary, metadata={"format": FORMAT, "facts": json.dumps(facts)})


def read_facts(path: Path) -> dict[str, Any]:
    """Return the facts of a state.

    Raises:
        TrainingError: the file cannot be read.
    """
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata()
            if metadata.get("format") != FORMAT:
                raise TrainingError(
                    f"{path} is a fine-tuning state of another version; start over with --force"
                )
            return json.loads(metadata["facts"])
    except (OSError, SafetensorError, ValueError, KeyError, TypeError) as error:
        raise TrainingError(
            f"{path} cannot be read as a fine-tuning state ({error}); start over with --force"
        ) from error


def restore_state(
    path: Path, modules: dict[str, nn.Module], optimizer: torch.optim.Optimizer
) -> dict[str, Tensor]:
    """Put a state back where it came from, and return the tensors of the best epoch.

    Raises:
        TrainingError: it is of another model.
    """
    best: dict[str, Tensor] = {}
    states: dict[str, dict[str, Tensor]] = {name: {} for name in modules}
    of_optimizer: dict[int, dict[str, Tensor]] = {}
    with safe_open(path, framework="pt") as file:
        for full in file.keys():  # noqa: SIM118 - not a mapping
            group, key = full.split("/", 1)
            tensor = file.get_tensor(full)
            if group == "best":
                best[key] = tensor
            elif group == "optimizer":
                index, name = key.split("/")
                of_optimizer.setdefault(int(index), {})[name] = tensor
            else:
                states.setdefault(group, {})[key] = tensor
    try:
        for name, module in modules.items():
            module.load_state_dict(states[name])
        optimizer.load_state_dict(
            {"state": of_optimizer, "param_groups": optimizer.state_dict()["param_groups"]}
        )
    except (RuntimeError, ValueError) as error:
        raise TrainingError(
            f"{path} is the state of another model ({str(error).splitlines()[0]}); start over with "
            "--force"
        ) from error
    return best
