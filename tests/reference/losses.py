"""Slow loop versions of the losses, written from the formulas with Python numbers only; used by
tests alone.
"""

import math


def _unit(vector):
    length = math.sqrt(sum(v * v for v in vector))
    return [v / length for v in vector]


def _dot(a, b):
    return sum(x * y for x, y in zip(a, b, strict=True))


def _softmax(values):
    top = max(values)
    powers = [math.exp(v - top) for v in values]
    total = sum(powers)
    return [p / total for p in powers]


def _mean(values):
    return sum(values) / len(values)


def info_nce(
    query,
    key,
    queue=None,
    warps=None,
    temperature=0.2,
    threshold=None,
    ignored=None,
    warp_weight=1.0,
):
    losses = []
    for b, q in enumerate(query):
        q, k = _unit(q), _unit(key[b])
        positive = math.exp(_dot(q, k) / temperature)
        total = positive
        rows = (
            list(enumerate(queue)) if queue else [(j, row) for j, row in enumerate(key) if j != b]
        )
        for j, row in rows:
            row = _unit(row)
            if threshold is not None and _dot(k, row) > threshold:
                continue
            if ignored is not None and queue and ignored[b][j]:
                continue
            total += math.exp(_dot(q, row) / temperature)
        for warp in warps[b] if warps is not None else []:
            total += warp_weight * math.exp(_dot(q, _unit(warp)) / temperature)
        losses.append(-math.log(positive / total))
    return _mean(losses)


def nearest(key, queue):
    return [max(range(len(queue)), key=lambda j: _dot(_unit(k), _unit(queue[j]))) for k in key]


def dense_contrast(query, key, queue, match, temperature, other_cells):
    losses = []
    for b in range(len(query)):
        for p in range(len(query[b])):
            q, partner = _unit(query[b][p]), match[b][p]
            positive = math.exp(_dot(q, _unit(key[b][partner])) / temperature)
            total = positive
            for image in queue if queue else [key[j] for j in range(len(key)) if j != b]:
                total += math.exp(_dot(q, _unit(image[p])) / temperature)
            if other_cells:
                for r in range(len(key[b])):
                    if r != partner:
                        total += math.exp(_dot(q, _unit(key[b][r])) / temperature)
            losses.append(-math.log(positive / total))
    return _mean(losses)


def spatial_attention(maps, temperature):
    result = []
    for image in maps:
        channels, height, width = len(image), len(image[0]), len(image[0][0])
        magnitudes = [
            _mean([abs(image[c][y][x]) for c in range(channels)]) / temperature
            for y in range(height)
            for x in range(width)
        ]
        weights = [height * width * w for w in _softmax(magnitudes)]
        result.append([weights[y * width : (y + 1) * width] for y in range(height)])
    return result


def channel_attention(maps, temperature):
    return [
        [
            len(image) * w
            for w in _softmax(
                [_mean([abs(v) for row in channel for v in row]) / temperature for channel in image]
            )
        ]
        for image in maps
    ]


def _columns(image):
    """Channel vectors of an image's map, by position in reading order."""
    return [
        [channel[y][x] for channel in image]
        for y in range(len(image[0]))
        for x in range(len(image[0][0]))
    ]


def weighted_map_distance(student, teacher, spatial, channel):
    losses = []
    for s, t, where, which in zip(student, teacher, spatial, channel, strict=True):
        flat = [v for row in where for v in row]
        per_position = []
        for a, b, weight in zip(_columns(s), _columns(t), flat, strict=True):
            a, b = _unit(a), _unit(b)
            per_position.append(
                sum(
                    (math.sqrt(weight * w) * (x - y)) ** 2
                    for x, y, w in zip(a, b, which, strict=True)
                )
            )
        losses.append(_mean(per_position))
    return _mean(losses)


def joint_feature(maps, spatial, query):
    result = []
    for image, where, q in zip(maps, spatial, query, strict=True):
        flat = [v for row in where for v in row]
        pooled = [
            _mean([v * w for v, w in zip([v for row in channel for v in row], flat, strict=True)])
            for channel in image
        ]
        result.append(_unit(pooled) + _unit(q))
    return result


def squared_distance(a, b):
    return _mean(
        [sum((x - y) ** 2 for x, y in zip(p, q, strict=True)) for p, q in zip(a, b, strict=True)]
    )


