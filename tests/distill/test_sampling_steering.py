"""How much a server is given: the queue it tells of, its throughput, its limits, its failures."""

import pytest

from distill.config.prompts import Requests
from distill.sampling.breaker import FAILURES, FIRST_SEC, Breaker
from distill.sampling.lanes import Lanes
from distill.sampling.metrics import parse_metrics
from distill.sampling.pace import KNOWN_START, START, Load, Pace
from distill.sampling.quota import Allowance, Quota, duration_sec
from tests.distill.sampling_toys import ToyEndpoint


def settled(pace: Pace, capacity: int, num_looks: int = 60) -> int:
    """The limit at a server that batches so many, when it has been looked at often enough."""
    for _ in range(num_looks):
        in_flight = pace.limit
        running = min(in_flight, capacity)
        pace.looked(Load(running=running, waiting=in_flight - running), in_flight)
    return pace.limit


@pytest.mark.parametrize("capacity", [20, 256, 1024, 5000])
def test_a_server_that_tells_its_queue_is_kept_full_with_a_few_waiting(capacity: int) -> None:
    limit = settled(Pace(cap=20_000), capacity)
    assert capacity + 2 <= limit <= capacity * 1.25 + 8


def test_the_first_look_starts_it_at_a_batch() -> None:
    pace = Pace(cap=20_000)
    assert pace.limit == START
    pace.looked(Load(running=0, waiting=0), 0)
    assert pace.limit == KNOWN_START
    pace.looked(Load(running=10, waiting=0), 10)  # what is not pressed against does not grow
    assert pace.limit == KNOWN_START


def test_the_cap_of_a_recipe_holds() -> None:
    assert settled(Pace(cap=100), 5000) == 100


def test_thrown_away_work_takes_a_tenth_back() -> None:
    pace = Pace(cap=20_000)
    pace.looked(Load(running=256, waiting=0, preempted=3), 256)
    before = pace.limit
    pace.looked(Load(running=before, waiting=0, preempted=4), before)
    assert pace.limit == int(before * 0.9)


def test_a_nearly_full_cache_stops_growth() -> None:
    pace = Pace(cap=20_000)
    pace.looked(Load(running=0, waiting=0), 0)
    pace.looked(Load(running=256, waiting=0, cache=0.97), 256)
    assert (pace.limit, pace.growing) == (KNOWN_START, False)


def without_metrics(capacity: int, num_answers: int) -> Pace:
    """A server that works on so many at a time, each for a second; the others wait their turn."""
    pace, now = Pace(cap=20_000), 0.0
    for _ in range(num_answers):
        in_flight = pace.limit
        now += 1.0 / min(in_flight, capacity)
        pace.answered(in_flight, now)
    return pace


@pytest.mark.parametrize("capacity", [150, 600, 2000])
def test_without_metrics_throughput_tells(capacity: int) -> None:
    limit = without_metrics(capacity, 60 * capacity).limit
    assert 0.8 * capacity <= limit <= 3 * capacity


def test_a_429_takes_a_third_back_once_a_second() -> None:
    pace = Pace(cap=20_000, limit=0)
    pace.pushed_back(60, now=5.0)
    pace.pushed_back(59, now=5.1)
    assert (pace.limit, pace.growing) == (40, False)
    pace.pushed_back(40, now=6.2)
    assert pace.limit == 26
    for second in range(9, 40):
        pace.pushed_back(pace.limit, now=float(second))
    assert pace.limit == 1


def test_failures_in_a_row_open_the_breaker_and_one_request_closes_it() -> None:
    breaker = Breaker()
    assert [breaker.failed(1.0) for _ in range(FAILURES)] == [False] * (FAILURES - 1) + [True]
    assert not breaker.failed(1.0)  # it was under way before
    assert not breaker.admits(1.0 + FIRST_SEC / 2)
    assert breaker.admits(1.0 + FIRST_SEC)
    breaker.sent()
    assert not breaker.admits(1.0 + FIRST_SEC)  # one is enough to try
    assert breaker.failed(2.0)
    assert not breaker.admits(2.0 + FIRST_SEC)
    assert breaker.admits(2.0 + 2 * FIRST_SEC)
    breaker.sent()
    breaker.succeeded()
    assert breaker.admits(3.0)
    assert not breaker.failed(3.0)


