"""The one engine that trains: pretraining and fine-tuning run on the same parts.

* `module.TrainingModule` is what the engine trains. A subclass says how a batch becomes a loss
  (`batch_loss`), what learns at which rate (`rated_parameters`) and what follows an update
  (`follow`); position, schedule, means for the log, the check for a loss that is not finite, and
  the content of a checkpoint are the engine's. `pretrain.module.PretrainModule` trains a method on
  images, `finetune.module.FinetuneModule` an expression model on labels.
* `plan.Plan` and `plan.LoopOptions` hold the numbers of a run; `hardware.Hardware` where it runs.
* `trainer.fit` drives a module from the start, or from its newest checkpoint, to the end of its
  plan: one rule for devices and precision, one set of callbacks.
* `optimizer.build_optimizer` builds SGD, AdamW or LARS over groups with a `peak` each
  (`parameter_groups`: layer-wise decay); `schedule` is a pure function of the step.
* `checkpoint` is the format on disk; `checkpoint_callback` says when one is written, what Ctrl-C
  and SIGTERM do, and how many are kept; `resume_checks` says which settings must be the same.
* `metrics_log` writes metrics.csv; `progress_callback` reports to the caller's `Progress`;
  `health` and `health_callback` judge whether features collapse.

Promises, for whatever is trained: a run killed at any moment and resumed gives the same weights, to
the bit, as one that was not; several processes average their gradients; a loss or a weight that is
not finite ends the run with the step and the last good checkpoint, and never reaches a checkpoint.
"""
