"""What the transformers library says after prompts of several spans of attention.

    python3 make_long_contexts.py architectures > long_contexts.json

Needs transformers 5.24.0 and torch 2.13.0. The checkpoints are those of `make_architectures.py`, in a longer context;
the library loads them as float64. A prompt is used only if the two largest logits never come close on the way, and if
other ids at its first 500 positions, or at the 500 behind position 512, change what follows.
"""

import json, os, shutil, sys, tempfile

import numpy as np
import torch
from transformers import AutoModelForCausalLM
from transformers.utils import logging

logging.set_verbosity_error()
logging.disable_progress_bar()

LENGTHS = {"gemma2": 1014, "gpt-oss": 1530}  # Texts that end behind positions 1,024 and 1,536.
CONTEXT = 2048
NEW_TOKENS = 24
SMALLEST_GAP = 0.004  # Between the two largest logits on the way, in standard deviations of the logits.


def load(kind_folder):
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(kind_folder, folder, dirs_exist_ok=True)
        with open(os.path.join(folder, "config.json")) as file:
            config = json.load(file)
        with open(os.path.join(folder, "config.json"), "w") as file:
            json.dump({**config, "max_position_embeddings": CONTEXT}, file)
        options = {"attn_implementation": "eager", "experts_implementation": "eager"}
        return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float64, **options), config


def decode(model, prompt, ends, count):
    """The first ids chosen greedily, and the smallest gap; no cache, so no cache can be wrong."""
    ids, gap = list(prompt), np.inf
    for _ in range(count):
        with torch.no_grad():
            logits = model(torch.tensor([ids]), use_cache=False).logits[0, -1].numpy()
        second, best = np.sort(logits)[-2:]
        gap = min(gap, (best - second) / logits.std())
        ids.append(int(logits.argmax()))
        if ids[-1] == ends:
            break
    return ids[len(prompt):], gap


def find_case(model, config, length):
    vocabulary, ends = config["vocab_size"] - 1, config["eos_token_id"]
    for seed in range(1, 200):
        generator = np.random.default_rng(seed)
        prompt = generator.integers(0, vocabulary, length).tolist()
        ids, gap = decode(model, prompt, ends, NEW_TOKENS)
        is_usable = gap >= SMALLEST_GAP and len(ids) == NEW_TOKENS
        for first in (0, 512):
            if is_usable:
                changed = list(prompt)
                changed[first:first + 500] = generator.integers(0, vocabulary, 500).tolist()
                is_usable = decode(model, changed, ends, 4)[0] != ids[:4]
        if is_usable:
            return {"prompt_ids": prompt, "greedy_ids": ids, "smallest_gap_in_standard_deviations": round(float(gap), 5)}
        print(f"length {length}, seed {seed}: gap {gap:.4f}, {len(ids)} ids", file=sys.stderr, flush=True)
    raise SystemExit("no seed")


def main():
    torch.set_num_threads(1)
    found = {}
    for kind, length in LENGTHS.items():
        model, config = load(os.path.join(sys.argv[1], kind))
        found[kind] = find_case(model, config, length)
    text = json.dumps({"source": "transformers 5.24.0, float64", "context": CONTEXT, "kinds": found})
    for opening in ('"gemma2', '"gpt-oss', '{"prompt', '"greedy_ids', '"smallest'):
        text = text.replace(opening, "\n" + opening)
    print(text)


main()
