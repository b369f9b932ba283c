import pytest

from datagen.curate import Todo, curate
from datagen.filters.base import response
from datagen.references import KeptOut, Reference, kept_out
from datagen.rules import rules_of
from distill.config.curation import FilterSpec
from distill.config.recipe import Recipe
from distill.errors import UserError
from tests.datagen.toy_datagen import write_lines

ASKED = "How many ways are there to place eight rooks on a board so that none attacks another?"
APART = KeptOut(texts=(Reference(where="toy", text=ASKED),), exactly=frozenset(), missing=())


def rules(*specs, level="trace"):
    return rules_of([FilterSpec.model_validate(spec) for spec in specs], level, APART)


CASE = {"reasoning": "2 + 2", "answer": "4", "reason": "ok"}


@pytest.mark.parametrize(
    ("spec", "level", "message"),
    [
        ({"name": "lengths"}, "trace", "no filter 'lengths'"),
        ({"name": "length"}, "problem", "'length' rules on traces. Move it to filters"),
        ({"name": "duplicate_problem"}, "trace", "rules on problems. Move it to problem_filters"),
        ({"name": "duplicate_trace", "cases": [CASE]}, "trace", "takes neither domains nor cases"),
        ({"name": "duplicate_trace", "domains": ["math"]}, "trace", "takes neither domains nor"),
        (
            {"name": "length", "settings": {"max_chars": 3}, "cases": [CASE]},
            "trace",
            r"length.cases.0: length says 'reasoning too long', the case 'ok' \(me",
        ),
    ],
)
def test_rules_that_cannot_work_are_refused(spec, level, message):
    with pytest.raises(UserError, match=message):
        rules(spec, level=level)


def test_cases_in_the_recipe_are_checked_with_its_settings():
    cases = [CASE, CASE | {"reasoning": "2 + 2 + 2", "reason": "reasoning too long"}]
    rules({"name": "length", "settings": {"max_chars": 5}, "cases": cases})
    shared = {"text": ASKED, "reason": "shares words with a benchmark"}
    rules({"name": "contaminated", "cases": [CASE, shared]})


def test_a_rule_keeps_to_its_domains():
    (rule,) = rules({"name": "code_blocks", "domains": ["math"]})
    fenced = "```\n2 + 2\n```"
    assert rule.apply(response(fenced, "4", domain="math")).reason == "code block"
    assert rule.apply(response(fenced, "4", domain="code")).reason == "other domain"
    assert rule.apply(response(fenced, "4")).keep


def test_what_rulings_depend_on_is_in_their_key():
    def key(**spec):
        return rules({"name": "contaminated"} | spec)[0].key["config_hash"]

    everywhere = rules_of([FilterSpec(name="contaminated")], "trace", APART)[0].key["config_hash"]
    nothing = KeptOut(texts=(), exactly=frozenset(), missing=())
    other = rules_of([FilterSpec(name="contaminated")], "trace", nothing)[0].key["config_hash"]
    keys = {key(), key(settings={"ngram": 8}), key(domains=["math"]), other}
    assert (key(), len(keys)) == (everywhere, 4)
    assert key(cases=[CASE]) == key()  # what is said about a rule is no part of it


def test_files_and_benchmarks_are_compared_with(tmp_path):
    path = write_lines(tmp_path / "mine.jsonl", [{"question": ASKED}])
    settings = {"files": [path, "nowhere.jsonl"], "field": "question"}
    benchmarks = [{"name": "rg/chain_sum", "limit": 3}]
    recipe = Recipe.model_validate(
        {"name": "r", "decontamination": settings, "evaluation": {"benchmarks": benchmarks}}
    )
    apart = kept_out(recipe, None)
    assert [one.where for one in apart.texts] == ["mine.jsonl"]  # families share their words
    assert len(apart.exactly) == 4
    assert set(apart.missing) >= {"nowhere.jsonl", "gsm8k", "math500", "aime2024"}
    strict = recipe.decontamination.model_copy(update={"require": True})
    with pytest.raises(UserError, match=r"nowhere\.jsonl are not here"):
        kept_out(recipe.model_copy(update={"decontamination": strict}), None)


def test_many_traces_are_ruled_on_alike_by_one_process_and_by_two():
    ready = rules({"name": "length", "settings": {"max_chars": 6}}, {"name": "duplicate_trace"})
    todo = [
        Todo(key=n, trace=response(f"{n} + {n}" + "?" * (n % 3), "4"), positions=range(2))
        for n in range(50)
    ]
    alone, together = (
        list(curate(iter(todo), ready, num_workers=workers, batch=8)) for workers in (1, 2)
    )
    assert [ruled.keys for ruled in alone] == [ruled.keys for ruled in together]
    assert [ruled.reasons for ruled in alone] == [ruled.reasons for ruled in together]
    assert sum(ruled.reasons.count("reasoning too long") for ruled in alone) == 43
    assert [ruled.alike[1][1].tolist() for ruled in alone] == [
        ruled.alike[1][1].tolist() for ruled in together
    ]
    assert [ruled.num_traces for ruled in alone] == [8] * 6 + [2]
