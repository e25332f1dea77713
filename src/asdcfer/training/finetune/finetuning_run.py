"""One run of fine-tuning: the start of the classifier, the objective, and the best epoch."""

import hashlib
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from asdcfer.data.pack import Pack
from asdcfer.data.splits import Task, check_choice, evenly_spaced, task_of
from asdcfer.devices import resolve_device, resolve_precision
from asdcfer.errors import RecipeError
from asdcfer.evaluation.probes.features import pack_hash
from asdcfer.evaluation.probes.few_labels import draw_labels
from asdcfer.models.classifier import Classifier, ExpressionModel
from asdcfer.models.ema import MomentumEncoder
from asdcfer.models.encoder import Encoder
from asdcfer.models.registry import at_side
from asdcfer.models.weights import weights_hash
from asdcfer.training.engine.health_callback import HealthCallback
from asdcfer.training.engine.metrics_log import MetricsLog
from asdcfer.training.engine.trainer import Workplace, fit
from asdcfer.training.finetune.cluster_agreement import agreed_task
from asdcfer.training.finetune.context import FinetuneContext, check_begun
from asdcfer.training.finetune.distilled_targets import distilled_targets
from asdcfer.training.finetune.linear_init import LinearInit, linear_init
from asdcfer.training.finetune.module import (
    BestEpoch,
    FinetuneModule,
    averaged_model,
    validation_scores,
)
from asdcfer.training.finetune.objectives import SupervisedObjective
from asdcfer.training.finetune.options import FinetuneOptions
from asdcfer.training.finetune.semi_supervised import (
    SemiSupervisedObjective,
    only_known,
    unlabeled_rows,
)

HEALTH_FACES, HEALTH_EPOCHS = 512, 5
"""How many training faces the health of the features is measured on, and how often."""


