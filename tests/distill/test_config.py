import pytest

from distill.config.load import RECIPES, load_recipe
from distill.config.models import Wording
from distill.errors import UserError, nearest


def write(tmp_path, text):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    return str(path)


def refusal(path, *overrides):
    with pytest.raises(UserError) as refused:
        load_recipe(path, overrides)
    return str(refused.value)


@pytest.mark.parametrize("name", [path.stem for path in RECIPES.glob("*.toml")])
def test_every_shipped_recipe_loads_and_describes_itself(name):
    recipe = load_recipe(name)
    assert recipe.name == name
    assert recipe.description


def test_a_recipe_without_a_name_is_named_after_its_file(tmp_path):
    assert load_recipe(write(tmp_path, "")).name == "mine"


def test_overrides_come_last_and_are_typed(tmp_path):
    path = write(tmp_path, "[student.sft]\nlearning_rate = 1e-3\n[generation]\nnum_samples = 2")
    recipe = load_recipe(path, ["student.sft.learning_rate=5e-5", "evaluation.stream=eval/2"])
    assert recipe.student.sft.learning_rate == 5e-5
    assert recipe.evaluation.stream == "eval/2"
    assert recipe.generation.num_samples == 2


def test_overrides_reach_into_lists(tmp_path):
    path = write(tmp_path, '[[evaluation.benchmarks]]\nname = "gsm8k"')
    recipe = load_recipe(path, ["evaluation.benchmarks.0.limit=5"])
    assert recipe.evaluation.benchmarks[0].limit == 5


@pytest.mark.parametrize(
    "override",
    [
        "evaluation.benchmarks.3.limit=5",
        "evaluation.benchmarks.0.name.x=1",
        "evaluation.benchmarks.x=1",
    ],
)
def test_an_override_of_no_place_is_refused(tmp_path, override):
    path = write(tmp_path, '[[evaluation.benchmarks]]\nname = "gsm8k"')
    assert override in refusal(path, override)


@pytest.mark.parametrize("override", ["student", "=3", "student.=3"])
def test_an_override_that_is_none_says_how_to_write_it(tmp_path, override):
    assert "key.path=value" in refusal(write(tmp_path, ""), override)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[student.sft]\nlearning_rat = 1", "did you mean 'learning_rate'?"),
        ("[wordigs]", "did you mean 'wordings'?"),
        ("[evaluation.teacher]\nwordin = 'x'", "did you mean 'wording'?"),
        (
            "[[prompts]]\nkind='file'\nname='a'\ndomain='math'\npath='p'\nfields={problm='q'}",
            "did you mean 'problem'?",
        ),
        (
            "[[prompts]]\nkind='reasoning-gym'\nname='a'\ndomain='logic'\nfamly='x'",
            "did you mean 'family'?",
        ),
        ("[wordings.plain]\ntemplate = 'no place for it'", "must contain {problem}"),
        ("[student]\nwording = 'plan'", "did you mean 'plain'?"),
        ("[selection]\ntrain_on = 'verifed'", "did you mean 'verified'?"),
        ("[selection.arms.verified]\nfilters = ['x']\n[[filters]]\nname = 'xy'", "no filter 'x'"),
        ("[generation]\nnum_samples = 0", "generation.num_samples"),
        ("[student.bases.a]\nsource = 's'\nsft = {num_epoch = 1}", "num_epoch"),
        ("not toml", "not a TOML file"),
    ],
)
def test_bad_recipes_are_refused_with_the_key_and_the_way_out(tmp_path, text, message):
    refused = refusal(write(tmp_path, text))
    assert message in refused
    assert "mine.toml" in refused


def test_a_missing_recipe_names_the_nearest_shipped_one():
    assert "did you mean 'smol-cpu'?" in refusal("smol-cpy")


def test_two_sources_of_one_name_are_refused(tmp_path):
    source = "[[prompts]]\nkind='reasoning-gym'\nname='a'\ndomain='logic'\nfamily='x'\nsize=1\n"
    assert "must differ" in refusal(write(tmp_path, source * 2))


def test_a_file_beside_the_recipe_is_found_from_anywhere(tmp_path):
    (tmp_path / "rows.jsonl").write_text("{}")
    text = "[[prompts]]\nkind='file'\nname='a'\ndomain='math'\nfields={problem='q'}\npath='%s'"
    beside = load_recipe(write(tmp_path, text % "rows.jsonl"))
    assert beside.prompts[0].path == str(tmp_path / "rows.jsonl")
    elsewhere = load_recipe(write(tmp_path, text % "other.jsonl"))
    assert elsewhere.prompts[0].path == "other.jsonl"


