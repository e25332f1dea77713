"""A small vision transformer for faces: patches of a few pixels as tokens."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from asdcfer.models.encoder import Encoder


class VisionTransformer(Encoder):
    """Patches become tokens, blocks of attention mix them, and tokens are laid out as maps again.

    The maps are taken after each quarter of the blocks, all of one size: a 48-pixel face and
    patches of 6 pixels give 8x8 positions. There is no class token; poolings of the package pool
    the map. Positions are sines and cosines, so that views of any size fit; a side that patches do
    not divide is padded at its end.

    Args:
        channels: 1 for gray input, 3 for RGB.
        dim: width of a token, a multiple of 4 and of `heads`.
        depth: blocks, a multiple of 4.
        heads: of the attention.
        patch: side of a patch, pixels.
        mlp: width inside of a block's perceptron, as a multiple of `dim`.

    Raises:
        ValueError: a depth or width that does not divide as said.

    Source: Dosovitskiy et al., ICLR 2021; fixed two-dimensional positions as in MoCo-v3 and MAE;
        sizes for small faces are ours.

    Example:
        >>> maps = VisionTransformer(dim=16, heads=2).forward_maps(torch.zeros(2, 1, 48, 48))
        >>> [tuple(each.shape) for each in maps] == [(2, 16, 8, 8)] * 4
        True
    """

    def __init__(
        self,
        channels: int = 1,
        dim: int = 192,
        depth: int = 8,
        heads: int = 3,
        patch: int = 6,
        mlp: float = 2.0,
    ) -> None:
        super().__init__()
        if dim % 4 or dim % heads:
            raise ValueError(f"dim must be a multiple of 4 and of heads={heads}, not {dim}")
        if depth < 4 or depth % 4:
            raise ValueError(f"depth must be a multiple of 4, not {depth}")
        self.patch = patch
        self.embed = nn.Conv2d(channels, dim, kernel_size=patch, stride=patch)
        self.layers = nn.ModuleList(Block(dim, heads, round(mlp * dim)) for _ in range(depth))
        self.norm = nn.LayerNorm(dim)
        self.map_channels = [dim] * 4
        nn.init.xavier_uniform_(self.embed.weight.flatten(1))
        assert self.embed.bias is not None
        nn.init.zeros_(self.embed.bias)

    def forward_maps(self, x: Tensor) -> list[Tensor]:
        """Return the maps after each quarter of the blocks: (B,C,S,S) -> four of (B,dim,H,W)."""
        rest = -x.shape[-1] % self.patch
        if rest:
            x = F.pad(x, (0, rest, 0, rest))
        x = self.embed(x)
        height, width = x.shape[2], x.shape[3]
        tokens = x.flatten(2).transpose(1, 2)
        tokens = tokens + positions(height, width, tokens.shape[2], tokens)
        maps = []
        every = len(self.layers) // 4
        for number, block in enumerate(self.layers):
            tokens = block(tokens)
            if (number + 1) % every == 0:
                # Only the last norm is learnt: one that no pooling reads would get no gradient.
                last = number + 1 == len(self.layers)
                out = self.norm(tokens) if last else F.layer_norm(tokens, tokens.shape[-1:])
                maps.append(out.transpose(1, 2).unflatten(2, (height, width)))
        return maps


class Block(nn.Module):
    """Self-attention and a perceptron, each normalized before and added to what came in.

    Args:
        dim: width of a token.
        heads: of the attention.
        hidden: width inside of the perceptron.
    """

    def __init__(self, dim: int, heads: int, hidden: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.qkv, self.out = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        inner, outer = nn.Linear(dim, hidden), nn.Linear(hidden, dim)
        self.mlp = nn.Sequential(inner, nn.GELU(), outer)
        for layer in (self.qkv, self.out, inner, outer):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return tokens (B,N,D) of tokens (B,N,D)."""
        batch, count, dim = tokens.shape
        qkv = self.qkv(self.norm1(tokens)).view(batch, count, 3, self.heads, dim // self.heads)
        query, key, value = qkv.permute(2, 0, 3, 1, 4).unbind(0)
        mixed = F.scaled_dot_product_attention(query, key, value)
        tokens = tokens + self.out(mixed.transpose(1, 2).reshape(batch, count, dim))
        mixed_in: Tensor = tokens + self.mlp(self.norm2(tokens))
        return mixed_in


def positions(height: int, width: int, dim: int, like: Tensor) -> Tensor:
    """Return sines and cosines of rows and columns, (height * width, dim), in reading order.

    Args:
        height: rows of the grid of patches.
        width: columns of it.
        dim: width of a token, a multiple of 4.
        like: gives device and precision.

    Example:
        >>> positions(2, 2, 4, torch.zeros(1)).round(decimals=2).tolist()[0]
        [0.0, 1.0, 0.0, 1.0]
    """
    quarter = dim // 4
    steps = torch.arange(quarter, device=like.device, dtype=torch.float32)
    rates = 10000.0 ** (-steps / quarter)
    rows = torch.arange(height, device=like.device, dtype=torch.float32)[:, None] * rates
    columns = torch.arange(width, device=like.device, dtype=torch.float32)[:, None] * rates
    of_rows = torch.cat([rows.sin(), rows.cos()], dim=1)[:, None].expand(-1, width, -1)
    of_columns = torch.cat([columns.sin(), columns.cos()], dim=1)[None].expand(height, -1, -1)
    return torch.cat([of_rows, of_columns], dim=2).flatten(0, 1).to(like.dtype)
