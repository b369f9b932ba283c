import pytest

from datagen.references import KeptOut
from datagen.rules import rules_of
from datagen.sources.seeds import check_seeds
from distill.config.load import load_recipe
from distill.verify.registry import verifier

QUOTAS = {"math": 395_285, "code": 211_129, "stem": 10_124, "logic": 10_395, "general": 177_812}
"""arXiv 2501.12948 v2, B.3.3."""
LEARNING_RATES = {
    "Qwen/Qwen2.5-Math-1.5B": 1e-4,
    "Qwen/Qwen2.5-Math-7B": 8e-5,
    "Qwen/Qwen2.5-14B": 7e-5,
    "Qwen/Qwen2.5-32B": 6e-5,
    "meta-llama/Llama-3.1-8B": 5e-5,
    "meta-llama/Llama-3.3-70B-Instruct": 2e-5,
}
"""arXiv 2501.12948 v2, B.4.3."""


@pytest.fixture(scope="module")
def recipe():
    return load_recipe("r1-800k")


def test_the_composition_is_that_of_the_800k(recipe):
    assert sum(QUOTAS.values()) == 804_745
    assert {name: arm.quotas for name, arm in recipe.selection.arms.items()} == dict.fromkeys(
        ["r1-rules", "verified", "unfiltered", "middling"], QUOTAS
    )
    assert {source.domain for source in recipe.prompts} == QUOTAS.keys()
    general = [source.model for source in recipe.prompts if source.domain == "general"]
    assert general == ["general"]


def test_the_students_are_the_published_six(recipe):
    rates = {
        base.source: recipe.student.sft_of(name).learning_rate
        for name, base in recipe.student.bases.items()
    }
    assert rates == LEARNING_RATES
    sft = recipe.student.sft_of("qwen-7b")
    assert (sft.batch_size, sft.max_length, sft.min_learning_rate_ratio) == (64, 32768, 0.1)


def test_its_rules_hold_for_their_cases(recipe):
    nothing = KeptOut(texts=(), exactly=frozenset(), missing=())
    rules = rules_of(recipe.filters, "trace", nothing)
    assert {"mixed_languages", "long_paragraphs", "code_blocks", "contaminated"} <= {
        rule.name for rule in rules
    }
    assert sum(len(spec.cases) for spec in recipe.filters) >= 5
    assert len(rules_of(recipe.problem_filters, "problem", nothing)) == 3


def test_its_sources_name_what_they_need(recipe):
    check_seeds(recipe)
    for source in recipe.prompts:
        if source.kind == "hub":
            verifier(source.verifier, source.name)
            assert source.revision == "unverified"
            assert source.fields
