"""Random views of faces: geometry, light, blur, erasing, warps, resolution and mixing."""

from typing import TYPE_CHECKING

from asdcfer.lazy_names import lazy_names

if TYPE_CHECKING:
    from asdcfer.augmentation.erasing import erase_regions as erase_regions
    from asdcfer.augmentation.geometry import affine_maps as affine_maps
    from asdcfer.augmentation.geometry import sampling_grid as sampling_grid
    from asdcfer.augmentation.mixing import cutmix as cutmix
    from asdcfer.augmentation.mixing import mixup as mixup
    from asdcfer.augmentation.photometric import relight as relight
    from asdcfer.augmentation.photometric import soften as soften
    from asdcfer.augmentation.views import ViewMaker as ViewMaker
    from asdcfer.augmentation.views import ViewOptions as ViewOptions
    from asdcfer.augmentation.views import Views as Views
    from asdcfer.augmentation.warp import local_displacement as local_displacement

_MODULES = {
    "ViewMaker": "asdcfer.augmentation.views",
    "ViewOptions": "asdcfer.augmentation.views",
    "Views": "asdcfer.augmentation.views",
    "affine_maps": "asdcfer.augmentation.geometry",
    "cutmix": "asdcfer.augmentation.mixing",
    "erase_regions": "asdcfer.augmentation.erasing",
    "local_displacement": "asdcfer.augmentation.warp",
    "mixup": "asdcfer.augmentation.mixing",
    "relight": "asdcfer.augmentation.photometric",
    "sampling_grid": "asdcfer.augmentation.geometry",
    "soften": "asdcfer.augmentation.photometric",
}

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(__name__, _MODULES)
