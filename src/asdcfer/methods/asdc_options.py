"""Settings of ASDC."""

from typing import Literal, Self

from pydantic import Field, model_validator

from asdcfer.methods.moco_options import MocoOptions


class AsdcOptions(MocoOptions):
    """Settings of the student's own momentum contrast and of the terms that its teacher gives.

    Attributes:
        w_contrastive, w_joint, w_query, w_key: weights of the four terms of the method; 0 switches
            a term off and builds nothing for it.
        w_attention_transfer, w_feature: weights of two further terms: attention transfer
            (Zagoruyko), and prediction of the teacher's whole feature.
        student_maps, teacher_maps: which maps are compared, by index, in pairs.
        teacher_side: "own" shows the teacher every view at the side it was made for; "view" at the
            side that the student sees, which costs less while views are small.
        teacher_views: "computed" shows the teacher every view; "sampled" asks it once for each
            face and its mirror image, and reads its maps with the geometry of each view: an update
            then costs little more than the student's own passes.
        student_views: "all" shows the student every view; "first" only the first, whose query must
            find the momentum network's keys of the others; student and teacher look once.
        attention_temperature: tau_a of the attention.
        standardize_teacher: standardize the teacher's channels over the data before its maps are
            imitated.
        joint_form: the attention-weighted "map", the joint feature "vector", or "both".
        teacher_mirror: the teacher's answer is the mean over a view and its mirror image.
        joint_cells: cells along each side in which the joint feature pools the map.
        query_form: "squared" distance of unit vectors (DisCo), "distribution" over key and queue
            (SEED), "both" of these, or "regression" of the teacher's projection as it is (all
            dimensions under one scale), which loses nothing of it.
        query_teacher_temperature, query_student_temperature: of the distribution.
        query_projector: "shared" lets the student's contrastive projection imitate where widths
            agree, "own" always learns one of its own.
        query_layers: layers of a projector of its own; 1 makes the teacher's query linearly
            readable in the student's feature.
        teacher_query_dim: width of the stand-in for the query of a teacher without projector.
        key_form: "match" the teacher at key positions, "reconstruct" them from their surroundings,
            or "both".
        key_fraction: rho, share of the positions that are key.
        key_attention: add the agreement of attention to "match".
        feature_form: "squared" or "cosine".
        contrast_rise: shares of the run between which the weight of the contrast rises from 0 to
            w_contrastive; [0, 0] has it whole from the start.
        neighbors_ignored: share of the queue, nearest to an image by the teacher's queries, that
            is not among its negatives.
        balance_step: the batch, counted from 1, that measures the gradient of each term; it scales
            them alike from then on, see `methods.term_balance`; 0 leaves them as they are.
        heads_start: "teacher" begins with the teacher's own projector as the student's query head,
            and with identities between maps, where shapes agree: for a student that starts with
            its teacher's weights, which random heads would pull away from it. Maps agree from the
            start where standardize_teacher is off. "fitted" solves for all linear heads before the
            first step, by what student and teacher say of untouched faces: for any student that
            already knows something.
    """

    w_contrastive: float = Field(1.0, ge=0)
    w_joint: float = Field(1.0, ge=0)
    w_query: float = Field(1.0, ge=0)
    w_key: float = Field(1.0, ge=0)
    w_attention_transfer: float = Field(0.0, ge=0)
    w_feature: float = Field(0.0, ge=0)
    student_maps: tuple[int, ...] = (-2, -1)
    teacher_maps: tuple[int, ...] = (-2, -1)
    teacher_side: Literal["own", "view"] = "own"
    teacher_views: Literal["computed", "sampled"] = "computed"
    student_views: Literal["all", "first"] = "all"
    attention_temperature: float = Field(0.5, gt=0)
    standardize_teacher: bool = True
    joint_form: Literal["both", "map", "vector"] = "both"
    teacher_mirror: bool = False
    joint_cells: int = Field(1, ge=1)
    query_form: Literal["squared", "distribution", "both", "regression"] = "squared"
    query_teacher_temperature: float = Field(0.05, gt=0)
    query_student_temperature: float = Field(0.2, gt=0)
    query_projector: Literal["shared", "own"] = "shared"
    query_layers: int = Field(2, ge=1)
    teacher_query_dim: int = Field(256, ge=2)
    key_form: Literal["match", "reconstruct", "both"] = "match"
    key_fraction: float = Field(0.25, gt=0, le=1)
    key_attention: bool = True
    feature_form: Literal["squared", "cosine"] = "squared"
    contrast_rise: tuple[float, float] = (0.0, 0.0)
    neighbors_ignored: float = Field(0.0, ge=0, lt=1)
    balance_step: int = Field(0, ge=0)
    heads_start: Literal["random", "teacher", "fitted"] = "random"

    @property
    def asks_for_queries(self) -> bool:
        """Whether a term compares query vectors."""
        return self.w_query > 0 or (self.w_joint > 0 and self.joint_form != "map")

    @model_validator(mode="after")
    def _what_options_want(self) -> Self:
        if self.neighbors_ignored > 0 and not (self.asks_for_queries and self.queue_size):
            raise ValueError(
                "neighbors_ignored leaves out keys of the queue by the teacher's queries: it wants "
                "queue_size above 0, and w_query, or w_joint with another joint_form than map"
            )
        linear = self.query_projector == "own" and self.query_layers == 1
        if self.heads_start == "fitted" and self.asks_for_queries and not linear:
            raise ValueError(
                "heads_start=fitted solves for linear heads, and the query head is none; set "
                "query_projector=own and query_layers=1"
            )
        return self
