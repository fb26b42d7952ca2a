"""Tiny checkpoints of every architecture, with what the transformers library computes from their files.

    python3 make_architectures.py OUT              the kinds that are kept beside this file
    python3 make_architectures.py OUT --more TOK   those in other shapes and spellings, for a wider check;
                                                   TOK is a tokenizer.json of 320 tokens for text prompts
    python3 make_architectures.py OUT NAME ...     only those

Needs transformers 5.24.0, torch 2.13.0 (processors suffice), numpy, safetensors and tokenizers.

Each folder is written first: config.json in the spelling before or after version 5 of the library, and random weights.
Then the library loads that folder as float64 (its norms, softmax and tables of sines stay in float32) and
`golden.json` says what it computes: ids chosen greedily and the first logits after each prompt. A seed is used only if
the two largest logits never come close, the texts vary, and every feature of the kind matters: taking it out of
config.json, or out of the weights, must change the logits and the ids.
"""

import copy, json, os, shutil, sys, tempfile

import numpy as np
import torch
import transformers
from safetensors.torch import save_file
from transformers import AutoConfig
from transformers.utils import logging

from architecture_kinds import FULL, GEMMAS, KINDS, MORE, OFFSET_NORMS, WINDOWED

torch.set_num_threads(1)
logging.set_verbosity_error()
logging.disable_progress_bar()

SMALLEST_GAP = 0.004  # Between the two largest logits on the way, in standard deviations of the logits.
SMALLEST_CHANGE = 0.05  # Of a logit when a feature is taken away, in the same unit.
NEW_TOKENS = 24
LOGITS = 32

PROMPTS = [
    "The quick brown fox", "e", "Let us see what a long window forgets: the first words of this sentence, and after them "
    "all others, one by one, until only the end is left.", "12 + 30 = 42, naïve café\n\n\tend", "in the in the in the in the",
]
PROMPT_LENGTHS = [1, 5, 18, 75]


POSITIONS = ("wpe.weight", "embed_positions.weight")
HEAD_NORMS = ("q_norm.weight", "k_norm.weight", "query_layernorm.weight", "key_layernorm.weight")


def is_norm(name):
    return name.endswith("norm.weight") or ".norms." in name or (".ln_" in name and name.endswith(".weight"))


def draw_weights(kind, shapes, seed):
    """Random weights, rounded to the kind's dtype: large enough that attention is sharp and every part counts."""
    generator = np.random.default_rng(seed)
    gemma = kind.architecture in GEMMAS
    config = kind.config
    weights = {}
    for name in sorted(shapes):
        shape = shapes[name]
        noise = generator.standard_normal(shape)
        if is_norm(name):
            center = 1.7 if name.endswith(HEAD_NORMS) or ".norms." in name else 1.0
            values = np.abs(center + 0.4 * noise) - (kind.architecture in OFFSET_NORMS)
        elif name.endswith(".sinks"):
            values = 1 + noise  # As large as scores are.
        elif name.endswith("bias") or len(shape) == 1:
            values = kind.bias_size * noise
        elif name.endswith(("embed_tokens.weight", "embed_in.weight", "wte.weight", *POSITIONS)):
            # As seen by the layers: their own scale, or less where the head is the same matrix.
            scale = config.get("embedding_multiplier", np.sqrt(shape[1]) if gemma else 1)
            values = (0.4 if kind.tied else 1.0) / scale * noise
        elif name == "lm_head.weight":
            values = 2 / np.sqrt(shape[1]) * noise
        else:
            gain = 1.7 if any(p in name for p in (".q_proj", ".k_proj", ".qkv_proj", ".query_key_value", ".c_attn")) else 1.4
            gain *= 0.6 if kind.architecture == "GPTNeoForCausalLM" else 1  # Whose scores have no scale.
            is_transposed = kind.conv1d or (kind.architecture == "GptOssForCausalLM" and len(shape) == 3)
            values = gain / np.sqrt(shape[-2 if is_transposed else -1]) * noise / config.get("residual_multiplier", 1) ** ("o_proj" in name or "down" in name)
        keep = kind.tensors == "norms in float32" and len(shape) == 1
        weights[name] = torch.from_numpy(values).to(torch.float32 if keep else getattr(torch, kind.dtype))
    if kind.tensors == "head":
        weights["lm_head.weight"] = weights["model.embed_tokens.weight"].clone()
    if kind.tensors == "inverse frequencies":
        for layer in range(config["num_hidden_layers"]):
            weights[f"model.layers.{layer}.self_attn.rotary_emb.inv_freq"] = torch.ones(8)
    return weights


