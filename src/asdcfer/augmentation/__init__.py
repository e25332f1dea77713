"""Random views of faces: geometry, light, blur, erasing, warps, resolution and mixing."""
