"""Models behind a hosted API: the key, and which request fields the API knows."""

import os
from urllib.parse import urlsplit

from distill.config.models import ModelSpec, Sampling
from distill.errors import UserError
from distill.sampling.requests import VLLM_ONLY

LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


def headers_of(spec: ModelSpec) -> dict[str, str]:
    """Return the headers that a model's requests carry.

    Raises:
        UserError: if the key is not in the environment, or would go over the network in clear.
    """
    if spec.api_key_env is None:
        return {}
    key = os.environ.get(spec.api_key_env, "").strip()
    if not key:
        raise UserError(
            f"api_key_env of model {spec.source!r}: the environment variable {spec.api_key_env} is "
            f"empty. Set it to the API's key: export {spec.api_key_env}=..."
        )
    for url in [spec.url] if isinstance(spec.url, str) else spec.url or ():
        parts = urlsplit(url)
        if parts.scheme == "http" and parts.hostname not in LOCAL:
            raise UserError(
                f"model url {url!r}: the key in {spec.api_key_env} would go there unencrypted. "
                "Write https://."
            )
    return {"Authorization": f"Bearer {key}"}


def check_fields(spec: ModelSpec, sampling: Sampling, where: str) -> None:
    """Refuse request fields that the model's API does not know.

    Raises:
        UserError: naming the first.
    """
    if spec.api == "vllm":
        return
    for name, off in VLLM_ONLY.items():
        if (value := getattr(sampling, name)) != off:
            raise UserError(
                f"{where}.{name} = {value!r}: the API of model {spec.source!r} (api = 'openai') "
                "knows no such field. Remove it, or set api = 'vllm' where vLLM runs there."
            )
