"""How much of what vLLM's own serving benchmark gets from one GPU the engine gets.

    python -m tests.bench.engine_gpu RESULT.json [--concurrency 512] [--rounds 4] ...

The server is vLLM with a mixture-of-experts of DeepSeek-V3's architecture, made on the spot: the
miniature's configuration and tokenizer, larger sizes, random weights. One server start; about five
minutes in all on an H100. `make bench` leaves it out: it has a machine of its own.
"""

import argparse
import json
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench import versus
from tests.bench.figure import Figure
from tests.bench.skipped import Skipped

MINIATURE = Path(__file__).parents[2] / "teacher" / "miniature" / "weights" / "teacher"
DEEPSEEK = {
    "hidden_size": 1024,
    "intermediate_size": 2816,
    "num_hidden_layers": 10,
    "num_attention_heads": 16,
    "num_key_value_heads": 16,
    "moe_intermediate_size": 512,
    "n_routed_experts": 32,
    "qk_nope_head_dim": 128,
    "v_head_dim": 128,
    "num_nextn_predict_layers": 0,
}
"""About 560M parameters, 120M of them at work on a token; attention's widths are the 671B's."""
QWEN3 = {
    "architectures": ["Qwen3MoeForCausalLM"],
    "model_type": "qwen3_moe",
    "head_dim": 128,
    "num_key_value_heads": 4,
    "num_experts": 32,
    "decoder_sparse_step": 1,
    "mlp_only_layers": [],
    "rope_scaling": None,
}
"""The same sizes in Qwen3's architecture, should the machine lack a kernel for the other."""
QWEN3_KEYS = (
    "vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads",
    "max_position_embeddings", "rms_norm_eps", "rope_theta", "hidden_act", "attention_bias",
    "initializer_range", "torch_dtype", "bos_token_id", "eos_token_id", "pad_token_id", "use_cache",
    "tie_word_embeddings", "moe_intermediate_size", "num_experts_per_tok", "norm_topk_prob",
)  # fmt: skip


def measure() -> Iterator[Figure]:
    """Say how to run it."""
    raise Skipped("it takes a GPU: python -m tests.bench.engine_gpu RESULT.json")
    yield


def make_model(folder: Path, shape: str, sizes: dict[str, Any]) -> None:
    """Write configuration and tokenizer; vLLM draws the weights."""
    config = json.loads((MINIATURE / "config.json").read_text()) | DEEPSEEK | sizes
    if shape == "qwen3-moe":
        config = {key: config[key] for key in QWEN3_KEYS} | QWEN3
        config["num_key_value_heads"] = min(4, config["num_attention_heads"])
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(config))
    for path in MINIATURE.iterdir():
        if path.name in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
            shutil.copy(path, folder)


def main() -> None:
    """Run it and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("result", type=Path)
    parser.add_argument("--shape", choices=("deepseek-v3", "qwen3-moe"), default="deepseek-v3")
    parser.add_argument("--size", type=json.loads, default={}, help="keys of config.json, as JSON")
    parser.add_argument("--concurrency", type=int, default=512)
    parser.add_argument("--requests", type=int, default=2048)
    parser.add_argument("--tokens", type=int, default=192)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--dtype", default="bfloat16")
    parser.add_argument("--option", action="append", default=[], help="one more of vLLM's")
    args = parser.parse_args()
    load = versus.Load(
        num_requests=args.requests, output_tokens=args.tokens, concurrency=args.concurrency
    )
    with tempfile.TemporaryDirectory() as name:
        folder, begun = Path(name), time.monotonic()
        model = folder / "model"
        make_model(model, args.shape, args.size)
        # importing vLLM takes as long here as in the server: both at once
        threading.Thread(target=import_module, args=("vllm.benchmarks.serve",)).start()
        options = ["--load-format", "dummy", "--dtype", args.dtype, "--max-model-len", "1024"]
        options += ["--max-num-seqs", str(max(args.concurrency, 16))]
        options += ["--generation-config", "vllm", *args.option]
        with versus.served(model, folder / "server.log", *options) as url:
            print(f"vLLM is up after {time.monotonic() - begun:.0f} s", flush=True)
            runs = []
            for run in versus.compare(url, model, load, folder, args.rounds):
                runs.append(run)
                print(
                    f"{run.client:11} {run.rate:10,.0f} tokens/s  {run.seconds:6.1f} s", flush=True
                )
                args.result.write_text(json.dumps(result(args, runs), indent=1))
    seen = result(args, runs)
    print(
        f"medians: engine {seen['engine']:,.0f}, vLLM's benchmark {seen['vllm bench']:,.0f} "
        f"completion tokens/s, ratio {seen['ratio']:.3f} (target >= 0.97), "
        f"{time.monotonic() - begun:.0f} s in all"
    )


def result(args: argparse.Namespace, runs: list[versus.Run]) -> dict[str, Any]:
    """Return what was run and what it gave."""
    rates = {
        client: median([run.rate for run in runs if run.client == client] or [float("nan")])
        for client in ("engine", "vllm bench")
    }
    settings = {key: value for key, value in vars(args).items() if key != "result"}
    return {
        "settings": settings,
        "python": sys.version.split()[0],
        "vllm": import_module("vllm").__version__,
        **rates,
        "ratio": rates["engine"] / rates["vllm bench"],
        "runs": [asdict(run) for run in runs],
    }


if __name__ == "__main__":
    main()