def test_a_recipe_extends_another_table_by_table_and_replaces_lists(tmp_path):
    (tmp_path / "parent.toml").write_text(
        "description='p'\n[student.sft]\nnum_epochs=3\nlearning_rate=1e-4\n"
        "[evaluation]\nbenchmarks=[{name='gsm8k'},{name='math500'}]"
    )
    text = f"extends='{tmp_path}/parent.toml'\n[student.sft]\nnum_epochs=1\n"
    recipe = load_recipe(write(tmp_path, text + "[evaluation]\nbenchmarks=[{name='aime2024'}]"))
    assert (recipe.name, recipe.description) == ("mine", "p")
    assert (recipe.student.sft.num_epochs, recipe.student.sft.learning_rate) == (1, 1e-4)
    assert [benchmark.name for benchmark in recipe.evaluation.benchmarks] == ["aime2024"]


def test_a_recipe_that_extends_itself_is_refused(tmp_path):
    path = tmp_path / "mine.toml"
    assert "extends itself" in refusal(write(tmp_path, f"extends='{path}'"))


def test_the_run_id_follows_the_recipe_but_not_its_description(tmp_path):
    first = load_recipe(write(tmp_path, "description = 'one'"))
    same = load_recipe(write(tmp_path, "description = 'two'"))
    other = load_recipe(write(tmp_path, ""), ["generation.num_samples=3"])
    assert first.run_id("generate") == same.run_id("generate")
    assert first.run_id("generate") != first.run_id("verify")
    assert first.run_id("generate") != other.run_id("generate")


def test_a_students_own_settings_go_before_the_common_ones(tmp_path):
    text = "[student.sft]\nlearning_rate=1e-4\nnum_epochs=3\n"
    text += "[student.bases.a]\nsource='s'\nsft={learning_rate=2e-5}"
    sft = load_recipe(write(tmp_path, text)).student.sft_of("a")
    assert (sft.learning_rate, sft.num_epochs) == (2e-5, 3)


def test_bases_can_be_left_out(tmp_path):
    path = write(tmp_path, "[student.bases.a]\nsource='s'\n[student.bases.b]\nsource='s'")
    assert set(load_recipe(path, ["student.only=['b']"]).student.bases) == {"b"}
    assert "no base 'c'" in refusal(path, "student.only=['c']")


def test_a_wording_asks_examples_and_the_problem_alike():
    wording = Wording.model_validate(
        {
            "system": "Be brief.",
            "template": "Q: {problem}",
            "examples": [{"user": "1+1", "assistant": "2"}],
        }
    )
    assert wording.messages("{x} 2+2") == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Q: 1+1"},
        {"role": "assistant", "content": "2"},
        {"role": "user", "content": "Q: {x} 2+2"},
    ]


def test_nearest_names_one_or_lists_all():
    assert nearest("gsm9k", ["gsm8k", "aime"]) == " (did you mean 'gsm8k'?)"
    assert nearest("zzz", ["gsm8k", "aime"]) == " (known: aime, gsm8k)"


@pytest.mark.parametrize("name", [path.stem for path in RECIPES.glob("*.toml")])
def test_a_shipped_recipe_verifies_what_its_benchmarks_ask(name):
    recipe = load_recipe(name)
    if any(spec.name.startswith("rg/") for spec in recipe.evaluation.benchmarks):
        assert "reasoning-gym" in recipe.verification.verifiers


def test_evaluation_refuses_adaptive_sampling_and_names_the_way_out(tmp_path):
    said = refusal(write(tmp_path, "[evaluation.adaptive]\nnum_correct = 1"))
    assert "set evaluation.k" in said
    assert "generation.adaptive is for traces" in said


def test_adaptive_sampling_needs_room_and_something_that_tells(tmp_path):
    path = write(tmp_path, "[generation]\nnum_samples = 8\n[generation.adaptive]\nnum_correct = 2")
    assert load_recipe(path).generation.adaptive.num_correct == 2
    assert "most a prompt gets: raise it" in refusal(path, "generation.num_samples=1")
    assert "add a verifier" in refusal(path, "verification.verifiers=[]")
    assert "remove one of the two" in refusal(path, "generation.num_continuations=1")