def write_folder(folder, kind, config, weights):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "config.json"), "w") as file:
        json.dump(kind.file(config), file, indent=2)
        file.write("\n")
    weights = kind.stored(weights)
    if kind.shards == 1:
        save_file(weights, os.path.join(folder, "model.safetensors"), {"format": "pt"})
        return
    names = sorted(weights)
    parts = [list(part) for part in np.array_split(names, kind.shards)]
    files = [f"model-{i + 1:05}-of-{kind.shards:05}.safetensors" for i in range(kind.shards)]
    for file, part in zip(files, parts):
        save_file({name: weights[name] for name in part}, os.path.join(folder, file), {"format": "pt"})
    total = sum(tensor.numel() * tensor.element_size() for tensor in weights.values())
    index = {"metadata": {"total_size": total}, "weight_map": {n: f for f, part in zip(files, parts) for n in part}}
    with open(os.path.join(folder, "model.safetensors.index.json"), "w") as file:
        json.dump(index, file, indent=2)
        file.write("\n")


def load(folder, kind):
    return getattr(transformers, kind.auto_class).from_pretrained(folder, dtype=torch.float64, attn_implementation="eager",
                                                          experts_implementation="eager")


def shapes_of(kind):
    """Names and shapes of the tensors to store, as the library has them for this config."""
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "config.json"), "w") as file:
            json.dump(kind.file(kind.config), file)
        model = getattr(transformers, kind.auto_class).from_config(AutoConfig.from_pretrained(folder))
    stored = model.state_dict()
    return {n: tuple(t.shape) for n, t in stored.items() if not (n == "lm_head.weight" and kind.tied)}


def decode(model, prompt, ends):
    """Logits after the prompt, the ids chosen greedily, and the smallest gap; no cache, so no cache can be wrong."""
    ids, first, gap = list(prompt), None, np.inf
    for _ in range(NEW_TOKENS):
        with torch.no_grad():
            logits = model(torch.tensor([ids]), use_cache=False).logits[0, -1].numpy()
        first = logits if first is None else first
        second, best = np.sort(logits)[-2:]
        gap = min(gap, (best - second) / logits.std())
        ids.append(int(logits.argmax()))
        if ids[-1] == ends:
            break
    return first, ids[len(prompt):], gap


def without(config, key, value):
    return {**config, key: value}


def changed_rope(config):
    """The config with each of its rope's settings changed, in whichever spelling it is."""
    places = [("rope_parameters", t) for t in config.get("rope_parameters", {}) if t.endswith("attention")]
    places = places or [(key,) for key in ("rope_parameters", "rope_scaling") if config.get(key)]
    # There are as many factors as pairs are rotated.
    fixed = ["partial_rotary_factor"] if any("short_factor" in config[place[0]] for place in places) else []
    for key in ("rope_theta", "rope_local_base_freq", "partial_rotary_factor"):
        if key in config and key not in fixed:
            yield key, without(config, key, 1.0 if key == "partial_rotary_factor" else 4 * config[key])
    for place in places:
        for key in ("rope_theta", "factor", "partial_rotary_factor", "low_freq_factor", "high_freq_factor", "beta_fast",
                    "beta_slow", "llama_4_scaling_beta", "alpha", "mscale", "mscale_all_dim", "attention_factor", "truncate", "short_factor", "long_factor",
                    "original_max_position_embeddings"):
            changed = copy.deepcopy(config)
            inner = changed
            for step in place:
                inner = inner[step]
            value = inner.get(key)
            of_dynamic = inner.get("rope_type", inner.get("type")) == "dynamic"
            if of_dynamic and key not in ("rope_theta", "alpha"):  # Within the context they change nothing.
                continue
            if value is None or key in config or key in fixed:  # What stands beside the settings outweighs them.
                continue
            if key in ("short_factor", "long_factor"):
                inner[key] = [2 * factor for factor in value]
            else:
                inner[key] = {"partial_rotary_factor": 1.0, "truncate": True}.get(key, 2 * value)
            if inner[key] != value:
                yield "/".join((*place, key)), changed


