"""The stage's own part in shards: splitting, asking a share, merging."""

from dataclasses import replace

import pytest

from datagen import generate, prompts, shards
from distill.config.models import ModelSpec
from distill.errors import UserError
from distill.serving.pool import ServerPool
from tests.datagen.toy_datagen import (
    ROWS,
    context_of,
    file_source,
    recipe_of,
    rows_of,
    said,
    write_lines,
)
from tests.stub_server import running


def test_two_shards_are_asked_apart_and_merged_by_generate(tmp_path):
    with running(tmp_path / "log") as server:
        source = file_source(write_lines(tmp_path / "sums.jsonl", ROWS), wording="brief")
        recipe = recipe_of(source, generation={"num_samples": 2})
        teacher = ModelSpec(source="stub", url=f"{server.url}/v1")
        models = recipe.models.model_copy(update={"teacher": teacher})
        context = context_of(tmp_path, recipe.model_copy(update={"models": models}))
        pool = ServerPool(context.home, context.console, keep=False)
        context = replace(context, servers=pool)
        with pytest.raises(UserError, match="no problems were chosen yet"):
            shards.run(context, "1/2", None)
        prompts.run(context)
        for text in ("1/2", "2/2", "2/2"):
            shards.run(context, text, None)
        with pytest.raises(UserError, match="split 2 ways, not 3"):
            shards.run(context, "1/3", None)
        num = sum(server.asked().values())
        assert num == 2 * len(ROWS)
        assert rows_of(context, "select count(*) n from attempts") == [{"n": 0}]
        generate.run(context)
        assert f"2 shards merged: {num} new traces" in said(context)
        assert f"{num} traces wanted, all there" in said(context)
        assert rows_of(context, "select count(*) n from attempts") == [{"n": num}]
        shards.run(context, "3/3", None)  # and may be split anew
        assert sum(server.asked().values()) == num


def test_shards_of_adaptive_sampling_are_refused(tmp_path):
    source = file_source(write_lines(tmp_path / "sums.jsonl", ROWS), wording="brief")
    recipe = recipe_of(source, generation={"num_samples": 2, "adaptive": {"num_correct": 1}})
    with pytest.raises(UserError, match=r"generation\.adaptive decides .* Remove one of the two"):
        shards.run(context_of(tmp_path, recipe), "1/2", None)
