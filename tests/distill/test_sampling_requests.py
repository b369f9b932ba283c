import json
from dataclasses import replace
from typing import Any

from distill.config.models import Sampling
from distill.config.prompts import Tokens
from distill.sampling.requests import HARMLESS
from tests.distill.sampling_toys import toy_job, toy_requests

MESSAGES = [{"role": "user", "content": "2 + 2?"}]
FULL = {
    "seed": 7,
    "prefill": "<think>\n",
    "stop": ("\n\n",),
    "stop_token_ids": (2,),
    "reasoning_effort": "low",
    "response_format": {"type": "json_object"},
    "chat_template_kwargs": {"enable_thinking": True},
}


def sent(**sampling: Any) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(toy_job(**sampling).body(MESSAGES, "m"))
    return body


def test_every_sampling_field_is_sent_explicitly() -> None:
    assert sent() == {
        "model": "m",
        "messages": MESSAGES,
        "temperature": 0.6,
        "top_p": 0.95,
        "top_k": 0,
        "min_p": 0.0,
        "presence_penalty": 0.0,
        "frequency_penalty": 0.0,
        "repetition_penalty": 1.0,
        "max_tokens": 1024,
        "stop": [],
        "stop_token_ids": [],
        "chat_template_kwargs": {},
    }


def test_what_is_sent_is_in_the_key_or_harmless() -> None:
    fields = set(sent(**FULL))
    assert fields - HARMLESS == set(Sampling.model_fields) - {"prefill"}


def test_a_prefill_is_an_unfinished_last_message() -> None:
    body = sent(prefill="<think>\n")
    assert body["messages"] == [*MESSAGES, {"role": "assistant", "content": "<think>\n"}]
    assert body["continue_final_message"] is True
    assert body["add_generation_prompt"] is False


def test_top_k_off_is_sent_as_0() -> None:
    assert sent(top_k=-1)["top_k"] == 0
    assert sent(top_k=20)["top_k"] == 20


def test_think_is_open_where_the_prompt_left_it_so() -> None:
    assert toy_job(opens_think=True).think_open
    assert toy_job(prefill="<think>\n").think_open
    assert not toy_job(prefill="Sure").think_open
    assert not toy_job(opens_think=True, prefill="Sure").think_open
    assert not toy_job().think_open


def test_the_index_makes_another_key_and_the_seed_another_sampling() -> None:
    job = toy_job()
    first = next(toy_requests(job, ["q"]))
    second = job.request(first.prompt_id, first.messages, 1)
    assert second.attempt_id != first.attempt_id
    assert toy_job(seed=1).sampling_id != job.sampling_id


def test_hosted_apis_get_openais_fields_only_and_the_key_stays() -> None:
    job = toy_job()
    hosted = replace(job, api="openai")
    assert hosted.sampling_id == job.sampling_id
    assert set(json.loads(hosted.body(MESSAGES, "m"))) == {
        *("model", "messages", "temperature", "top_p", "max_tokens", "stop"),
        *("presence_penalty", "frequency_penalty"),
    }


def test_no_seed_is_sent_unless_asked_for() -> None:
    assert "seed" not in sent()
    assert sent(seed=7)["seed"] == 7


def test_asking_for_tokens_changes_no_key() -> None:
    job = toy_job()
    asking = replace(job, tokens=Tokens(ids=True, top_logprobs=5))
    assert asking.sampling_id == job.sampling_id
    more = {
        name: value
        for name, value in json.loads(asking.body(MESSAGES, "m")).items()
        if name not in sent()
    }
    assert more == {
        "return_token_ids": True,
        "return_tokens_as_token_ids": True,
        "logprobs": True,
        "top_logprobs": 5,
    }
    assert more.keys() <= HARMLESS