def changed_features(kind, weights, prompt_length):
    """(name, config, weights) with one feature changed or taken out at a time."""
    config = kind.config
    layers = config["num_hidden_layers"]
    for name, changed in changed_rope(config):
        yield name, changed, weights
    replacements = {
        "rms_norm_eps": 1e-4, "layer_norm_eps": 1e-4, "norm_epsilon": 1e-4, "norm_eps": 1e-4, "logit_scale": 1.0, "attn_logit_softcapping": None, "final_logit_softcapping": None,
        "query_pre_attn_scalar": 4 * config.get("query_pre_attn_scalar", 0), "embedding_multiplier": 1.0,
        "attention_multiplier": 1.0, "residual_multiplier": 1.0, "logits_scaling": 1.0, "no_rope_layers": [1] * layers,
        "position_embedding_type": None, "num_experts_per_tok": config.get("num_experts_per_tok", 0) - 1,
        "norm_topk_prob": not config.get("norm_topk_prob"), "swiglu_limit": 100.0, "swiglu_alpha": 1.702,
        "scale_attn_by_inverse_layer_idx": not config.get("scale_attn_by_inverse_layer_idx"),
        "no_rope_layer_interval": layers + 1, "sliding_window_pattern": layers + 1,
        "original_max_position_embeddings": 2 * config.get("original_max_position_embeddings", 0), "hidden_act": "silu", "layer_types": [FULL if t == WINDOWED else WINDOWED for t in config.get("layer_types", [])],
    }
    if config.get("use_sliding_window") and "layer_types" not in config:
        replacements["max_window_layers"] = layers
    if not config.get("sliding_window"):
        del replacements["layer_types"]
    for key, value in replacements.items():
        if config.get(key) is not None:
            yield key, without(config, key, value), weights
    key = "window_size" if "window_size" in config else "sliding_window"
    window = config.get(key)
    if window is not None and window < prompt_length and config.get("use_sliding_window", True):
        yield "one more in the window", without(config, key, window + 1), weights
        yield "no window", without(config, key, 10 ** 6), weights
    if any(n.endswith(POSITIONS) for n in weights):
        yield "positions", config, {n: torch.zeros_like(t) if n.endswith(POSITIONS) else t for n, t in weights.items()}
    if any("shared_expert_gate" in n for n in weights):
        yield "the shared expert's gate", config, {n: torch.zeros_like(t) if "shared_expert_gate" in n else t for n, t in weights.items()}
    if any(n.endswith(".sinks") for n in weights):
        yield "sinks", config, {n: torch.full_like(t, -100) if n.endswith(".sinks") else t for n, t in weights.items()}
    endings = {"." + ".".join(n.split(".")[-2:]) for n in weights if (n.endswith("bias") or is_norm(n))
               and "vision" not in n and "projector" not in n}
    if kind.architecture == "OPTForCausalLM":  # Without rotations it adds the same to all scores of a query.
        endings.discard(".k_proj.bias")
    for ending in sorted(endings):
        neutral = 0.0 if ending.endswith("bias") or kind.architecture in OFFSET_NORMS else 1.0
        yield ending, config, {n: t if not ("." + n).endswith(ending) else torch.full_like(t, neutral) for n, t in weights.items()}


def check_features(kind, weights, prompts, results):
    """The name of a feature that does not matter, if there is one: for the longest prompt, or the one that it is for."""
    by_length = sorted(range(len(prompts)), key=lambda i: len(prompts[i][1]))
    original = kind.config.get("original_max_position_embeddings", np.inf)
    short = [i for i in by_length if len(prompts[i][1]) + NEW_TOKENS <= original]
    for name, config, altered in changed_features(kind, weights, len(prompts[by_length[-1]][1])):
        at = (short if name.endswith("short_factor") else by_length)[-1]
        prompt, (logits, ids, _) = prompts[at][1], results[at]
        with tempfile.TemporaryDirectory() as folder:
            write_folder(folder, kind, config, altered)
            found, found_ids, _ = decode(load(folder, kind), prompt, config["eos_token_id"])
        # What scales all logits alike changes no id, and an epsilon changes them only a little.
        monotonous = name in ("final_logit_softcapping", "logits_scaling", "logit_scale", "rms_norm_eps", "layer_norm_eps", "norm_epsilon", "norm_eps")
        if np.abs(found - logits).max() < SMALLEST_CHANGE * logits.std() or (found_ids == ids and not monotonous):
            return name
    return None


