"""Packs of faces: made, opened, divided, compared; loaded when used."""

from typing import TYPE_CHECKING

from asdcfer.lazy_names import lazy_names

if TYPE_CHECKING:
    from asdcfer.data.duplicates import Pairs as Pairs
    from asdcfer.data.duplicates import find_duplicates as find_duplicates
    from asdcfer.data.duplicates import near_duplicates as near_duplicates
    from asdcfer.data.image_formats import IMAGE_SUFFIXES as IMAGE_SUFFIXES
    from asdcfer.data.image_io import ImageError as ImageError
    from asdcfer.data.image_io import fit as fit
    from asdcfer.data.image_io import read_image as read_image
    from asdcfer.data.pack import Pack as Pack
    from asdcfer.data.pack import is_pack as is_pack
    from asdcfer.data.pack import load_pack as load_pack
    from asdcfer.data.pack_dataset import PackDataset as PackDataset
    from asdcfer.data.pack_writing import PackItem as PackItem
    from asdcfer.data.pack_writing import Skipped as Skipped
    from asdcfer.data.pack_writing import write_pack as write_pack
    from asdcfer.data.prepare_pack import prepare as prepare
    from asdcfer.data.prepare_pack import recognize as recognize
    from asdcfer.data.resolve_data import open_pack as open_pack
    from asdcfer.data.resolve_data import resolve_data_path as resolve_data_path
    from asdcfer.data.sample import sample_ferplus_labels as sample_ferplus_labels
    from asdcfer.data.sample import sample_pack as sample_pack
    from asdcfer.data.splits import Task as Task
    from asdcfer.data.splits import evenly_spaced as evenly_spaced
    from asdcfer.data.splits import task_of as task_of

_MODULES = {
    "Pairs": "asdcfer.data.duplicates",
    "find_duplicates": "asdcfer.data.duplicates",
    "near_duplicates": "asdcfer.data.duplicates",
    "IMAGE_SUFFIXES": "asdcfer.data.image_formats",
    "ImageError": "asdcfer.data.image_io",
    "fit": "asdcfer.data.image_io",
    "read_image": "asdcfer.data.image_io",
    "open_pack": "asdcfer.data.resolve_data",
    "resolve_data_path": "asdcfer.data.resolve_data",
    "Pack": "asdcfer.data.pack",
    "PackItem": "asdcfer.data.pack_writing",
    "Skipped": "asdcfer.data.pack_writing",
    "is_pack": "asdcfer.data.pack",
    "load_pack": "asdcfer.data.pack",
    "write_pack": "asdcfer.data.pack_writing",
    "PackDataset": "asdcfer.data.pack_dataset",
    "prepare": "asdcfer.data.prepare_pack",
    "recognize": "asdcfer.data.prepare_pack",
    "sample_ferplus_labels": "asdcfer.data.sample",
    "sample_pack": "asdcfer.data.sample",
    "Task": "asdcfer.data.splits",
    "evenly_spaced": "asdcfer.data.splits",
    "task_of": "asdcfer.data.splits",
}

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(__name__, _MODULES)
