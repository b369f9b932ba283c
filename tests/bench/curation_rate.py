"""How fast traces of R1's lengths are curated, in how much memory, beside datatrove.

Ours: `distill filter` itself, from the warehouse into the warehouse: all 13 rules on every trace,
n-gram decontamination against every known benchmark and MinHash duplicates among them. The peer:
datatrove's repetition filter, n-gram decontamination and MinHash on a part of the same texts, from
memory, on both cores; its other rules and its reading and writing are left out, to its advantage.
"""

import io
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console

from datagen import filter, generate, prompts
from datagen.curate import Todo, num_workers, rule_on
from datagen.filters.base import Trace
from datagen.references import KeptOut, Reference
from datagen.rules import Rule, rules_of
from datagen.text.languages import shares
from datagen.text.minhash import clusters, edges_of
from datagen.text.overlap import References
from datagen.text.words import Words
from distill.benchmarks import load
from distill.config.load import load_recipe
from distill.config.recipe import Recipe
from distill.config.training import BenchmarkSpec
from distill.runs.context import Context
from distill.runs.home import Home
from tests.bench._curation_texts import Made, made_up
from tests.bench.figure import Figure
from tests.bench.skipped import Skipped

SMALL, LARGE, PEER = (int(n) for n in os.environ.get("BENCH_TRACES", "4000,20000,400").split(","))
SCRATCH = Path(__file__).parent.parent.parent / ".bench"
TARGET_RATE, TARGET_GIB, TARGET_RATIO, TARGET_GROWTH = 600, 4, 5, 1.1
COMPARED = {"repetition": 0, "contaminated": 1, "duplicate_trace": 2}
"""Rules that the peer has too, and where its answers stand."""
UNEXPLAINED = "UNEXPLAINED"


def measure() -> Iterator[Figure]:
    """Yield rate and memory, the rate beside the peer's, and decisions that nothing explains."""
    if "DISTILL_DATA" not in os.environ:
        raise Skipped("DISTILL_DATA names no folder with real traces")
    data = Path(os.environ["DISTILL_DATA"])
    math500 = load(BenchmarkSpec(name="math500"), data)
    assert math500
    benchmark = [problem.text for problem in math500.problems]
    SCRATCH.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=SCRATCH) as folder:
        _, small_gib = _curated(Path(folder) / "small", SMALL, data, benchmark)
        rate, large_gib = _curated(Path(folder) / "large", LARGE, data, benchmark)
        made = list(made_up(PEER, data, benchmark))
        seconds, theirs = _peer(Path(folder), made, benchmark)
    facts: dict[str, Any] = {"group": "curation"}
    yield Figure(name="traces", value=rate, unit="traces/s", target=TARGET_RATE, **facts)
    yield Figure(
        name="memory", value=large_gib, unit="GiB", target=TARGET_GIB, lower_is_better=True, **facts
    )
    yield Figure(
        name="memory_growth",
        value=large_gib,
        unit=f"GiB for {LARGE:,} traces",
        peer=f"GiB for {SMALL:,}",
        peer_value=small_gib,
        target=TARGET_GROWTH,
        lower_is_better=True,
        **facts,
    )
    yield Figure(
        name="traces_beside_datatrove",
        value=rate,
        unit="traces/s",
        peer="datatrove",
        peer_value=len(made) / seconds,
        target=TARGET_RATIO,
        **facts,
    )
    yield Figure(
        name="unexplained_differences",
        value=_differences(made, theirs, benchmark),
        unit=f"of {len(COMPARED) * len(made)} decisions",
        target=0,
        lower_is_better=True,
        **facts,
    )


def _recipe(traces: Path) -> Recipe:
    """Return R1's rules on the traces of a file."""
    source = {
        "kind": "file",
        "name": "made-up",
        "domain": "math",
        "path": str(traces),
        "licence": "Apache-2.0",
        "fields": {"problem": "problem", "gold": "answer", "trace": "trace"},
        "trace_model": "made-up",
    }
    filters = [spec.model_dump() | {"domains": None} for spec in load_recipe("r1-800k").filters]
    return Recipe.model_validate(
        {"name": "bench", "prompts": [source], "filters": filters, "problem_filters": []}
    )


