"""The corpora of the fuzz targets, replayed."""

from __future__ import annotations

import random

import pytest

from fuzz import corpus, make_corpus
from fuzz.run import mutant
from fuzz.targets import TARGETS


@pytest.mark.parametrize("target", TARGETS)
def test_the_corpus_is_replayed(target: str) -> None:
    inputs = corpus.load(target)
    assert len(inputs) > 30
    for data in inputs:
        try:
            TARGETS[target](data)
        except Exception as error:
            pytest.fail(f"{target}({data!r}) raised {error!r}")


@pytest.mark.parametrize("target", TARGETS)
def test_a_few_mutations(target: str) -> None:
    inputs = corpus.load(target)
    source = random.Random(7)  # noqa: S311 - test data
    for _ in range(500):
        data = mutant(source, inputs)
        try:
            TARGETS[target](data)
        except Exception as error:
            pytest.fail(f"{target}({data!r}) raised {error!r}")


@pytest.mark.parametrize("target", TARGETS)
def test_corpora_are_small(target: str) -> None:
    made = {data for data in make_corpus.MADE[target]() if len(data) <= corpus.LONGEST}
    assert made
    assert (corpus.FOLDER / f"{target}.txt").stat().st_size < 150_000
    assert len(corpus.load(target)) == len(set(corpus.load(target)))


def test_mutations_keep_to_the_longest_length() -> None:
    source = random.Random(8)  # noqa: S311 - test data
    assert all(len(mutant(source, [b"x" * corpus.LONGEST])) <= corpus.LONGEST for _ in range(200))
