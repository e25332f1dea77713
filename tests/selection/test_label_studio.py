"""What goes to Label Studio: tasks that hold their faces, and an interface of valid XML."""

import base64
import io
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from PIL import Image

from asdcfer.data.datasets.label_studio_export import is_label_studio, rows_of_tasks
from asdcfer.selection.label_studio import label_studio_task, labeling_interface, png_bytes


@pytest.mark.parametrize("shape", [(20, 20), (20, 20, 3)])
def test_a_task_holds_its_face(shape) -> None:
    face = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    task = label_studio_task(png_bytes(face), {"file": "faces/1.png"})
    head, data = task["data"]["image"].split(",")
    assert head == "data:image/png;base64"
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(base64.b64decode(data)))), face)
    assert "predictions" not in task


def test_a_suggestion_names_the_parts_of_the_interface_and_is_no_label() -> None:
    interface = ElementTree.fromstring(labeling_interface(["happy", "sad"]))
    task = label_studio_task(b"", {"file": "a.png"}, ("sad", 0.25, "light"))
    (said,) = task["predictions"]
    (result,) = said["result"]
    image, choices = interface.find("Image"), interface.find("Choices")
    assert image is not None
    assert choices is not None
    assert (result["from_name"], result["to_name"]) == (choices.get("name"), image.get("name"))
    assert image.get("value") == "$image"
    assert result["value"]["choices"][0] in [c.get("value") for c in choices]
    assert (said["score"], said["model_version"]) == (0.25, "light")
    assert is_label_studio([task])
    assert rows_of_tasks([task]) == [{"path": "a.png"}]


def test_every_class_has_a_choice_and_the_first_nine_a_key() -> None:
    names = ['a "b" <c> & d', *map(str, range(11))]
    choices = ElementTree.fromstring(labeling_interface(names)).find("Choices")
    assert choices is not None
    assert [choice.get("value") for choice in choices] == names
    assert [choice.get("hotkey") for choice in choices] == [*"123456789", None, None, None]