def _curated(folder: Path, number: int, data: Path, benchmark: list[str]) -> tuple[float, float]:
    """Return traces a second of the stage, and the most memory of all its processes, in GiB."""
    folder.mkdir()
    traces = folder / "traces.jsonl"
    with traces.open("w") as file:
        for n, one in enumerate(made_up(number, data, benchmark)):
            row = {"problem": f"Problem {n}: what is the result?", "answer": str(n)}
            file.write(json.dumps(row | {"trace": _text(one)}) + "\n")
    recipe = _recipe(traces)
    for stage in (prompts, generate):
        stage.run(_context(folder, recipe, data))
    told: Any = get_context("spawn").SimpleQueue()
    process = get_context("spawn").Process(target=_filter, args=(folder, recipe, data, told))
    process.start()
    peak = _peak_gib(process.pid or 0)
    process.join()
    if process.exitcode:
        raise RuntimeError(f"the stage ended with {process.exitcode}")
    seconds, said = told.get()
    print(f"{number:,} traces, {seconds:.1f} s, {num_workers()} cores:\n{said}", flush=True)
    return number / seconds, peak


def _context(folder: Path, recipe: Recipe, data: Path) -> Context:
    return Context(
        recipe=recipe,
        home=Home.at(str(folder / "home")),
        data=data,
        servers=None,  # type: ignore[arg-type]
        console=Console(file=io.StringIO(), width=120),
    )


def _filter(folder: Path, recipe: Recipe, data: Path, told: Any) -> None:
    context = _context(folder, recipe, data)
    begun = time.perf_counter()
    filter.run(context)
    told.put((time.perf_counter() - begun, context.console.file.getvalue()))  # type: ignore[attr-defined]


def _peak_gib(pid: int) -> float:
    """Watch a process and its children to their end; what they share counts once."""
    this, peak = psutil.Process(pid), 0
    while this.is_running() and this.status() != psutil.STATUS_ZOMBIE:
        total = 0
        for process in [this, *this.children(recursive=True)]:
            with suppress(psutil.Error):  # it may have ended
                total += process.memory_full_info().pss
        peak = max(peak, total)
        time.sleep(0.2)
    return peak / 2**30


def _text(one: Made) -> str:
    return f"<think>{one.reasoning}</think>{one.answer}"


def _peer(folder: Path, made: list[Made], benchmark: list[str]) -> tuple[float, list[list[bool]]]:
    """Return datatrove's seconds and decisions on the same texts."""
    texts, problems, out = folder / "texts.parquet", folder / "problems.json", folder / "out.json"
    pq.write_table(pa.table({"text": [_text(one) for one in made]}), texts)
    problems.write_text(json.dumps(benchmark))
    (folder / "peer").mkdir()
    command = [sys.executable, "-m", "tests.bench._curation_peer"]
    environment = os.environ | {"PYTHONPATH": str(SCRATCH / "peers")}
    if not (SCRATCH / "peers" / "datatrove").is_dir():
        raise Skipped("datatrove is not in .bench/peers: run this with `make bench`")
    arguments = [str(path) for path in (folder / "peer", texts, problems, out)]
    with (folder / "peer.log").open("w") as log:
        subprocess.run([*command, *arguments], env=environment, check=True, stdout=log, stderr=log)
    answer = json.loads(out.read_text())
    return answer["seconds"], answer["kept"]


@dataclass(frozen=True, kw_only=True)
class _Said:
    """What our rules say of a trace that the peer saw too."""

    words: Words
    reasons: dict[str, str]
    """By rule; `ok` where it keeps."""
    score: float
    """Share of repeated runs."""


