"""Every arm of a race must live the same life: what a task makes depends on the seed and on nothing else."""

import itertools
from types import ModuleType

import numpy
import pytest
import torch

from adaptive import trial
from adaptive.standalone import standalone
from adaptive.tasks import FIRST_EVALUATION_SEED, Episode, seed_of, small_data_digits
from adaptive.tasks import _images as pictures
from adaptive.tasks import slow_regression as regression
from adaptive.trial import weights_sha256
from kg import plugins
from kg.model import Spec

EVERY = plugins.names("adaptive.tasks")
# Data of their own lie here or not; what is missing then is said by a test below.
NAMES = [name for name in EVERY if not getattr(plugins.load("adaptive.tasks", name), "missing", str)()]


def task(name: str) -> ModuleType:
    return plugins.load("adaptive.tasks", name)


def life(name: str, seed: int, *, steps: int = 30, reorder: bool = False) -> tuple[str, list[tuple[list[int], list[float]]]]:
    episode: Episode = task(name).make(seed, steps=steps, reorder=reorder)
    return weights_sha256(episode.model), [(b.ids.tolist(), b.targets.flatten().tolist()) for b in episode.batches]


def test_the_four_tasks_are_there() -> None:
    assert {"digits", "small_data_digits", "label_swap_digits", "slow_regression"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_task_says_what_it_is(name: str) -> None:
    module = task(name)
    assert module.DIRECTION in ("higher", "lower")
    assert set(module.REVEALS) <= {"lookahead", "labels", "held_out"}
    assert 0 < module.STEPS["quick"] < module.STEPS["standard"]
    assert module.TITLE and module.DESCRIPTION.endswith(".") and module.METRIC


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_is_the_same_life_whatever_was_drawn_before(name: str) -> None:
    first = life(name, 100)
    torch.rand(7)
    numpy.random.default_rng().random(3)
    assert life(name, 100) == first


@pytest.mark.parametrize("name", NAMES)
def test_another_seed_is_another_life(name: str) -> None:
    (weights, batches), (others, other_batches) = life(name, 100), life(name, 101)
    assert weights != others
    assert batches != other_batches


@pytest.mark.parametrize("name", NAMES)
def test_a_life_leaves_the_global_generators_alone(name: str) -> None:
    before = torch.get_rng_state()
    life(name, 3)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("name", NAMES)
def test_a_longer_life_begins_like_a_shorter_one(name: str) -> None:
    assert life(name, 100, steps=50)[1][:30] == life(name, 100, steps=30)[1]


@pytest.mark.parametrize("name", NAMES)
def test_reordering_keeps_the_weights_and_changes_the_order(name: str) -> None:
    (weights, batches), (again, reordered) = life(name, 100), life(name, 100, reorder=True)
    assert weights == again
    assert batches != reordered


@pytest.mark.parametrize("name", NAMES)
def test_outputs_loss_and_score_fit_together(name: str) -> None:
    episode: Episode = task(name).make(100, steps=3)
    batch = next(iter(episode.batches))
    outputs = episode.model(batch.inputs)
    assert torch.isfinite(episode.loss(outputs, batch.targets))
    assert numpy.isfinite(episode.score(outputs.detach(), batch.targets))
    assert len(list(episode.batches)) == episode.steps - 1


def test_seeds_of_different_purposes_do_not_collide() -> None:
    seeds = {seed_of(name, purpose, seed) for name in NAMES for purpose in ("init", "order", "events") for seed in range(50)}
    assert len(seeds) == len(NAMES) * 3 * 50


@pytest.mark.parametrize("name", ["digits", "small_data_digits"])
def test_no_seed_trains_on_images_that_judge_it(name: str) -> None:
    ids = {image for batch, _ in life(name, 100, steps=80)[1] for image in batch}
    assert max(ids) < pictures.TRAINING


def test_tuning_is_judged_on_other_images_than_evaluation() -> None:
    parts = []
    for seed in (FIRST_EVALUATION_SEED - 1, FIRST_EVALUATION_SEED):
        seen: list[torch.Tensor] = []

        class Recorder(torch.nn.Module):
            def forward(self, inputs: torch.Tensor, seen: list[torch.Tensor] = seen) -> torch.Tensor:
                seen.append(inputs)
                return torch.zeros(len(inputs), pictures.CLASSES)

        pictures.held_out(seed)(Recorder())
        parts.append(seen[0])
    assert len(parts[0]) == pictures.VALIDATION
    assert len(parts[1]) == len(pictures.images()[1]) - pictures.TRAINING - pictures.VALIDATION
    assert not torch.equal(parts[0], parts[1][: len(parts[0])])


def test_small_data_has_ten_images_of_each_class() -> None:
    batches = life("small_data_digits", 100, steps=5)[1]
    images = {image for ids, _ in batches for image in ids}
    counts = numpy.bincount(pictures.images()[1][sorted(images)].numpy(), minlength=10)
    assert counts.tolist() == [10] * 10


def test_labels_swap_two_at_a_time_and_stay_a_permutation() -> None:
    names: list[dict[int, int]] = []
    classes = pictures.images()[1].tolist()
    for ids, targets in life("label_swap_digits", 100, steps=400)[1]:
        names.append({classes[image]: int(target) for image, target in zip(ids, targets, strict=True)})
    start = names[0]
    assert all(shown == true for true, shown in start.items())
    # No swap falls into the last fifteen batches of this life, and they name every class once.
    final: dict[int, int] = {}
    for name in names[-15:]:
        final |= name
    assert sorted(final.values()) == list(range(10))
    assert final != {c: c for c in range(10)}


@pytest.mark.parametrize(("tier", "turns"), [("quick", 1), ("standard", 4)])
def test_pairs_of_classes_take_as_many_turns_as_the_task_says(tier: str, turns: int) -> None:
    module = task("class_incremental_digits")
    steps = module.STEPS[tier]
    shown = [set(targets) for _, targets in life("class_incremental_digits", 100, steps=steps)[1]]
    pairs = [frozenset().union(*shown[first : first + module.LENGTH]) for first in range(0, steps, module.LENGTH)]
    assert {len(pair) for pair in pairs} == {2} and frozenset().union(*pairs) == frozenset(range(10))
    assert pairs == pairs[:5] * turns and len(set(pairs[:5])) == 5
    assert f"{steps:,} steps" in module.DESCRIPTION or f"of {steps:,}" in module.DESCRIPTION
    assert {1: "once", 4: "four times"}[turns] in module.DESCRIPTION


def test_one_slow_bit_flips_at_a_time() -> None:
    episode: Episode = task("slow_regression").make(100, steps=3 * regression.FLIP)
    slow = [batch.inputs[:, : regression.SLOW] for batch in episode.batches]
    assert all(torch.equal(bits, bits[:1].expand_as(bits)) for bits in slow)
    changes = [int((a[0] != b[0]).sum()) for a, b in itertools.pairwise(slow)]
    flips = [step for step, changed in enumerate(changes, 1) if changed]
    assert flips == [regression.FLIP, 2 * regression.FLIP]
    assert set(changes) == {0, 1}


def test_the_target_of_slow_regression_is_a_function_of_its_bits() -> None:
    episode: Episode = task("slow_regression").make(100, steps=100)
    shown: dict[int, float] = {}
    for batch in episode.batches:
        for key, target in zip(batch.ids.tolist(), batch.targets.flatten().tolist(), strict=True):
            assert shown.setdefault(key, target) == target
    assert len(set(shown.values())) > 2


def test_the_loss_of_a_batch_set_aside_is_told_to_who_asks_and_paid_for(tmp_path):
    path = tmp_path / "gap.py"
    path.write_text(
        standalone(Spec(name="gap", sense="generalisation_gap", respond="hill", act="weight_decay")), encoding="utf-8"
    )
    asked, plain = (
        trial.run(trial.Job(task="small_data_digits", steps=60, arm="any", plugin=plugin, knobs=(("lr", 0.1),), seed=100))[0]
        for plugin in (str(path), "adaptive.baselines:sgd")
    )
    assert (asked.note, plain.note) == ("", "")
    assert max(asked.sensed) > 0.0
    # Sixty steps of twenty samples, or as many as fit into that with a look at twenty others in each.
    assert plain.budget == 60 * 60.0
    assert asked.budget <= plain.budget
    hidden = trial.run(trial.Job(task="digits", steps=5, arm="any", plugin=str(path), knobs=(("lr", 0.1),), seed=100))[0]
    assert "held_out" in hidden.note


def test_a_batch_set_aside_is_never_learned_from_nor_judged_by():
    episode = small_data_digits.make(100, steps=40)
    learned = {int(i) for batch in episode.batches for i in batch.ids}
    assert not learned & set(episode.aside.ids.tolist())
    assert max(episode.aside.ids) < 1000


@pytest.mark.parametrize("name", NAMES)
def test_who_may_see_labels_can_be_told_how_many_were_missed(name: str) -> None:
    """A prototype that asks for errors races where labels are revealed: there, targets have to name classes."""
    batch = next(task(name).make(100, steps=1).batches)
    if "labels" in task(name).REVEALS:
        assert batch.targets.dim() == 1 and not batch.targets.is_floating_point()


def test_the_valley_is_as_long_and_samples_hold_as_many_words_as_is_said() -> None:
    words = numpy.concatenate([batch.inputs.numpy() for batch in task("sparse_gradient").make(100, steps=1000).batches])
    assert words.sum(axis=1).mean() == pytest.approx(4.7, abs=0.05) and words.sum(axis=1).max() == 5
    assert "4.7 words on average" in " ".join(str(task("sparse_gradient").__doc__).split())
    inputs = numpy.concatenate([batch.inputs.numpy() for batch in task("ill_conditioned").make(100, steps=1000).batches])
    curvatures = numpy.linalg.eigvalsh(inputs.T @ inputs / len(inputs))
    # The contours of the loss are as much longer than wide as the root of the curvatures' quotient says.
    assert (curvatures[-1] / curvatures[0]) ** 0.5 == pytest.approx(100.0, rel=0.05)
    assert "a hundred times longer than wide" in str(task("ill_conditioned").__doc__)
