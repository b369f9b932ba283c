"""The networks and the training loops in small: parity with transformers, bias updates, MTP,
GRPO, sampling.
"""

from collections import Counter
from pathlib import Path
from random import Random

import numpy as np
import pytest
import torch

from distill.ids import canonical_text
from teacher.miniature.controls import load_violation, routed
from teacher.miniature.corpus import Mixture, choose_kind, document, pack
from teacher.miniature.evaluate import Sampled, score
from teacher.miniature.export import export, load_exported
from teacher.miniature.families import FAMILIES
from teacher.miniature.grpo import Reinforcement, advantages, reward
from teacher.miniature.model import Decoder, Router
from teacher.miniature.problems import take
from teacher.miniature.prompts import Example, answer_in
from teacher.miniature.sampler import Decoding, frozen_copy, sample
from teacher.miniature.sft import Tuning, fine_tune, pad
from teacher.miniature.shapes import Shape, StudentShape, TeacherShape

SMALL_TEACHER = TeacherShape(hidden_size=32, num_layers=2, num_experts=4, experts_per_token=2,
                             expert_size=8, intermediate_size=16)  # fmt: skip
SHAPES: dict[str, Shape] = {
    "teacher": SMALL_TEACHER,
    "qwen3": StudentShape(hidden_size=32, num_layers=2, num_heads=2, intermediate_size=48),
    "llama": StudentShape(hidden_size=32, num_layers=2, num_heads=2, architecture="llama"),
}


def _random_model(name: str) -> Decoder:
    torch.manual_seed(0)
    model = Decoder(SHAPES[name]).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.05 * torch.randn_like(parameter)
            parameter.copy_(parameter.bfloat16().float())
        for router in model.routers():
            router.e_score_correction_bias.normal_(std=0.1)
    return model


