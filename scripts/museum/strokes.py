"""The painter's hand: a picture broken into brush strokes, with the relief they leave."""

from __future__ import annotations

import cv2
import numpy as np

from .noise import clouds
from .planes import blur, floats, sampled
from .values import Floats, Random


def brushed(picture: Floats, rng: Random, sizes: tuple[float, ...] = (26, 13, 6)) -> tuple[Floats, Floats]:
    """Colours and relief 0..1. Strokes follow the contours; small ones come only where the picture has detail."""
    height, width = picture.shape[:2]
    grey = blur(floats(picture.mean(axis=2)), 3)
    along_x, along_y = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    drift = clouds(rng, height, width, width / 4, 2) * np.float32(1.6)
    detail = blur(np.abs(grey - blur(grey, 8)), 4)
    canvas = (blur(picture, 10) * 255).astype(np.uint8)
    relief = np.zeros((height, width), np.uint8)
    for number, thick in enumerate(sizes):
        soft = blur(picture, thick * 0.3)
        count = int(height * width / (thick * thick * 1.5))
        xs, ys = rng.uniform(0, width, count), rng.uniform(0, height, count)
        jitter = rng.normal(0, 0.035, (count, 1)) + rng.normal(0, 0.012, (count, 3))
        for k in range(count):
            x, y = int(xs[k]), int(ys[k])
            if number == len(sizes) - 1 and detail[y, x] < 0.010:
                continue
            gx, gy = float(along_x[y, x]), float(along_y[y, x])
            angle = np.arctan2(gx, -gy) if gx * gx + gy * gy > 2e-3 else float(drift[y, x])
            reach = thick * 1.5
            dx, dy = np.cos(angle) * reach, np.sin(angle) * reach
            paint = np.clip((soft[y, x] + jitter[k]) * 255, 0, 255)
            ends = (int(x - dx), int(y - dy)), (int(x + dx), int(y + dy))
            cv2.line(canvas, *ends, [float(c) for c in paint], int(thick * 0.7), cv2.LINE_AA)
            cv2.line(relief, *ends, [int(60 + (k * 53) % 190)], int(thick * 0.7), cv2.LINE_AA)
    bristles = clouds(rng, height, width, 5, 2)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    bristles = sampled(bristles, floats(x * 0.35), floats(y * 2.2), wrap=True)
    return floats(canvas) / np.float32(255), blur(floats(relief) / np.float32(255), 0.8) + bristles * np.float32(0.10)


def canvas_weave(rng: Random, height: int, width: int) -> Floats:
    """Threads of the canvas, -1..1."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    return floats(
        np.sin(x * 1.6 + clouds(rng, height, width, 80, 2)) * 0.5
        + np.sin(y * 1.6 + clouds(rng, height, width, 80, 2)) * 0.5
    )
