"""Weighted kNN, one query and one neighbor at a time."""

import math

import numpy as np


def loop_knn(bank, labels, queries, classes, k, temperature):
    answers = []
    for q in queries:
        cosines = [
            sum(float(a) * float(b) for a, b in zip(q, row, strict=True))
            / (math.hypot(*q) * math.hypot(*row))
            for row in bank
        ]
        order = sorted(range(len(bank)), key=lambda i: -cosines[i])[:k]
        scores = [0.0] * classes
        for i in order:
            scores[int(labels[i])] += math.exp(cosines[i] / temperature)
        answers.append([s / sum(scores) for s in scores])
    return np.array(answers)