def squared_imitation(student, teacher):
    return squared_distance([_unit(s) for s in student], [_unit(t) for t in teacher])


def distribution_imitation(student, teacher, queue, teacher_temperature, student_temperature):
    divergences, entropies = [], []
    for s, t in zip(student, teacher, strict=True):
        s, t = _unit(s), _unit(t)
        rows = [t] + [_unit(row) for row in queue]
        target = _softmax([_dot(t, row) / teacher_temperature for row in rows])
        answer = _softmax([_dot(s, row) / student_temperature for row in rows])
        divergences.append(
            sum(p * math.log(p / q) for p, q in zip(target, answer, strict=True) if p > 0)
        )
        entropies.append(-sum(p * math.log(p) for p in target if p > 0))
    return _mean(divergences), _mean(entropies)


def key_positions(attention, fraction):
    result = []
    for image in attention:
        width, flat = len(image[0]), [v for row in image for v in row]
        count = max(1, math.ceil(fraction * len(flat) - 1e-9))
        best = set(sorted(range(len(flat)), key=lambda i: (-flat[i], i))[:count])
        result.append([[y * width + x in best for x in range(width)] for y in range(len(image))])
    return result


def _at(positions):
    return [i for i, chosen in enumerate(v for row in positions for v in row) if chosen]


def key_cosine_distance(student, teacher, positions):
    losses = []
    for s, t, where in zip(student, teacher, positions, strict=True):
        a, b = _columns(s), _columns(t)
        losses.append(_mean([1 - _dot(_unit(a[i]), _unit(b[i])) for i in _at(where)]))
    return _mean(losses)


def attention_disagreement(student, teacher):
    losses = []
    for s, t in zip(student, teacher, strict=True):
        s, t = [v for row in s for v in row], [v for row in t for v in row]
        losses.append(
            sum(
                (p / sum(t)) * math.log((p / sum(t)) / (q / sum(s)))
                for p, q in zip(t, s, strict=True)
            )
        )
    return _mean(losses)


def reconstruction_error(generated, teacher, positions):
    losses = []
    for g, t, where in zip(generated, teacher, positions, strict=True):
        a, b = _columns(g), _columns(t)
        losses.append(
            _mean(
                [_mean([(x - y) ** 2 for x, y in zip(a[i], b[i], strict=True)]) for i in _at(where)]
            )
        )
    return _mean(losses)


def attention_transfer(student, teacher):
    def activation(image):
        return _unit([_mean([v * v for v in column]) for column in _columns(image)])

    return squared_distance([activation(s) for s in student], [activation(t) for t in teacher])


def feature_imitation(predicted, target, form):
    if form == "squared":
        return _mean(
            [
                _mean([(x - y) ** 2 for x, y in zip(p, t, strict=True)])
                for p, t in zip(predicted, target, strict=True)
            ]
        )
    return _mean([1 - _dot(_unit(p), _unit(t)) for p, t in zip(predicted, target, strict=True)])


def nt_xent(views, temperature):
    """Loop over every view of every image; `views` is a list of views, each a list of rows."""
    rows = [(b, _unit(row)) for view in views for b, row in enumerate(view)]
    losses = []
    for i, (image, row) in enumerate(rows):
        total = sum(
            math.exp(_dot(row, other) / temperature) for j, (_, other) in enumerate(rows) if j != i
        )
        losses.append(
            _mean(
                [
                    -math.log(math.exp(_dot(row, other) / temperature) / total)
                    for j, (its, other) in enumerate(rows)
                    if j != i and its == image
                ]
            )
        )
    return _mean(losses)


def invariance(one, other):
    return _mean(
        [
            _mean([(x - y) ** 2 for x, y in zip(a, b, strict=True)])
            for a, b in zip(one, other, strict=True)
        ]
    )


def _covariance(rows, i, j):
    a, b = [row[i] for row in rows], [row[j] for row in rows]
    mean_a, mean_b = _mean(a), _mean(b)
    return sum((x - mean_a) * (y - mean_b) for x, y in zip(a, b, strict=True)) / (len(rows) - 1)


def variance_hinge(rows, target, epsilon):
    return _mean(
        [
            max(0.0, target - math.sqrt(_covariance(rows, d, d) + epsilon))
            for d in range(len(rows[0]))
        ]
    )


def covariance_penalty(rows):
    dim = len(rows[0])
    return sum(_covariance(rows, i, j) ** 2 for i in range(dim) for j in range(dim) if i != j) / dim


