"""Videos, and the photos beside them, without labels: the faces are found in both.

Needs `detect=True`. Where all files lie in folders of splits (train, test), those are kept;
otherwise the reader divides whole recordings.
"""

from dataclasses import dataclass

from asdcfer.data.datasets.class_folders import ClassFolders
from asdcfer.data.datasets.folder_walk import Item
from asdcfer.data.datasets.layout import Layout
from asdcfer.data.datasets.places import Folder, Place
from asdcfer.data.datasets.source import Claim, Explanation, Options, Reading, Source
from asdcfer.data.pack_writing import Skipped
from asdcfer.data.video_formats import is_video_name
from asdcfer.errors import DataError


@dataclass(frozen=True)
class _Plan:
    items: list[Item]
    videos: list[Place]
    kept_splits: bool


def videos_in(layout: Layout) -> list[Place]:
    """Return the videos of a layout, which is itself one where it is a file."""
    root = layout.path
    if root.is_file():
        named = is_video_name(root.name)
        return [Place(Folder(root.parent, ()), root.name)] if named else []
    return [
        Place(Folder(place.folder.path, place.folder.path.relative_to(root).parts), place.file)
        for place in layout.others
        if is_video_name(place.file) and place.path.is_file()
    ]


def _plan(layout: Layout) -> _Plan | None:
    videos = videos_in(layout)
    if not videos:
        return None
    places = sorted([*videos, *layout.whole], key=lambda place: place.name)
    folders = ClassFolders({place.parts[:-1] for place in places})
    splits = [folders.of(place.parts[:-1]).split for place in places]
    kept = all(splits) and len(set(splits)) > 1
    items = [
        Item(place.path, place.name, (split or "train") if kept else "train")
        for place, split in zip(places, splits, strict=True)
    ]
    return _Plan(items, videos, kept)


def _explain(layout: Layout, options: Options) -> Explanation | None:
    plan = _plan(layout)
    if plan is None or (options.videos is None and layout.images):
        return None
    photos = len(plan.items) - len(plan.videos)
    by = f"{len(plan.videos):,} videos" + (f" and {photos:,} photos" if photos else "")
    problem = None
    if options.videos is None:
        problem = f"{layout.path}: {by}; {_find_first(layout)}"
    claims = {item.path: Claim(None, item.split) for item in plan.items}
    return Explanation(
        f"{by}, without labels", claims, problem=problem, own_split=not plan.kept_splits
    )


def _find_first(layout: Layout) -> str:
    return f"find the faces in them: asdcfer prepare {layout.path} OUT --detect"


def _read(layout: Layout, options: Options) -> Reading:
    plan = _plan(layout)
    if plan is None:
        raise DataError(f"{layout.path} is or holds no video (MP4, MOV, MKV, WebM, AVI, ...)")
    if options.videos is None:
        raise DataError(f"{layout.path} holds videos; {_find_first(layout)}")
    skipped = list(layout.skipped({place.path for place in plan.videos}))
    skipped += [Skipped(place.name, "second copy") for place in layout.copies]
    reading = options.videos(plan.items, options, skipped, plan.kept_splits)
    reading.about["name"] = "faces of videos"
    return reading


SOURCE = Source("videos", "videos, and the photos beside them, without labels", _explain, _read)
