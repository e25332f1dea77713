"""A recipe of seconds, and stages that are made of it."""

TINY = (
    "{method: %s, "
    "encoder: {name: resnet18, arguments: {width: 4, stem: stride2}, pooling: stages}, "
    "epochs: 2, batch_size: 64, views: {size: 32}, log_every: 5, "
    "options: {queue_size: 100, projector_hidden: 16, projector_dim: 8}, "
    "health: {every_epochs: 1, images: 64, knn_images: 400}}"
)
TEACHER, STUDENT = f"teacher={TINY % 'moco'}", f"student={TINY % 'asdc'}"
QUICK = [TEACHER, STUDENT, "data.images=300"]