@pytest.mark.parametrize("name", SHAPES)
def test_transformers_computes_the_same(name: str, tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM

    model = _random_model(name)
    export(model, tmp_path)
    theirs = AutoModelForCausalLM.from_pretrained(tmp_path, dtype=torch.float32).eval()
    tokens = torch.randint(7, 700, (2, 24))
    with torch.no_grad():
        ours = model.logits(model(tokens))
        assert torch.allclose(ours, theirs(tokens).logits, atol=1e-5)
        again = load_exported(tmp_path, SHAPES[name])
        assert torch.equal(ours, again.logits(again(tokens)))


def test_sizes_are_within_the_limits() -> None:
    assert Decoder(TeacherShape()).num_parameters() + 2 * 768 * 256 <= 9_000_000
    assert Decoder(StudentShape()).num_parameters() <= 1_700_000


def test_the_bias_moves_against_the_load() -> None:
    router = Router(TeacherShape(num_experts=3, hidden_size=4))
    router.load = torch.tensor([10.0, 1.0, 4.0])
    router.balance(0.5)
    assert router.e_score_correction_bias.tolist() == [-0.5, 0.5, 0.5]
    assert router.load.tolist() == [0, 0, 0]


def test_bias_updates_alone_even_out_the_load() -> None:
    model = _random_model("teacher")
    rng = np.random.default_rng(0)
    rows = rng.integers(7, 700, (16, 30)).tolist()
    traces = [Example(prompt=row[:10], completion=row[10:]) for row in rows]
    before = load_violation(model, traces)
    weights = model.embed_tokens.weight.clone()
    for _ in range(60):
        for _ in routed(model, traces):
            for router in model.routers():
                router.balance(5e-3)
    assert max(load_violation(model, traces)) < 0.25 < min(before)
    assert torch.equal(weights, model.embed_tokens.weight)


def test_the_bias_chooses_but_does_not_weigh() -> None:
    torch.manual_seed(0)
    router = Router(SMALL_TEACHER)
    torch.nn.init.normal_(router.weight)
    x = torch.randn(1, 5, 32)
    router.e_score_correction_bias += torch.tensor([9.0, 9.0, 0.0, 0.0])
    weights = router(x)
    scores = (x @ router.weight.T).sigmoid()[..., :2]
    assert (weights[..., 2:] == 0).all()
    assert torch.allclose(weights[..., :2], scores / scores.sum(-1, keepdim=True))
    assert router.load.tolist() == [5, 5, 0, 0]


def test_the_mtp_loss_looks_one_token_further() -> None:
    model = _random_model("teacher")
    tokens = torch.randint(7, 700, (2, 12))
    main, both = model.loss(tokens, tokens > 0, 0.3)
    assert both > main
    only_last = torch.zeros_like(tokens, dtype=torch.bool)
    only_last[:, 1] = (
        True  # the token after the first: nothing predicts it as the one after the next
    )
    main, both = model.loss(tokens, only_last, 0.3)
    assert both == main


def test_sampling_with_the_cache_is_what_the_whole_sequence_gives() -> None:
    model = _random_model("teacher")
    prompts = [[7, 8, 9], [10, 11, 12, 13, 14, 15, 16]]
    said = sample(frozen_copy(model), prompts, Decoding(temperature=0, max_tokens=40), 0)
    for prompt, completion in zip(prompts, said, strict=True):
        tokens = torch.tensor([prompt + completion])
        greedy = model.logits(model(tokens)).argmax(-1)[0, len(prompt) - 1 : -1]
        assert greedy.tolist() == completion


def test_sampling_stops() -> None:
    model = _random_model("llama")
    stops = tuple(range(384))
    said = sample(model, [[7]] * 50, Decoding(temperature=1.0, max_tokens=64, stop_ids=stops), 0)
    assert all(one[-1] in stops and not set(one[:-1]) & set(stops) for one in said)
    assert len({tuple(one) for one in said}) > 10


def test_advantages_are_standardised_in_their_group() -> None:
    found = advantages(torch.tensor([[1.1, 0.1, 0.1, 1.1], [0.1, 0.1, 0.1, 0.1]]))
    assert torch.allclose(found, torch.tensor([[1.0, -1.0, -1.0, 1.0], [0.0, 0.0, 0.0, 0.0]]))


def test_rewards_want_the_form_and_the_answer() -> None:
    problem = take("gcd", 7_000_000, 1)[0]
    end, settings = "<｜end▁of▁sentence｜>", Reinforcement(format_reward=0.1)
    assert reward(problem, f"x\n</think>\n\n{problem.answer}{end}", settings) == 1.1
    assert reward(problem, f"x\n</think>\n\n{problem.answer}9{end}", settings) == 0.1
    assert reward(problem, f"x\n</think>\n\n{problem.answer}", settings) == 0.0
    twice = f"\n</think>\n\n1\n</think>\n\n{problem.answer}{end}"
    assert reward(problem, twice, settings) == 0.0
    worked = Reinforcement(form="worked", format_reward=0.1)
    assert reward(problem, f"x\nAnswer: {problem.answer}{end}", worked) == 1.1


def test_problems_are_asked_in_the_text_that_the_pipeline_asks() -> None:
    for name in FAMILIES:
        problem = take(name, 7_000_000, 1)[0]
        assert problem.question == canonical_text(problem.question)


def test_answers_of_the_other_forms() -> None:
    assert answer_in(" 7<｜end▁of▁sentence｜>", "direct") == "7"
    assert answer_in("3+4=7\nAnswer: 7<｜end▁of▁sentence｜>", "worked") == "7"


def test_padding_repeats_the_example() -> None:
    tokens, wanted = pad([Example(prompt=[1, 2], completion=[3])], "cpu")
    assert tokens.shape == (1, 32)
    assert tokens[0, :7].tolist() == [1, 2, 3, 1, 2, 3, 1]
    assert wanted[0].nonzero()[:, 0].tolist() == [2]


def test_fine_tuning_learns() -> None:
    model = _random_model("qwen3")
    example = Example(prompt=[7, 8], completion=[20, 21, 2])
    fine_tune(model, [example] * 4, Tuning(epochs=40, learning_rate=1e-2, batch_examples=4), "t")
    said = sample(model, [[7, 8]], Decoding(temperature=0, max_tokens=5, stop_ids=(2,)), 0)
    assert said == [[20, 21, 2]]


def test_scores_are_means_over_families() -> None:
    problems = [*take("gcd", 7_000_000, 2), *take("chain_sum", 7_000_000, 1)]
    rights = [True, True, True, False, False, False]
    sampled = [
        Sampled(problem=problems[i // 2], text="", num_tokens=3, correct=right)
        for i, right in enumerate(rights)
    ]
    result = score(sampled, 2)
    assert result.families == {"gcd": 0.75, "chain_sum": 0.0}
    assert result.macro == 0.375
    assert result.low <= 0.375 <= result.high


def test_pretraining_never_shows_the_think_form() -> None:
    mixture, rng, kinds = Mixture(), Random(0), Counter[str]()
    for problem in take("leg_counting", 7_000_000, 60):
        kind = choose_kind(problem, mixture, rng)
        kinds[kind] += 1
        assert "think>" not in document(problem, kind, mixture.slip, rng)
    assert kinds["careless"] > kinds["careful"]


def test_rows_begin_with_documents() -> None:
    rows = pack(iter([[1] + [5] * 299] * 10), 2)
    assert rows.shape == (2, 512)
    assert rows[:, 0].tolist() == [1, 1]
    assert np.flatnonzero(rows[0] == 1).tolist() == [0, 300]