def _differences(made: list[Made], theirs: list[list[bool]], benchmark: list[str]) -> int:
    """Print where the two decide differently and why; return how many have no explanation."""
    texts = tuple(Reference(where="math500", text=text) for text in benchmark)
    apart = KeptOut(texts=texts, exactly=frozenset(), missing=())
    specs = [spec for spec in load_recipe("r1-800k").filters if spec.name in COMPARED]
    rules = rules_of(specs, "trace", apart)
    said, cluster_of = _ours(made, rules)
    references = apart.references(10, 5)
    explained: Counter[str] = Counter()
    for name, column in COMPARED.items():
        for number, kept in enumerate(theirs):
            is_kept = said[number].reasons[name] == "ok"
            if is_kept == kept[column]:
                explained[f"{name}: {'kept' if is_kept else 'dropped'} by both"] += 1
                continue
            if name == "duplicate_trace" and _as_many(
                cluster_of.get(number, {number}), said, theirs
            ):
                why = "another one of the same cluster stays"
            else:
                why = _why(name, said, number, references)
            explained[f"{name}: dropped only by {'datatrove' if is_kept else 'us'}: {why}"] += 1
    for what, count in sorted(explained.items()):
        print(f"{count:6} {what}", flush=True)
    return sum(count for what, count in explained.items() if what.endswith(UNEXPLAINED))


def _as_many(cluster: set[int], said: Sequence[_Said], theirs: list[list[bool]]) -> bool:
    """Return whether both keep as many of a cluster."""
    ours = sum(said[n].reasons["duplicate_trace"] == "ok" for n in cluster)
    return ours == sum(theirs[n][COMPARED["duplicate_trace"]] for n in cluster)


def _ours(made: list[Made], rules: Sequence[Rule]) -> tuple[list[_Said], dict[int, set[int]]]:
    """Return what our rules say, and the cluster of each duplicate."""
    traces = [Trace(text=_text(one), shape="tags") for one in made]
    todo = [Todo(key=n, trace=t, positions=range(len(rules))) for n, t in enumerate(traces)]
    ruled = rule_on(todo, rules)
    reasons: list[dict[str, str]] = [{"duplicate_trace": "ok"} for _ in made]
    shares_of_runs = [0.0] * len(made)
    for number, position, reason, score in zip(
        ruled.keys, ruled.positions, ruled.reasons, ruled.scores, strict=True
    ):
        reasons[number][rules[position].name] = reason
        if rules[position].name == "repetition":
            shares_of_runs[number] = score or 0.0
    ((_, keys),) = ruled.alike.values()
    cluster_of: dict[int, set[int]] = {}
    for cluster in clusters((one, other) for one, other, _ in edges_of(keys)):
        cluster_of |= {number: set(cluster) for number in cluster}
        for number in set(cluster) - {min(cluster)}:  # here the first stays; of the stage, the best
            reasons[number]["duplicate_trace"] = "duplicate"
    said = [
        _Said(words=trace.words, reasons=reason, score=share)
        for trace, reason, share in zip(traces, reasons, shares_of_runs, strict=True)
    ]
    return said, cluster_of


def _why(name: str, said: Sequence[_Said], number: int, references: References) -> str:
    """Return why the two may differ here."""
    one = said[number]
    if name == "repetition":
        if one.reasons[name] in ("loop", "hardly any words"):
            return f"it has no such rule ({one.reasons[name]})"
        if shares(one.words).get("zh", 0) > 0.1:
            return "a sentence of ideographs is one word to its English tokeniser"
        if abs(one.score - 0.3) < 0.1:
            return "near the limit: we count runs, it counts characters"
    if name == "contaminated" and one.reasons[name] != "ok":
        matches = references.matches(one.words)
        if all(len(one.words.part(m.begin, m.end)) < references.ngram for m in matches):
            return "a benchmark problem of fewer than 10 words, which n-grams cannot find"
    if name == "duplicate_trace":
        alike = max(_jaccard(one.words, said[n].words) for n in range(len(said)) if n != number)
        if 0.4 < alike < 0.95:
            return "finding pairs of Jaccard 0.4 to 0.95 is a matter of chance for both"
    return UNEXPLAINED


def _jaccard(one: Words, other: Words) -> float:
    runs, others = set(one.runs(5).tolist()), set(other.runs(5).tolist())
    return len(runs & others) / max(1, len(runs | others))
