"""Cosines and sines of rotary positions by the transformers library, for every rope type.

    python3 make_rotations.py > rotations.json

Needs transformers 5.24.0 and torch 2.13.0 (processors suffice).
"""

import json

import torch
from transformers import LlamaConfig
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding

HEAD_DIM = 32
POSITIONS = [1, 333, 5000, 30000]
CONTEXT = {"original_max_position_embeddings": 4096}
FACTORS = [1.0 + 0.13 * i for i in range(HEAD_DIM // 2)]
SETTINGS = [
    {"rope_type": "default", "rope_theta": 10000.0},
    {"rope_type": "linear", "factor": 2.5, "rope_theta": 10000.0},
    {"rope_type": "llama3", "factor": 32.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, **CONTEXT, "rope_theta": 500000.0},
    {"rope_type": "yarn", "factor": 4.0, **CONTEXT, "rope_theta": 1000000.0},
    {"rope_type": "yarn", "factor": 8.0, **CONTEXT, "truncate": False, "rope_theta": 500000.0},
    {"rope_type": "longrope", "factor": 32.0, "short_factor": FACTORS, "long_factor": FACTORS, **CONTEXT, "rope_theta": 10000.0},
]


def table(settings):
    config = LlamaConfig(hidden_size=HEAD_DIM, num_attention_heads=1, head_dim=HEAD_DIM, max_position_embeddings=131072,
                         rope_parameters=dict(settings))
    rotary = LlamaRotaryEmbedding(config)
    cos, sin = rotary(torch.zeros(1), torch.tensor([POSITIONS]))
    halves = [part[0, :, :HEAD_DIM // 2].tolist() for part in (cos, sin)]
    return {"settings": settings, "attention_factor": rotary.attention_scaling, "cos": halves[0], "sin": halves[1]}


print(json.dumps({"source": "transformers 5.24.0", "head_dim": HEAD_DIM, "positions": POSITIONS,
                  "cases": [table(settings) for settings in SETTINGS]}).replace('{"settings', '\n{"settings'))