def attempt(folder, kind, prompts, seed):
    """Writes the folder for a seed; returns its cases, or a reason against it."""
    weights = draw_weights(kind, shapes_of(kind), seed)
    shutil.rmtree(folder, ignore_errors=True)
    write_folder(folder, kind, kind.config, weights)
    model = load(folder, kind)
    results = [decode(model, ids, kind.config["eos_token_id"]) for _, ids in prompts]
    gap = min(gap for _, _, gap in results)
    if gap < SMALLEST_GAP:
        return None, f"gap {gap:.4f}"
    lengths = [len(ids) for _, ids, _ in results]
    if sum(length == NEW_TOKENS for length in lengths) < len(lengths) - 1 or min(lengths) < 4:
        return None, f"lengths {lengths}"
    variety = [len(set(ids)) for _, ids, _ in results]
    if np.mean(variety) < 8:
        return None, f"variety {variety}"
    useless = check_features(kind, weights, prompts, results)
    if useless:
        return None, f"{useless} does not matter"
    return [
        {
            **({"prompt": text} if text is not None else {}),
            "prompt_ids": prompt,
            "greedy_ids": ids,
            "logits_after_prompt": [round(float(x), 6) for x in logits[:LOGITS]],
            "largest_logit": round(float(np.abs(logits).max()), 6),
            "smallest_gap_in_standard_deviations": round(float(gap), 5),
        }
        for (text, prompt), (logits, ids, gap) in zip(prompts, results)
    ], None


def compact(cases, seed):
    """JSON with a line for each list."""
    text = json.dumps({"source": f"transformers 5.24.0, float64, seed {seed}", "cases": cases}, ensure_ascii=False)
    for opening in ('{"prompt', '"greedy_ids', '"logits_after', '"largest', '"cases'):
        text = text.replace(opening, "\n" + opening)
    return text + "\n"


def make(folder, name, kind, tokenizer_file):
    if tokenizer_file:
        from tokenizers import Tokenizer
        tokenizer = Tokenizer.from_file(tokenizer_file)
        prompts = [(text, tokenizer.encode(text).ids) for text in PROMPTS]
    else:
        generator = np.random.default_rng(len(name))
        prompts = [(None, generator.integers(0, kind.config["vocab_size"] - 1, n).tolist()) for n in PROMPT_LENGTHS]
    for seed in range(1, 200):
        cases, reason = attempt(folder, kind, prompts, seed)
        if cases:
            break
        print(f"{name}: seed {seed}: {reason}", file=sys.stderr, flush=True)
    else:
        shutil.rmtree(folder)
        print(f"{name}: no seed", flush=True)
        return
    with open(os.path.join(folder, "golden.json"), "w") as file:
        file.write(compact(cases, seed))
    if tokenizer_file:
        shutil.copyfile(tokenizer_file, os.path.join(folder, "tokenizer.json"))
        with open(os.path.join(folder, "tokenizer_config.json"), "w") as file:
            json.dump({"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<eos>"}, file)
    size = sum(os.path.getsize(os.path.join(folder, file)) for file in os.listdir(folder))
    print(f"{name}: seed {seed}, gap {min(c['smallest_gap_in_standard_deviations'] for c in cases)}, "
          f"{size // 1000} KB", flush=True)


def main():
    out, *names = sys.argv[1:]
    kinds, tokenizer_file = KINDS, None
    if "--more" in names:
        at = names.index("--more")
        kinds, tokenizer_file = MORE, names[at + 1]
        del names[at:at + 2]
    for name in names or kinds:
        make(os.path.join(out, name), name, kinds[name], tokenizer_file)


main()
