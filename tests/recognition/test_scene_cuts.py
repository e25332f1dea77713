"""Scene cuts: another scene is one, noise and a moving camera are none."""

import cv2
import numpy as np

from asdcfer.recognition.scene_cuts import SceneCuts


def scene(seed: int) -> np.ndarray:
    coarse = np.random.default_rng(seed).integers(0, 256, (9, 16, 3)).astype(np.uint8)
    return cv2.resize(coarse, (640, 360), interpolation=cv2.INTER_CUBIC)


def test_each_other_scene_is_a_cut():
    cut = SceneCuts()
    assert [cut(scene(seed)) for seed in (0, 0, 1, 1, 2)] == [False, False, True, False, True]


def test_noise_and_a_camera_that_turns_a_little_are_none():
    cut, random = SceneCuts(), np.random.default_rng(0)
    whole = cv2.resize(scene(3), (1280, 720))
    for step in range(10):
        part = whole[100:460, 100 + 12 * step : 740 + 12 * step]
        noisy = np.clip(part + random.normal(0, 8, part.shape), 0, 255).astype(np.uint8)
        assert not cut(noisy)


def test_gray_frames_and_other_sizes_are_compared_too():
    cut = SceneCuts()
    assert not cut(scene(0)[..., 0])
    assert not cut(cv2.resize(scene(0)[..., 0], (320, 180)))
    assert cut(scene(5)[..., 0])
