"""A model's chat template without torch: its text, its hash, and whether it opens the reasoning.

The Jinja set-up is that of transformers, so that a template renders here as it does in training
and in vLLM.
"""

import hashlib
import json
from datetime import datetime
from pathlib import Path
from typing import Any

from distill.errors import UserError
from distill.models.folder import read_json


def chat_template(folder: Path) -> str | None:
    """Return the chat template of a model folder; None for a base model that has none.

    A chat_template.jinja goes before the one inside tokenizer_config.json; of several named ones
    `default` counts.
    """
    file = folder / "chat_template.jinja"
    if file.is_file():
        return file.read_text(encoding="utf-8")
    template = _tokenizer_config(folder).get("chat_template")
    if isinstance(template, list):
        named = {entry["name"]: entry["template"] for entry in template}
        template = named.get("default")
    return template if isinstance(template, str) else None


def template_hash(template: str) -> str:
    """Return the SHA-256 of a chat template, as part of a model's identity."""
    return hashlib.sha256(template.encode()).hexdigest()


def generation_prompt_opens_think(folder: Path) -> bool:
    """Tell whether the prompt ends in an open `<think>`: responses then start inside the reasoning.

    Raises:
        UserError: if the template does not render.
    """
    from jinja2 import TemplateError  # 75 ms, which `--help` need not wait for

    template = chat_template(folder)
    if template is None:
        return False
    config = _tokenizer_config(folder)
    tokens = {
        name: _token(config.get(name))
        for name in ("bos_token", "eos_token", "pad_token", "unk_token")
    }
    messages = [{"role": "user", "content": "?"}]
    try:
        compiled = _environment().from_string(template)
        prompt = compiled.render(messages=messages, add_generation_prompt=True, **tokens)
    except (TemplateError, TypeError, ValueError) as error:
        raise UserError(
            f"chat template of {folder}: does not render one user message: {error}"
        ) from error
    return str(prompt).rstrip().endswith("<think>")


def _tokenizer_config(folder: Path) -> dict[str, Any]:
    path = folder / "tokenizer_config.json"
    return read_json(path) if path.is_file() else {}


def _token(token: Any) -> str:
    """Return a special token's text; older files hold an object in its place."""
    text = token.get("content") if isinstance(token, dict) else token
    return text if isinstance(text, str) else ""


def _environment() -> Any:
    """Return a sandboxed Jinja environment with what transformers gives to templates."""
    from jinja2 import TemplateError, nodes
    from jinja2.ext import Extension, loopcontrols
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Generation(Extension):
        """`{% generation %}` marks the assistant's part for training; rendering passes through."""

        tags = {"generation"}

        def parse(self, parser: Any) -> Any:
            next(parser.stream)
            body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
            return nodes.Scope(body)

    def raise_exception(message: str) -> None:
        raise TemplateError(message)

    def tojson(value: Any, indent: int | None = None, **_: Any) -> str:
        return json.dumps(value, ensure_ascii=False, indent=indent)

    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[Generation, loopcontrols]
    )
    environment.filters["tojson"] = tojson  # Jinja's own escapes HTML
    environment.globals["raise_exception"] = raise_exception
    environment.globals["strftime_now"] = lambda form: datetime.now().strftime(form)
    return environment
