"""The miniature's tokenizer: byte-level, digits apart, whole words of the task language,
everything else byte by byte.

There are no merges: a word is one token if it stands in words.json and its bytes otherwise. So
a tiny model reads the fixed wording of a problem in few tokens, and sees the letters of what it
has to count, sort or copy.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

BOS, EOS, PAD = "<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>", "<｜▁pad▁｜>"
USER, ASSISTANT = "<｜User｜>", "<｜Assistant｜>"
THINK, END_THINK = "<think>", "</think>"
VOCABULARY_SIZE = 768
WORDS = Path(__file__).with_name("words.json")
PIECES = r" ?[A-Za-z]+|\d| ?[^\sA-Za-z\d]+|\n+|\s"

# As R1's: no system prompt needed, reasoning of earlier turns dropped, the generation prompt
# opens <think>.
CHAT_TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}"
    "{% if message['role'] == 'system' %}{{ message['content'] }}"
    "{% elif message['role'] == 'user' %}{{ '<｜User｜>' + message['content'] }}"
    "{% else %}{% set content = message['content'] %}"
    "{% if '</think>' in content and not loop.last %}"
    "{% set content = content.split('</think>')[-1].lstrip('\\n') %}{% endif %}"
    "{{ '<｜Assistant｜>' + content + eos_token }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<｜Assistant｜><think>\\n' }}{% endif %}"
)


def build() -> PreTrainedTokenizerFast:
    """Return the tokenizer: specials first, then the 256 bytes, then the words of words.json."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    specials = [PAD, BOS, EOS, USER, ASSISTANT, THINK, END_THINK]
    words = [_as_bytes(word) for word in json.loads(WORDS.read_text(encoding="utf-8"))]
    vocabulary = {token: i for i, token in enumerate([*specials, *alphabet, *words])}
    model = models.BPE(vocab=vocabulary, merges=[], ignore_merges=True)
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PIECES), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(
        [AddedToken(t, special=True, normalized=False) for t in specials[:3]]
    )
    tokenizer.add_tokens([AddedToken(t, special=False, normalized=False) for t in specials[3:]])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=BOS,
        eos_token=EOS,
        pad_token=PAD,
        chat_template=CHAT_TEMPLATE,
        model_max_length=2048,
        clean_up_tokenization_spaces=False,
    )


def _as_bytes(word: str) -> str:
    pieces = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    return str(pieces.pre_tokenize_str(word)[0][0])


def choose_words(texts: Iterable[str], size: int, excluded: set[str]) -> list[str]:
    """Return the `size` pieces that save the most tokens over `texts`; `excluded` words stay
    spelled.
    """
    pieces = pre_tokenizers.Split(Regex(PIECES), "isolated")
    counts = Counter(piece for text in texts for piece, _ in pieces.pre_tokenize_str(text))
    for piece in list(counts):
        # Two letters such as `ba` are digits of a number or the head of a word: both must stay
        # visible.
        spelled = len(piece.encode()) == 1 or re.fullmatch(" ?[a-f]{2}", piece)
        if spelled or piece.strip() in excluded:
            del counts[piece]
    ranked = sorted(counts, key=lambda piece: (-counts[piece] * (len(piece.encode()) - 1), piece))
    return ranked[:size]