def sinkhorn(scores, epsilon, iterations):
    """Alternating normalization of plain numbers; columns first, rows last."""
    rows = [[math.exp(v / epsilon) for v in row] for row in scores]
    for _ in range(iterations):
        totals = [sum(row[k] for row in rows) for k in range(len(rows[0]))]
        rows = [[v / t for v, t in zip(row, totals, strict=True)] for row in rows]
        rows = [[v / sum(row) for v in row] for row in rows]
    return rows


def soft_target_cross_entropy(logits, target, temperature):
    return _mean(
        [
            -sum(
                p * math.log(q)
                for p, q in zip(wanted, _softmax([v / temperature for v in row]), strict=True)
            )
            for row, wanted in zip(logits, target, strict=True)
        ]
    )


def _cosines(a, b):
    return [[_dot(_unit(x), _unit(y)) for y in b] for x in a]


def self_assignment(feature, key_feature, epsilon, iterations):
    return sinkhorn(_cosines(feature, key_feature), epsilon, iterations)


def assigned_cross_entropy(query, key, assignment, temperature):
    turned = [list(column) for column in zip(*assignment, strict=True)]
    return (
        soft_target_cross_entropy(_cosines(query, key), assignment, temperature)
        + soft_target_cross_entropy(_cosines(key, query), turned, temperature)
    ) / 2


def sharpened_target(outputs, center, temperature):
    return [
        _softmax([(v - c) / temperature for v, c in zip(row, center, strict=True)])
        for row in outputs
    ]


def moved_center(center, outputs, momentum):
    return [
        momentum * c + (1 - momentum) * _mean([row[k] for row in outputs])
        for k, c in enumerate(center)
    ]


def supervised_contrast(views, labels, temperature):
    """Loop over every view of every face; a label of -1 is an expression of its own."""
    rows = [
        ((label if label >= 0 else ("face", b)), _unit(row))
        for view in views
        for b, (row, label) in enumerate(zip(view, labels, strict=True))
    ]
    losses = []
    for i, (label, row) in enumerate(rows):
        total = sum(
            math.exp(_dot(row, other) / temperature) for j, (_, other) in enumerate(rows) if j != i
        )
        losses.append(
            _mean(
                [
                    -math.log(math.exp(_dot(row, other) / temperature) / total)
                    for j, (its, other) in enumerate(rows)
                    if j != i and its == label
                ]
            )
        )
    return _mean(losses)


def mirror_distance(maps, mirrored):
    losses = []
    for image, mirror in zip(maps, mirrored, strict=True):
        turned = [[row[::-1] for row in channel] for channel in mirror]
        losses.append(
            _mean(
                [
                    sum((x - y) ** 2 for x, y in zip(_unit(a), _unit(b), strict=True))
                    for a, b in zip(_columns(image), _columns(turned), strict=True)
                ]
            )
        )
    return _mean(losses)


def warp_repulsion(query, key, warps, margin, temperature):
    losses = []
    for q, k, own in zip(query, key, warps, strict=True):
        near = _dot(_unit(q), _unit(k))
        far = [_dot(_unit(q), _unit(v)) for v in own]
        if temperature is None:
            losses.append(_mean([max(0.0, margin + value - near) for value in far]))
        else:
            losses.append(-math.log(_softmax([v / temperature for v in (near, *far)])[0]))
    return _mean(losses)


def occlusion_prediction(logits, covered):
    def one(logit, o):
        said = 1 / (1 + math.exp(-logit))
        return -(o * math.log(said) + (1 - o) * math.log(1 - said))

    return _mean(
        [
            _mean(
                [
                    one(logit, o)
                    for row, truth in zip(image, target, strict=True)
                    for logit, o in zip(row, truth, strict=True)
                ]
            )
            for image, target in zip(logits, covered, strict=True)
        ]
    )


def masked_reconstruction(predicted, pixels, hidden):
    losses = []
    for guess, truth, mask in zip(predicted, pixels, hidden, strict=True):
        errors = [
            _mean([(g[y][x] - t[y][x]) ** 2 for g, t in zip(guess, truth, strict=True)])
            for y in range(len(mask))
            for x in range(len(mask[0]))
            if mask[y][x]
        ]
        losses.append(_mean(errors) if errors else 0.0)
    return _mean(losses)
