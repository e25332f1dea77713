"""Schedules: pure functions of the step, so that nothing about them needs to be saved.

A run resumed at step t computes the same learning rate as one that never stopped, because it
depends on t alone.
"""

import math


def learning_rate_at(
    step: int, total_steps: int, warmup_steps: int, peak: float, final_fraction: float = 0.0
) -> float:
    """Return the learning rate of one step: a linear warm-up, then half a cosine.

    `lr(t) = peak (t + 1) / w` for `t < w`, then `final + (peak - final) (1 + cos(pi (t - w) / (T -
    w))) / 2` with `final = final_fraction peak`.

    Args:
        step: t, updates already made, in 0..T-1.
        total_steps: T, updates of the whole run.
        warmup_steps: w, updates of the warm-up; 0 for none.
        peak: the highest learning rate.
        final_fraction: what is left of the peak at the end, in 0..1.

    Source: the cosine is Loshchilov and Hutter, "SGDR" (ICLR 2017), equation 5 without restarts;
        the warm-up Goyal et al. (2017), section 2.2.

    Example:
        >>> [round(learning_rate_at(t, 6, 2, 1.0), 3) for t in range(6)]
        [0.5, 1.0, 1.0, 0.854, 0.5, 0.146]
    """
    if step < warmup_steps:
        return peak * (step + 1) / warmup_steps
    progress = (step - warmup_steps) / max(1, total_steps - warmup_steps)
    final = final_fraction * peak
    return final + (peak - final) * 0.5 * (1.0 + math.cos(math.pi * min(1.0, progress)))


def weight_decay_at(step: int, total_steps: int, start: float, end: float | None) -> float:
    """Return the weight decay of one step: from `start` to `end` along half a cosine.

    `b(t) = end + (start - end) (1 + cos(pi t / T)) / 2`

    Args:
        step: t, updates already made, in 0..T-1.
        total_steps: T, updates of the whole run.
        start: of the first step.
        end: where it goes; None stays at `start`.

    Source: DINO (Caron et al., ICCV 2021), appendix: from 0.04 to 0.4.

    Example:
        >>> [round(weight_decay_at(t, 4, 0.04, 0.4), 3) for t in (0, 2, 4)]
        [0.04, 0.22, 0.4]
    """
    if end is None:
        return start
    return end + (start - end) * 0.5 * (1.0 + math.cos(math.pi * min(1.0, step / total_steps)))


def effective_learning_rate(
    learning_rate: float, per_images: int | None, images_per_step: int
) -> float:
    """Return the learning rate that the optimizer is given, scaled once and here only.

    `effective = learning_rate * images_per_step / per_images`, or `learning_rate` itself where
    `per_images` is None.

    Args:
        learning_rate: the value written in the recipe.
        per_images: the number of images a step that this value is meant for; None switches the
            scaling off.
        images_per_step: images of one update, over all processes and accumulated batches.

    Source: the linear scaling rule of Goyal et al. (2017), section 2.1.

    Example:
        >>> effective_learning_rate(0.06, 256, 128), effective_learning_rate(0.06, None, 128)
        (0.03, 0.06)
    """
    return learning_rate if per_images is None else learning_rate * images_per_step / per_images
