"""Data of tasks are found where a user puts them, and named where they are not."""

from __future__ import annotations

import gzip

import numpy
import pytest
import torch

from adaptive import field
from adaptive.tasks import (
    FIRST_EVALUATION_SEED,
    _data,
    _prequential,
    label_swap_fashion,
    noisy_label_digits,
    slow_regression,
    slow_regression_gradual,
)
from kg import plugins
from kg.errors import Refused


def written(path, array):
    head = b"\x00\x00\x08" + bytes([array.ndim]) + b"".join(int(n).to_bytes(4) for n in array.shape)
    path.write_bytes(gzip.compress(head + array.astype(numpy.uint8).tobytes()))


def test_fashion_images_are_read_from_idx_files(tmp_path, monkeypatch):
    monkeypatch.setenv("EXAPT_DATA", str(tmp_path))
    own = numpy.random.default_rng(0)
    written(tmp_path / f"{label_swap_fashion.IMAGES}.gz", own.integers(0, 256, size=(60, 28, 28)))
    written(tmp_path / f"{label_swap_fashion.LABELS}.gz", own.integers(0, 10, size=60))
    assert label_swap_fashion.missing() == ""
    batch = next(label_swap_fashion.make(100, steps=2).batches)
    assert batch.inputs.shape == (10, 784) and 0.9 < batch.inputs.max() <= 1.0


def test_a_cut_off_idx_file_is_refused(tmp_path):
    path = tmp_path / "images"
    path.write_bytes(b"\x00\x00\x08\x01" + (9).to_bytes(4) + b"123")
    with pytest.raises(Refused, match="holds 3 bytes"):
        _data.idx(path)


def test_missing_data_are_named_and_such_a_task_is_not_raced_unasked(monkeypatch):
    monkeypatch.setattr(_data, "folders", list)
    heat = plugins.load("adaptive.prototypes", "heat_shock_regularization")
    chosen = field.tasks_of([], heat, "heat_shock_regularization")
    assert "digits" in chosen and not {"elec", "weather", "char_lm", "label_swap_mnist"} & set(chosen)
    with pytest.raises(Refused, match=r"elec\.csv\.gz .*EXAPT_DATA"):
        field.tasks_of(["elec"], heat, "heat_shock_regularization")


def test_two_labels_in_five_are_wrong():
    borne, true = noisy_label_digits.names(100), noisy_label_digits.images()[1][:1000]
    assert int((borne != true).sum()) == 400


def test_blocks_are_the_batches():
    episode = slow_regression.make(100, steps=250)
    block = torch.cat([block.inputs for block in episode.blocks])
    assert torch.equal(block, torch.stack([batch.inputs for batch in episode.batches]))


def test_gradual_change_shows_both_values_within_a_stretch():
    batches = list(slow_regression_gradual.make(100, steps=400).batches)
    first, second = (torch.cat([b.inputs[:, :15] for b in part]) for part in (batches[:200], batches[200:]))
    assert (first == first[0]).all()
    share = (second != first[0]).float().mean(dim=0)
    assert share.max() == pytest.approx(0.5, abs=0.05) and (share > 0).sum() == 1


def met(seed, *, rows=4001, steps=120, longest=120):
    """The rows of a table of so many that a life of ``seed`` meets, in the order in which it does."""
    table = numpy.column_stack([numpy.arange(rows), numpy.arange(rows) % 2]).astype(float)
    made = _prequential.episode("any", table, seed, steps=steps, longest=longest, reorder=False)
    return numpy.concatenate([batch.ids for batch in made.batches])


def test_no_life_is_tuned_on_rows_of_a_table_that_judge_another():
    tuning = set(numpy.concatenate([met(seed) for seed in range(60)]).tolist())
    judged = set(numpy.concatenate([met(seed) for seed in range(FIRST_EVALUATION_SEED, FIRST_EVALUATION_SEED + 60)]).tolist())
    assert max(tuning) < 2000 <= min(judged), "first the rows for tuning, then those that judge"
    assert len(tuning) > 1800 and len(judged) > 1800, "either half is used, nearly to its ends"


@pytest.mark.parametrize("seed", [3, 103])
def test_a_life_meets_no_row_twice_unless_it_is_longer_than_it_may_be(seed):
    assert len(set(met(seed).tolist())) == 1200
    assert len(set(met(seed, steps=500).tolist())) == (2000 if seed < FIRST_EVALUATION_SEED else 2001), (
        "it goes round in its half"
    )


@pytest.mark.parametrize("name", ["elec", "weather"])
def test_a_standard_life_fits_into_half_of_its_table(name):
    task = plugins.load("adaptive.tasks", name)
    if task.missing():
        pytest.skip(task.missing())
    ids = [
        numpy.concatenate([batch.ids for batch in task.make(seed, steps=task.STEPS["standard"]).batches])
        for seed in (0, 4, 100, 119)
    ]
    assert all(len(set(rows.tolist())) == len(rows) == 10 * task.STEPS["standard"] for rows in ids)
    assert max(*ids[0], *ids[1]) < min(*ids[2], *ids[3])
    assert "overlap" in task.DESCRIPTION, "what the interval of a race tells is said with its task"


@pytest.mark.parametrize("seed", [0, 100])
def test_features_belong_to_the_rows_that_are_named(seed):
    table = numpy.column_stack([numpy.arange(4001), numpy.arange(4001) % 3]).astype(float)
    for batch in _prequential.episode("any", table, seed, steps=20, longest=100, reorder=False).batches:
        assert batch.targets.tolist() == (batch.ids % 3).tolist()
        assert numpy.corrcoef(batch.inputs[:, 0].numpy(), batch.ids)[0, 1] == pytest.approx(1.0)
