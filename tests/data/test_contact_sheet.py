"""The contact sheet of duplicates: pairs are shown, and two labels framed."""

from pathlib import Path

import numpy as np
from PIL import Image

from asdcfer.data.contact_sheet import contact_sheet
from asdcfer.data.duplicates import find_duplicates
from asdcfer.data.pack import Pack
from tests.data.trees import pack_of


def test_the_contact_sheet_shows_the_pairs(packs: list[Pack], tmp_path: Path) -> None:
    path = contact_sheet(tmp_path / "sheet.png", packs, find_duplicates(packs))
    with Image.open(path) as sheet:
        assert sheet.format == "PNG"
        pixels = np.asarray(sheet.convert("RGB")).astype(int)
    red = (pixels[..., 0] > 200) & (pixels[..., 1] < 60)
    assert red.any(), "the pair with two labels is framed"
    assert (pixels.std(2) < 1).mean() > 0.5
    assert pixels.std() > 20
    none = pack_of(tmp_path / "none", [packs[0].images[6]], ["train"])
    assert (
        contact_sheet(tmp_path / "none.png", [none], find_duplicates([none])).stat().st_size > 100
    )
