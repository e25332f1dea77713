"""Loops over images: what every metric means."""

import math
import random

import numpy as np


def confusion(labels, predicted, classes):
    table = [[0] * classes for _ in range(classes)]
    for y, z in zip(labels, predicted, strict=True):
        table[int(y)][int(z)] += 1
    return table


def accuracy(table):
    return sum(table[i][i] for i in range(len(table))) / sum(map(sum, table))


def mean_class_accuracy(table):
    recalls = [row[i] / sum(row) for i, row in enumerate(table) if sum(row)]
    return sum(recalls) / len(recalls)


def macro_f1(table):
    scores = []
    for i, row in enumerate(table):
        if not sum(row):
            continue
        predicted = sum(other[i] for other in table)
        precision = row[i] / predicted if predicted else 0.0
        recall = row[i] / sum(row)
        scores.append(2 * precision * recall / (precision + recall) if precision + recall else 0.0)
    return sum(scores) / len(scores)


def calibration_error(probabilities, labels, bins):
    total = 0.0
    for b in range(bins):
        inside = []
        for p, y in zip(probabilities, labels, strict=True):
            confidence = max(p)
            if b == min(bins - 1, math.floor(confidence * bins)):
                inside.append((confidence, float(np.argmax(p) == y)))
        if inside:
            total += abs(sum(c for c, _ in inside) - sum(r for _, r in inside)) / len(labels)
    return total


def bootstrap_intervals(labels, predicted, classes, seed, resamples):
    draw = random.Random(seed)
    n = len(labels)
    values = {"accuracy": [], "mean_class_accuracy": []}
    for _ in range(resamples):
        chosen = [draw.randrange(n) for _ in range(n)]
        table = confusion([labels[i] for i in chosen], [predicted[i] for i in chosen], classes)
        values["accuracy"].append(accuracy(table))
        values["mean_class_accuracy"].append(mean_class_accuracy(table))
    return {
        name: [float(np.percentile(v, 2.5)), float(np.percentile(v, 97.5))]
        for name, v in values.items()
    }