def test_an_allowance_is_spent_evenly() -> None:
    allowance = Allowance(per_minute=60)
    waits = []
    for _ in range(8):
        waits.append(round(allowance.wait_sec(1, now=10.0), 6))
        allowance.take(1)
    assert waits == [0, 0, 0, 0, 0, 1, 2, 3]
    assert allowance.wait_sec(1, now=70.0) == 0
    assert round(allowance.level) == 5  # and not 60: what was not used is gone


def test_what_an_answer_cost_is_put_right() -> None:
    quota = Quota(tokens=Allowance(per_minute=6000))
    assert quota.wait_sec(0.0) == 0
    assert quota.sent(max_tokens=800) == 800  # the first may cost so much, for all that is known
    assert quota.wait_sec(0.0) == pytest.approx(3.0)
    quota.cost(800, 100)
    assert (quota.tokens.level, quota.tokens_a_request) == (400, 100)
    assert quota.sent(max_tokens=800) == 100
    quota.cost(100, 700)
    assert quota.tokens.level == 400 - 700
    assert quota.tokens_a_request == 130
    assert quota.wait_sec(0.0) == pytest.approx(4.3)


def quotas(*endpoints: ToyEndpoint, **settings: bool) -> list[int]:
    """Which endpoints share a quota: the same number says so."""
    lanes = Lanes(endpoints, Requests.model_validate(settings))  # type: ignore[arg-type]
    seen = [id(lane.quota) for lane in lanes.all]
    return [seen.index(quota) for quota in seen]


def test_endpoints_of_one_account_share_its_limits() -> None:
    mine, yours = ({"Authorization": f"Bearer {key}"} for key in ("mine", "yours"))
    own = [ToyEndpoint(base_url=f"http://127.0.0.1:{port}/v1") for port in (8000, 8001)]
    hosted = [
        ToyEndpoint(base_url="https://api.example/v1", headers=mine),
        ToyEndpoint(base_url="https://api.example/beta/v1", headers=mine),
        ToyEndpoint(base_url="https://eu.api.example/v1", headers=mine),
        ToyEndpoint(base_url="https://api.example/other/v1", headers=yours),
    ]
    assert quotas(*own) == [0, 1]
    assert quotas(*hosted) == [0, 0, 2, 3]
    assert quotas(*own, *hosted, one_account=True) == [0] * 6


def test_what_an_account_was_told_to_wait_all_its_endpoints_wait() -> None:
    quota = Quota()
    quota.rest(7.0)
    quota.rest(5.0)
    assert (quota.wait_sec(4.0), quota.wait_sec(8.0)) == (3.0, 0.0)


def test_limits_are_learned_from_headers() -> None:
    quota = Quota()
    names = {"limit-requests": "600", "remaining-requests": "2", "reset-requests": "6m0s"}
    quota.learn({f"x-ratelimit-{name}": text for name, text in names.items()}, now=0.0)
    assert (quota.requests.per_minute, quota.requests.level) == (600, 2)
    quota.learn({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "1.5s"}, now=1.0)
    assert quota.wait_sec(1.0) == 1.5
    known = Quota(requests=Allowance(per_minute=30))
    known.learn({"x-ratelimit-limit-requests": "600"}, now=0.0)
    assert known.requests.per_minute == 30  # the recipe's word counts


def test_durations_as_servers_write_them() -> None:
    texts = ["6m0s", "120ms", "1h1m1s", "2.5", "", "soon", "-3", "nan"]
    assert [duration_sec(text) for text in texts] == [360, 0.12, 3600, 2.5, 0, 0, 0, 0]


def test_metrics_of_several_engines_are_added_up() -> None:
    text = b"""# HELP vllm:num_requests_waiting x
vllm:num_requests_running{engine="0",model_name="m"} 3.0
vllm:num_requests_running{engine="1",model_name="m"} 4.0
vllm:num_requests_waiting{engine="0",model_name="m"} 2.0
vllm:kv_cache_usage_perc{engine="0"} 0.25
vllm:kv_cache_usage_perc{engine="1"} 0.75
vllm:prompt_tokens_total{engine="0"} 1e+03
vllm:generation_tokens_total{engine="0"} 234.0
vllm:num_preemptions_total{engine="0"} 0.0
python_info 1.0
"""
    expected = Load(tokens=1234, running=7, waiting=2, cache=0.75, preempted=0)
    assert parse_metrics(text) == expected
    assert parse_metrics(b"<html>vllm:num_requests_running 3</html>") is None
