"""The miniature's networks in plain PyTorch: DeepSeek-V3's architecture, and Qwen3's and
Llama's for the students.

They compute what transformers' and vLLM's implementations compute (a test compares logits) and
are exported under their names. What differs is speed at this size: all experts run as one wide
feed-forward layer whose unchosen slices get weight zero, which for sixteen experts of width 64
is faster than sending tokens around.

Shapes: B sequences, T tokens, D hidden, H heads, K key width, E experts, I expert width.
"""

from dataclasses import asdict

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from teacher.miniature.attention import Cache, DenseAttention, LatentAttention, RMSNorm
from teacher.miniature.shapes import Shape, StudentShape, TeacherShape, shape_from


class FeedForward(nn.Module):
    """Gated feed-forward layer."""

    def __init__(self, hidden_size: int, width: int) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(hidden_size, width, bias=False)
        self.up_proj = nn.Linear(hidden_size, width, bias=False)
        self.down_proj = nn.Linear(width, hidden_size, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """[..., D] -> [..., D]."""
        out: Tensor = self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))
        return out


class Router(nn.Module):
    """Sigmoid scores; the bias takes part in the choice of experts only (arXiv 2408.15664)."""

    def __init__(self, shape: TeacherShape) -> None:
        super().__init__()
        self.shape = shape
        self.weight = nn.Parameter(torch.empty(shape.num_experts, shape.hidden_size))
        self.e_score_correction_bias: Tensor
        self.load: Tensor
        self.register_buffer("e_score_correction_bias", torch.zeros(shape.num_experts))
        self.register_buffer("load", torch.zeros(shape.num_experts), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return the experts' weights, [B, T, E], zero for those not chosen."""
        with torch.autocast(x.device.type, enabled=False):
            scores = F.linear(x.float(), self.weight.float()).sigmoid()
            choice = (
                (scores + self.e_score_correction_bias).topk(self.shape.experts_per_token).indices
            )
            chosen = torch.zeros_like(scores).scatter_(-1, choice, 1.0)
            self.load += chosen.detach().flatten(0, -2).sum(0)
            weights = scores * chosen
            return weights / (weights.sum(-1, keepdim=True) + 1e-20) * self.shape.routed_scale

    @torch.no_grad()
    def balance(self, speed: float) -> None:
        """Raise the bias of experts below the mean load by `speed`, lower the others', and
        count anew.
        """
        self.e_score_correction_bias += speed * torch.sign(self.load.mean() - self.load)
        self.load.zero_()


class Experts(nn.Module):
    """Shared expert plus all routed experts as one wide layer, each slice scaled by its router
    weight.
    """

    def __init__(self, shape: TeacherShape) -> None:
        super().__init__()
        self.shape = shape
        self.gate = Router(shape)
        self.experts = FeedForward(shape.hidden_size, shape.num_experts * shape.expert_size)
        self.shared_experts = FeedForward(shape.hidden_size, shape.expert_size)

    def forward(self, x: Tensor) -> Tensor:
        """[B, T, D] -> [B, T, D]."""
        weights_BTE = self.gate(x)
        inner = F.silu(self.experts.gate_proj(x)) * self.experts.up_proj(x)
        inner = inner.unflatten(-1, (self.shape.num_experts, -1)) * weights_BTE[..., None].to(
            x.dtype
        )
        out: Tensor = self.experts.down_proj(inner.flatten(-2)) + self.shared_experts(x)
        return out


class Layer(nn.Module):
    """Pre-norm decoder layer."""

    def __init__(self, shape: Shape, *, dense: bool) -> None:
        super().__init__()
        self.input_layernorm = RMSNorm(shape.hidden_size, shape.norm_eps)
        self.post_attention_layernorm = RMSNorm(shape.hidden_size, shape.norm_eps)
        if isinstance(shape, TeacherShape):
            self.self_attn: nn.Module = LatentAttention(shape)
        else:
            assert isinstance(shape, StudentShape)
            self.self_attn = DenseAttention(shape)
        if dense or not isinstance(shape, TeacherShape):
            self.mlp: nn.Module = FeedForward(shape.hidden_size, shape.intermediate_size)
        else:
            self.mlp = Experts(shape)

    def forward(self, x: Tensor, positions: Tensor, cache: Cache | None = None) -> Tensor:
        """[B, T, D] -> [B, T, D]."""
        x = x + self.self_attn(self.input_layernorm(x), positions, cache)
        out: Tensor = x + self.mlp(self.post_attention_layernorm(x))
        return out


class NextNext(nn.Module):
    """Multi-token-prediction module (DeepSeek-V3 report, 2.2): predicts the token after the
    next.
    """

    def __init__(self, shape: TeacherShape) -> None:
        super().__init__()
        self.enorm = RMSNorm(shape.hidden_size, shape.norm_eps)
        self.hnorm = RMSNorm(shape.hidden_size, shape.norm_eps)
        self.eh_proj = nn.Linear(2 * shape.hidden_size, shape.hidden_size, bias=False)
        self.layer = Layer(shape, dense=False)
        self.norm = RMSNorm(shape.hidden_size, shape.norm_eps)

    def forward(self, hidden: Tensor, next_embeddings: Tensor) -> Tensor:
        """[B, T, D] main hidden states and embeddings of the next tokens -> [B, T, D]."""
        positions = torch.arange(hidden.shape[1], device=hidden.device)[None]
        # vLLM masks the embedding at position 0.
        next_embeddings = next_embeddings * (positions > 0)[..., None]
        both = torch.cat([self.enorm(next_embeddings.to(hidden.dtype)), self.hnorm(hidden)], -1)
        out: Tensor = self.norm(self.layer(self.eh_proj(both), positions))
        return out


class Decoder(nn.Module):
    """A whole model; the teacher's has its own output matrix and the multi-token-prediction
    module.
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.is_teacher = isinstance(shape, TeacherShape)
        self.embed_tokens = nn.Embedding(shape.vocab_size, shape.hidden_size)
        self.layers = nn.ModuleList(
            Layer(shape, dense=not self.is_teacher or i == 0) for i in range(shape.num_layers)
        )
        self.norm = RMSNorm(shape.hidden_size, shape.norm_eps)
        self.lm_head = nn.Linear(shape.hidden_size, shape.vocab_size, bias=False)
        if isinstance(shape, TeacherShape):
            self.mtp = NextNext(shape)
        else:
            self.lm_head.weight = self.embed_tokens.weight
        self.apply(self._initialise)
        for name, weight in self.named_parameters():
            if name.endswith(("o_proj.weight", "down_proj.weight")):
                nn.init.normal_(weight, std=0.02 / (2 * shape.num_layers) ** 0.5)

    @staticmethod
    def _initialise(module: nn.Module) -> None:
        if isinstance(module, nn.Linear | nn.Embedding | Router):
            nn.init.normal_(module.weight, std=0.02)

    def forward(
        self, tokens: Tensor, positions: Tensor | None = None, caches: list[Cache] | None = None
    ) -> Tensor:
        """[B, T] token ids -> [B, T, D] normed hidden states."""
        if positions is None:
            positions = torch.arange(tokens.shape[1], device=tokens.device)[None]
        x = self.embed_tokens(tokens)
        for i, layer in enumerate(self.layers):
            x = layer(x, positions, caches[i] if caches else None)
        normed: Tensor = self.norm(x)
        return normed

    def logits(self, hidden: Tensor) -> Tensor:
        """[..., D] -> [..., vocabulary]."""
        logits: Tensor = self.lm_head(hidden)
        return logits

    def loss(self, tokens: Tensor, wanted: Tensor, mtp_weight: float) -> tuple[Tensor, Tensor]:
        """Return mean cross-entropy of the next token, and the same plus `mtp_weight` times
        that of the one after.

        `wanted` [B, T] is true for tokens that are to be predicted.
        """
        hidden = self(tokens)
        main = masked_cross_entropy(self.logits(hidden[:, :-1]), tokens[:, 1:], wanted[:, 1:])
        if not self.is_teacher or not mtp_weight:
            return main, main
        further = self.mtp(hidden[:, :-1], self.embed_tokens(tokens[:, 1:]))
        auxiliary = masked_cross_entropy(self.logits(further[:, :-1]), tokens[:, 2:], wanted[:, 2:])
        return main, main + mtp_weight * auxiliary

    def routers(self) -> list[Router]:
        """Return the routers, layer after layer, the multi-token-prediction module's last."""
        return [module for module in self.modules() if isinstance(module, Router)]

    def num_parameters(self) -> int:
        """Return the number of weights, shared ones once."""
        return sum(parameter.numel() for parameter in self.parameters())


def masked_cross_entropy(logits: Tensor, targets: Tensor, wanted: Tensor) -> Tensor:
    """Return the mean cross-entropy over the positions that are wanted."""
    losses = F.cross_entropy(logits.flatten(0, 1).float(), targets.flatten(), reduction="none")
    weight = wanted.flatten().float()
    return (losses * weight).sum() / weight.sum().clamp(min=1)


def new_cache(model: Decoder, room: int) -> list[Cache]:
    """Return one empty cache a layer."""
    return [Cache(room) for _ in range(model.shape.num_layers)]


def save(model: Decoder, path: str) -> None:
    """Write shape and weights."""
    state = {name: value.detach().cpu().clone() for name, value in model.state_dict().items()}
    torch.save({"shape": asdict(model.shape), "state": state}, path)


def load(path: str, device: str) -> Decoder:
    """Read what `save` wrote."""
    data = torch.load(path, map_location="cpu", weights_only=True)
    model = Decoder(shape_from(data["shape"]))
    model.load_state_dict(data["state"])
    return model.to(device)
