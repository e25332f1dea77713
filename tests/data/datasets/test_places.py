"""Files kept by folder: the same places as paths, in a few bytes each."""

import tracemalloc
from pathlib import Path

import pytest

from asdcfer.data.datasets.places import Folder, Place, Places, blocks_of, legible

ROOT = Folder(Path("data"), ())
SAD = Folder(Path("data/a b/sad"), ("a b", "sad"))


def test_a_place_is_named_as_its_path_is() -> None:
    for file in ("1.png", "a.b.PNG", "none", "odd.", "é \udce9.png"):
        place = Place(SAD, file)
        assert place.path == Path("data/a b/sad") / file
        assert place.parts == ("a b", "sad", file)
        assert place.stem == place.path.stem
        assert place.name == legible(place.path.relative_to("data").as_posix())
    assert Place(ROOT, "1.png").name == "1.png"


def test_places_are_a_sequence_in_the_order_of_the_walk() -> None:
    files = [f"{number:04}.png" for number in range(2300)]
    places = Places.of([(ROOT, files[:2]), (SAD, files), (ROOT, [])])
    due = [Place(ROOT, file) for file in files[:2]] + [Place(SAD, file) for file in files]
    assert list(places) == due
    assert len(places) == len(due)
    assert [places[row] for row in (0, 1, 2, 1001, 1002, 2301, -1)] == [
        due[row] for row in (0, 1, 2, 1001, 1002, 2301, -1)
    ]
    assert places[1:4] == due[1:4]
    assert places.folders == {(), ("a b", "sad")}
    for row in (len(due), -len(due) - 1):
        with pytest.raises(IndexError):
            places[row]
    assert list(places.without(due[1:4])) == due[:1] + due[4:]
    assert places.renamed(lambda parts: ("x", *parts))[0].name == "x/0000.png"


def test_a_file_takes_as_many_bytes_as_its_name_has_letters() -> None:
    names = [f"{number:020}.png" for number in range(20_000)]
    tracemalloc.start()
    places = Places(blocks_of(ROOT, names))
    held, _ = tracemalloc.get_traced_memory()
    assert sum(len(place.file) for place in places) == 24 * len(names)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 27 * len(names)
    assert most - held < 200_000, "a walk takes the names of a block apart, not all"