class FinetuningRun:
    """One fine-tuning, from an encoder to the averaged model of its best epoch.

    Args:
        encoder: where to start; it is trained in place.
        pack: labeled.
        place: hardware, progress, whether to resume, and the folder.
        options: how.
        context: what else there is to know.

    Attributes:
        task: rows and labels that are learnt from; no other label can be read.
        unlabeled: int64 (U,), rows that take part without their labels.
        source: hash of the encoder as it was given.
        teachers: hashes of the teachers.
        device: what "auto" became.

    Raises:
        RecipeError: unlabeled images are to be learnt from in several processes.
        WeightsError: there is no classifier to go on from, or it knows other expressions.
        DataError: the pack has a single label of each expression, and no validation split.
    """

    def __init__(
        self,
        encoder: Encoder,
        pack: Pack,
        place: Workplace,
        options: FinetuneOptions,
        context: FinetuneContext,
    ) -> None:
        self.pack, self.options, self.context = pack, options, context
        self.place = replace(place, name="finetune")
        self.device = resolve_device(place.hardware.device)
        if options.unlabeled and place.hardware.processes > 1:
            raise RecipeError(
                "learning from unlabeled images remembers what each was taken for, in one process; "
                "use one device, or leave unlabeled out"
            )
        task = context.task or task_of(pack)
        check_choice(pack, task)
        if options.labels_per_class is not None:
            drawn = draw_labels(
                task.labels, task.train, per_class=options.labels_per_class, seed=options.seed
            )
            task = task.with_train(drawn)
        if options.classifier_start == "own":
            check_begun(context.begun, encoder, task)
        self.unlabeled = unlabeled_rows(pack, task) if options.unlabeled else np.zeros(0, np.int64)
        # From here on no other label can be read.
        self.task = only_known(task)
        self.source = weights_hash(encoder)
        self.encoder = encoder if options.side is None else at_side(encoder, options.side)
        self.teachers = [weights_hash(teacher) for teacher in context.teachers]
        self.bf16 = options.wants_bf16(self.device)

    def made_from(self) -> dict[str, str]:
        """Return what decides the weights beside the options."""
        begun = self.context.begun if self.options.classifier_start == "own" else None
        return {
            "source": self.source,
            "pack": pack_hash(self.pack),
            "labels": self._labels_hash(),
            "labeled images": str(len(self.task.train)),
            "unlabeled images": str(len(self.unlabeled)),
            "teachers": " ".join(self.teachers) or "none",
            "classifier": "none" if begun is None else weights_hash(begun.classifier),
        }

    def _labels_hash(self) -> str:
        """Return a hash of what is learnt and chosen by: rows, their labels, and names of these."""
        task = self.task
        rows = (task.train, task.validation, task.labels[task.train], task.labels[task.validation])
        numbers = b"".join(np.asarray(each, np.int64).tobytes() for each in rows)
        return hashlib.sha256("|".join(task.expressions).encode() + numbers).hexdigest()

    def trained(self) -> tuple[ExpressionModel, int]:
        """Train; returns the best epoch's averaged model, and which epoch that was."""
        torch.manual_seed(self.options.seed)
        classifier = Classifier(
            self.encoder.feature_dim, len(self.task.expressions), self.options.dropout
        )
        model = ExpressionModel(self.encoder, classifier, self.task.expressions)
        model = model.to(  # type: ignore[call-overload]  # torch has no type
            self.place.hardware.own_device(self.device), memory_format=torch.channels_last
        )
        probed = self._start(model)
        average = MomentumEncoder(model)
        average.eval()
        objective = self._objective(model, average, probed)
        if not self.options.epochs:
            scores = validation_scores(averaged_model(average), objective)
            self.place.heard.message(f"{scores['accuracy']:.2%} on the validation split")
            model.load_state_dict(average.network.state_dict())
            return model, 0
        module = FinetuneModule(objective, average, self.options, self.made_from())
        log = MetricsLog(
            self.place.log_file, module.loop.log_every, self.place.hardware.tensorboard
        )
        best = BestEpoch(log)
        watch = HealthCallback(
            log,
            torch.from_numpy(self.pack.images[evenly_spaced(self.task.train, HEALTH_FACES)]),
            HEALTH_EPOCHS,
            resolve_precision(self.options.precision, self.device).precision,
        )
        model.train()
        fit(module, self.place, log, [best, watch])
        if watch.health is not None and watch.health.verdict != "healthy":
            reasons = "; ".join(watch.health.reasons)
            self.place.heard.message(f"finetune: {watch.health.verdict}: {reasons}")
        if best.tensors:
            model.load_state_dict(best.tensors)
        return model, best.epoch

    def _start(self, model: ExpressionModel) -> LinearInit | None:
        """Give the classifier its start; returns the linear probe where one is needed."""
        options = self.options
        # What clusters and probe agree on is no part of a checkpoint and found again.
        agreed = options.unlabeled and options.pseudo_rule == "agreement"
        probes_labels = options.unlabeled and (
            options.starting_labels != "none" or options.alignment == "estimated"
        )
        fresh = self.place.start is None
        probed = None
        if agreed or (fresh and (options.classifier_start == "probe" or probes_labels)):
            probed = linear_init(
                self.encoder,
                self.pack,
                self.task,
                self.unlabeled,
                estimate=options.alignment == "estimated" and not agreed,
                smooth=options.starting_labels == "propagated" and not agreed,
                bf16=self.bf16,
            )
            if options.classifier_start == "probe":
                model.classifier.linear.weight.data.copy_(probed.weight.T)
                model.classifier.linear.bias.data.copy_(probed.bias)
        if options.classifier_start == "own" and self.context.begun is not None:
            model.classifier.load_state_dict(self.context.begun.classifier.state_dict())
        return probed

    def _objective(
        self, model: ExpressionModel, average: MomentumEncoder, probed: LinearInit | None
    ) -> SupervisedObjective:
        options, task = self.options, self.task
        online = options.unlabeled and options.pseudo_rule == "online"
        if options.unlabeled and not online and probed is not None:
            labels = probed.labels.numpy()
            encoder, pack, rows = self.encoder, self.pack, self.unlabeled
            task, found = agreed_task(encoder, pack, task, rows, labels, options, options.seed)
            self.place.heard.message(f"finetune: {found}")
        targets = self._targets(model, task)
        if not online:
            hardware = self.place.hardware
            return SupervisedObjective(
                model, self.pack, task, options, targets, hardware.process, hardware.processes
            )
        objective = SemiSupervisedObjective(
            model, self.pack, self.task, options, average, self.unlabeled, targets
        )
        if probed is not None:
            objective.memory.begin(
                probed.prior, probed.labels if options.starting_labels != "none" else None
            )
        return objective

    def _targets(self, model: ExpressionModel, task: Task) -> Tensor | None:
        """Return what the teachers make of the labels of a task, None without teachers."""
        if not self.context.teachers:
            return None
        return distilled_targets(
            [
                teacher.to(model.classifier.linear.weight.device)
                for teacher in self.context.teachers
            ],
            self.pack,
            task,
            self.options.teacher_weight,
            self.options.teacher_temperature,
            self.bf16,
        )
