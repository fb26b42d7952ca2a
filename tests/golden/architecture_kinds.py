"""The checkpoints that make_architectures.py makes: what stands in each config.json."""

import copy

import torch

GEMMAS = ("GemmaForCausalLM", "Gemma2ForCausalLM", "Gemma3ForCausalLM")
OFFSET_NORMS = (*GEMMAS, "NemotronForCausalLM")
MODEL_TYPES = {
    "LlamaForCausalLM": "llama", "MistralForCausalLM": "mistral",
    "MinistralForCausalLM": "ministral",
    "Ministral3ForCausalLM": "ministral3", "Qwen2ForCausalLM": "qwen2",
    "Qwen3ForCausalLM": "qwen3", "SmolLM3ForCausalLM": "smollm3", "Gemma2ForCausalLM": "gemma2",
    "Gemma3ForCausalLM": "gemma3_text", "Phi3ForCausalLM": "phi3", "Olmo2ForCausalLM": "olmo2",
    "Olmo3ForCausalLM": "olmo3",
    "GraniteForCausalLM": "granite", "GraniteMoeHybridForCausalLM": "granitemoehybrid",
    "GemmaForCausalLM": "gemma", "Exaone4ForCausalLM": "exaone4", "SeedOssForCausalLM": "seed_oss",
    "Ernie4_5ForCausalLM": "ernie4_5", "HeliumForCausalLM": "helium", "GlmForCausalLM": "glm", "Glm4ForCausalLM": "glm4",
    "InternLM3ForCausalLM": "internlm3", "ExaoneForCausalLM": "exaone",
    "HunYuanDenseV1ForCausalLM": "hunyuan_v1_dense", "ArceeForCausalLM": "arcee",
    "Qwen3MoeForCausalLM": "qwen3_moe", "Qwen2MoeForCausalLM": "qwen2_moe", "MixtralForCausalLM": "mixtral",
    "OlmoeForCausalLM": "olmoe", "GraniteMoeForCausalLM": "granitemoe", "GptOssForCausalLM": "gpt_oss",
    "Starcoder2ForCausalLM": "starcoder2", "StableLmForCausalLM": "stablelm",
    "CohereForCausalLM": "cohere", "Cohere2ForCausalLM": "cohere2", "GPTNeoXForCausalLM": "gpt_neox",
    "PhiForCausalLM": "phi", "NemotronForCausalLM": "nemotron", "OlmoForCausalLM": "olmo",
    "GPT2LMHeadModel": "gpt2", "GPTNeoForCausalLM": "gpt_neo", "OPTForCausalLM": "opt",
}


class Kind:
    """A checkpoint to make. `sizes` is hidden, intermediate, layers, heads, key/value heads, vocabulary."""

    auto_class = "AutoModelForCausalLM"
    bias_size = 0.6
    conv1d = False  # Whether matrices are stored [inner, rows].

    def __init__(self, architecture, sizes, dtype, spelling, rope=None, shards=1, tensors="", **fields):
        self.architecture, self.dtype, self.shards, self.tensors = architecture, dtype, shards, tensors
        hidden, intermediate, layers, heads, kv_heads, vocabulary = sizes
        rope = {} if rope is None else rope
        self.config = {
            "architectures": [architecture], "model_type": MODEL_TYPES[architecture], "hidden_size": hidden,
            "intermediate_size": intermediate, "num_hidden_layers": layers, "num_attention_heads": heads,
            "num_key_value_heads": kv_heads, "vocab_size": vocabulary, "max_position_embeddings": 512,
            "rms_norm_eps": 0.05, "bos_token_id": None, "pad_token_id": None, "eos_token_id": vocabulary - 1, **fields,
            **(spell_new if spelling == "new" else spell_old)(rope, dtype),
        }

    def file(self, config):
        """What config.json holds."""
        return config

    def stored_name(self, name):
        """What the files call a tensor of the library."""
        return name

    def stored(self, weights):
        """The tensors that the files hold."""
        return {self.stored_name(name): tensor for name, tensor in weights.items()}

    @property
    def tied(self):
        by_default = self.architecture in (*GEMMAS, "SmolLM3ForCausalLM", "Ernie4_5ForCausalLM", "Starcoder2ForCausalLM", "CohereForCausalLM", "Cohere2ForCausalLM",
                      "GPT2LMHeadModel", "GPTNeoForCausalLM", "OPTForCausalLM")
        return self.config.get("tie_word_embeddings", by_default)


class LayerNormKind(Kind):
    """With LayerNorms, whose epsilon has the key, if any. Their biases are the same in all rows: large ones would drown the rest."""

    bias_size = 0.2

    def __init__(self, architecture, sizes, dtype, spelling, rope=None, epsilon="layer_norm_eps", **fields):
        super().__init__(architecture, sizes, dtype, spelling, rope, **fields)
        size = self.config.pop("rms_norm_eps")
        if epsilon:
            self.config[epsilon] = size


class NeoXKind(LayerNormKind):
    """In the names of GPT-NeoX."""

    FIELDS = {"partial_rotary_factor": "rotary_pct", "rope_theta": "rotary_emb_base"}

    def file(self, config):
        return {self.FIELDS.get(key, key): value for key, value in config.items()}

    def stored_name(self, name):
        return name.replace("lm_head", "embed_out")


class Gpt2Kind(LayerNormKind):
    """In the names of GPT-2: with the prefix of the model and its masks, as files have them that were saved with the head, or bare."""

    FIELDS = {
        "hidden_size": "n_embd", "intermediate_size": "n_inner", "num_hidden_layers": "n_layer", "num_attention_heads": "n_head",
        "max_position_embeddings": "n_positions", "layer_norm_eps": "layer_norm_epsilon", "hidden_act": "activation_function",
    }
    conv1d = True

    def __init__(self, sizes, dtype, is_bare, **fields):
        super().__init__("GPT2LMHeadModel", sizes, dtype, "old", max_position_embeddings=128, **fields)
        self.is_bare = is_bare
        del self.config["num_key_value_heads"], self.config["rope_scaling"]

    def file(self, config):
        return {self.FIELDS.get(key, key): value for key, value in config.items()}

    def stored(self, weights):
        if self.is_bare:
            return {name.removeprefix("transformer."): tensor for name, tensor in weights.items()}
        mask = torch.ones(1, 1, 128, 128, dtype=torch.bool).tril()
        masks = {f"transformer.h.{layer}.attn.bias": mask.clone() for layer in range(self.config["num_hidden_layers"])}
        return {**weights, **masks}


class GptNeoKind(LayerNormKind):
    """In the names of GPT-Neo, with its masks."""

    FIELDS = {
        "num_hidden_layers": "num_layers", "num_attention_heads": "num_heads", "layer_norm_eps": "layer_norm_epsilon",
        "hidden_act": "activation_function",
    }

    def __init__(self, sizes, dtype, **fields):
        super().__init__("GPTNeoForCausalLM", sizes, dtype, "old", max_position_embeddings=128, **fields)
        del self.config["num_key_value_heads"], self.config["rope_scaling"]

    def file(self, config):
        return {self.FIELDS.get(key, key): value for key, value in config.items()}

    def stored(self, weights):
        mask = torch.ones(1, 1, 128, 128, dtype=torch.bool).tril()
        masks = {f"transformer.h.{layer}.attn.attention.bias": mask.clone() for layer in range(self.config["num_hidden_layers"])}
        return {**weights, **masks}


class OptKind(LayerNormKind):
    """In the names of OPT."""

    FIELDS = {"intermediate_size": "ffn_dim", "hidden_act": "activation_function"}

    def __init__(self, sizes, dtype, spelling, prefix="model.", **fields):
        super().__init__("OPTForCausalLM", sizes, dtype, spelling, None, None, max_position_embeddings=128, **fields)
        self.prefix = prefix
        del self.config["num_key_value_heads"]

    def file(self, config):
        return {self.FIELDS.get(key, key): value for key, value in config.items()}

    def stored_name(self, name):
        return name.replace("model.", self.prefix, 1)


class ExaoneKind(Kind):
    """In the names that EXAONE 3 gave its fields and tensors."""

    FIELDS = {"num_hidden_layers": "num_layers", "rms_norm_eps": "layer_norm_epsilon", "hidden_act": "activation_function"}
    NAMES = (
        ("model.embed_tokens", "transformer.wte"), ("model.layers", "transformer.h"), ("model.norm", "transformer.ln_f"),
        ("self_attn.o_proj", "attn.attention.out_proj"), ("self_attn", "attn.attention"), ("input_layernorm", "ln_1"),
        ("post_attention_layernorm", "ln_2"), ("gate_proj", "c_fc_0"), ("up_proj", "c_fc_1"), ("down_proj", "c_proj"),
    )

    def file(self, config):
        return {self.FIELDS.get(key, key): value for key, value in config.items()}

    def stored_name(self, name):
        for of_library, of_files in self.NAMES:
            name = name.replace(of_library, of_files)
        return name


class ExpertsKind(Kind):
    """A mixture of experts, each of which has tensors of its own in the files."""

    PARTS = ("gate_proj", "up_proj", "down_proj")
    MIXTRAL = ("w1", "w3", "w2")

    def stored(self, weights):
        is_mixtral = self.architecture == "MixtralForCausalLM"
        gate, up, down = self.MIXTRAL if is_mixtral else self.PARTS
        files = {}
        for name, tensor in weights.items():
            name = name.replace(".mlp.", ".block_sparse_moe.") if is_mixtral else name
            stem, _, last = name.rpartition(".")
            if not stem.endswith(".experts"):
                files[name] = tensor
                continue
            for expert, matrix in enumerate(tensor):
                halves = matrix.chunk(2) if last == "gate_up_proj" else [matrix]
                for part, half in zip([gate, up] if last == "gate_up_proj" else [down], halves):
                    files[f"{stem}.{expert}.{part}.weight"] = half.contiguous()
        return files


class GraniteExpertsKind(Kind):
    """Experts in stacks, under the names that Granite 3 gave them."""

    NAMES = (
        ("experts.gate_up_proj", "input_linear.weight"), ("experts.down_proj", "output_linear.weight"),
        ("router.weight", "router.layer.weight"),
    )

    def stored_name(self, name):
        for of_library, of_files in self.NAMES:
            name = name.replace(of_library, of_files)
        return name


class SeeingKind(Kind):
    """A checkpoint that sees pictures, too: its own fields are those of the text part."""

    auto_class = "AutoModelForImageTextToText"
    SIGHT = {
        "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 1, "num_attention_heads": 2, "image_size": 16,
        "patch_size": 8,
    }

    def __init__(self, wrapper, model_type, sight_type, *arguments, **fields):
        super().__init__(*arguments, **fields)
        self.wrapper, self.model_type, self.sight_type = wrapper, model_type, sight_type

    def file(self, config):
        text = {key: value for key, value in config.items() if key != "architectures"}
        return {
            "architectures": [self.wrapper], "model_type": self.model_type, "text_config": text,
            "vision_config": {"model_type": self.sight_type, **self.SIGHT}, "mm_tokens_per_image": 4,
            "tie_word_embeddings": self.tied, "eos_token_id": config["eos_token_id"], "torch_dtype": self.dtype,
        }

    def stored_name(self, name):
        """As files from before version 4.52 of the library have it."""
        for of_library, of_files in (("model.language_model.", "language_model.model."), ("lm_head", "language_model.lm_head"),
                                     ("model.", "")):
            if name.startswith(of_library):
                return of_files + name[len(of_library):]
        return name


def spell_new(rope, dtype):
    """As version 5 writes it. `rope` is flat, or has one entry for each type of layer."""
    return {"dtype": dtype, "rope_parameters": rope} if rope else {"dtype": dtype}


def spell_old(rope, dtype):
    """As versions before 5 wrote it: theta and the share of rotated dimensions at the top level."""
    rope = copy.deepcopy(rope)
    fields = {"torch_dtype": dtype}
    if "sliding_attention" in rope:
        if rope["sliding_attention"]["rope_theta"] != rope["full_attention"]["rope_theta"]:
            fields["rope_local_base_freq"] = rope["sliding_attention"]["rope_theta"]
        rope = rope["full_attention"]
    for key in ("rope_theta", "partial_rotary_factor"):
        if key in rope:
            fields[key] = rope.pop(key)
    scaling = {key: value for key, value in rope.items() if (key, value) != ("rope_type", "default")}
    return {**fields, "rope_scaling": scaling or None}


def plain(theta=500.0):
    return {"rope_type": "default", "rope_theta": theta}


def linear(factor, theta=500.0):
    return {"rope_type": "linear", "factor": factor, "rope_theta": theta}


def dynamic(factor, theta=500.0):
    return {"rope_type": "dynamic", "factor": factor, "rope_theta": theta}


def llama3(original, theta=500.0):
    return {
        "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
        "original_max_position_embeddings": original, "rope_theta": theta,
    }


def yarn(original, theta=500.0, **settings):
    return {
        "rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": original, "rope_theta": theta, **settings,
    }


def longrope(pairs, theta=500.0, **settings):
    """Factors that are other for long texts and for each pair."""
    return {
        "rope_type": "longrope", "rope_theta": theta, "short_factor": [1.0 + 0.25 * i for i in range(pairs)],
        "long_factor": [1.5 + 0.75 * i for i in range(pairs)], **settings,
    }


def by_layer_type(full, sliding):
    return {"full_attention": full, "sliding_attention": sliding}


WINDOWED, FULL = "sliding_attention", "full_attention"

# One of each kind, as small as its features allow.
KINDS = {
    "llama-bias": Kind("LlamaForCausalLM", (32, 48, 2, 4, 2, 128), "float32", "old", plain(), head_dim=8,
                       attention_bias=True, mlp_bias=True, tie_word_embeddings=False),
    "llama-rope-linear": Kind("LlamaForCausalLM", (32, 64, 3, 4, 2, 136), "float16", "old",
                              {"type": "linear", "factor": 2.5, "rope_theta": 500.0}, shards=2),
    "llama-rope-llama3": Kind("LlamaForCausalLM", (40, 64, 3, 5, 1, 128), "bfloat16", "new", llama3(32),
                              tie_word_embeddings=True),
    "llama-relu": Kind("LlamaForCausalLM", (32, 48, 2, 4, 2, 128), "float16", "old", plain(), hidden_act="relu"),
    "llama-gelu-itself": Kind("LlamaForCausalLM", (32, 48, 2, 4, 2, 128), "bfloat16", "new", plain(), hidden_act="gelu"),
    "mistral": Kind("MistralForCausalLM", (32, 64, 3, 4, 2, 128), "bfloat16", "new", plain(), head_dim=16,
                    sliding_window=None),
    "mistral-window": Kind("MistralForCausalLM", (32, 64, 3, 4, 2, 136), "float16", "old", plain(), sliding_window=9),
    "ministral": Kind("MinistralForCausalLM", (32, 64, 4, 4, 2, 128), "bfloat16", "new", plain(), head_dim=24,
                      sliding_window=9, layer_types=[FULL, WINDOWED, WINDOWED, FULL]),
    "ministral3-seeing": SeeingKind("Mistral3ForConditionalGeneration", "mistral3", "pixtral", "Ministral3ForCausalLM",
                                    (32, 48, 3, 2, 1, 136), "bfloat16", "new",
                                    yarn(128, 2000.0, mscale=1.0, mscale_all_dim=0.4, truncate=False,
                                         llama_4_scaling_beta=0.1), head_dim=16),
    "ministral3": Kind("Ministral3ForCausalLM", (32, 48, 3, 4, 2, 128), "float16", "old",
                       yarn(24, 500.0, mscale=1.0, mscale_all_dim=1.0, llama_4_scaling_beta=0.6), head_dim=16),
    "qwen2": Kind("Qwen2ForCausalLM", (48, 64, 3, 6, 2, 152), "bfloat16", "old", plain(), tie_word_embeddings=True,
                  use_sliding_window=False, sliding_window=8, max_window_layers=1),
    "qwen2-yarn-window": Kind("Qwen2ForCausalLM", (48, 64, 3, 3, 1, 136), "float16", "new",
                              yarn(32, beta_fast=4.0, beta_slow=0.5, mscale=1.0, mscale_all_dim=0.3, truncate=False),
                              use_sliding_window=True, sliding_window=9, max_window_layers=2),
    "qwen3": Kind("Qwen3ForCausalLM", (40, 72, 3, 3, 1, 128), "float16", "new", plain(), head_dim=16, shards=2),
    "smollm3": Kind("SmolLM3ForCausalLM", (32, 64, 3, 4, 2, 160), "float16", "new", plain(), no_rope_layers=[1, 0, 1]),
    "gemma2": Kind("Gemma2ForCausalLM", (40, 64, 3, 4, 2, 144), "bfloat16", "old", plain(), head_dim=16,
                   query_pre_attn_scalar=20, sliding_window=10, attn_logit_softcapping=2.5, final_logit_softcapping=4.0),
    "gemma3": Kind("Gemma3ForCausalLM", (40, 64, 4, 4, 1, 144), "float16", "new",
                   by_layer_type(linear(4.0, 2000.0), plain(100.0)), head_dim=16, query_pre_attn_scalar=20,
                   sliding_window=7, layer_types=[WINDOWED, FULL, WINDOWED, WINDOWED]),
    "gemma3-seeing": SeeingKind("Gemma3ForConditionalGeneration", "gemma3", "siglip_vision_model", "Gemma3ForCausalLM", (32, 48, 3, 2, 1, 136),
                                "bfloat16", "old", by_layer_type(linear(8.0, 2000.0), plain(100.0)), head_dim=16,
                                query_pre_attn_scalar=20, sliding_window=9, sliding_window_pattern=2),
    "phi3": Kind("Phi3ForCausalLM", (32, 56, 3, 4, 4, 128), "bfloat16", "new", plain()),
    "phi3-partial": Kind("Phi3ForCausalLM", (48, 64, 3, 3, 1, 136), "float16", "old",
                         {**plain(), "partial_rotary_factor": 0.75}, tie_word_embeddings=True),
    "phi3-longrope": Kind("Phi3ForCausalLM", (32, 56, 3, 2, 1, 136), "float16", "old",
                          {**longrope(6), "partial_rotary_factor": 0.75}, original_max_position_embeddings=48),
    "qwen3-moe": ExpertsKind("Qwen3MoeForCausalLM", (32, 48, 3, 4, 2, 128), "bfloat16", "old", plain(), head_dim=16,
                             num_experts=8, num_experts_per_tok=3, moe_intermediate_size=24, norm_topk_prob=True,
                             decoder_sparse_step=1, mlp_only_layers=[1], shards=2),
    "qwen2-moe": ExpertsKind("Qwen2MoeForCausalLM", (32, 48, 4, 4, 2, 136), "float16", "new", plain(), num_experts=6,
                             num_experts_per_tok=2, moe_intermediate_size=16, shared_expert_intermediate_size=40,
                             decoder_sparse_step=2, use_sliding_window=True, sliding_window=9, max_window_layers=1),
    "mixtral": ExpertsKind("MixtralForCausalLM", (32, 40, 3, 4, 2, 128), "float16", "old", plain(), num_local_experts=4,
                           num_experts_per_tok=2, sliding_window=9),
    "olmoe": ExpertsKind("OlmoeForCausalLM", (32, 24, 3, 4, 4, 136), "bfloat16", "new", plain(), num_experts=8,
                         num_experts_per_tok=4),
    "granite-moe": GraniteExpertsKind("GraniteMoeForCausalLM", (32, 24, 3, 4, 2, 128), "bfloat16", "old", plain(),
                                      num_local_experts=5, num_experts_per_tok=2, tie_word_embeddings=True,
                                      embedding_multiplier=6.0, attention_multiplier=0.4, residual_multiplier=0.5,
                                      logits_scaling=4.0),
    "gpt-oss": Kind("GptOssForCausalLM", (32, 16, 3, 4, 2, 136), "bfloat16", "old",
                    yarn(32, beta_fast=4.0, beta_slow=0.5, truncate=False), head_dim=16, num_local_experts=5,
                    num_experts_per_tok=2, sliding_window=9, swiglu_limit=1.5),
    "olmo2": Kind("Olmo2ForCausalLM", (32, 64, 3, 4, 2, 136), "float16", "new", plain()),
    "olmo3": Kind("Olmo3ForCausalLM", (32, 64, 4, 2, 1, 136), "bfloat16", "old",
                  by_layer_type(yarn(32, 500000.0, factor=8.0, attention_factor=1.3), plain(500000.0)),
                  sliding_window=9, layer_types=[WINDOWED, WINDOWED, FULL, WINDOWED]),
    "granite": Kind("GraniteForCausalLM", (32, 64, 3, 4, 2, 152), "bfloat16", "old", plain(), tie_word_embeddings=True,
                    embedding_multiplier=6.0, attention_multiplier=0.5, residual_multiplier=0.4, logits_scaling=3.0),
    "granite-hybrid": Kind("GraniteMoeHybridForCausalLM", (32, 64, 2, 4, 2, 136), "float16", "new", plain(),
                           embedding_multiplier=6.0, attention_multiplier=0.5, residual_multiplier=0.5, logits_scaling=3.0,
                           mamba_n_heads=4, num_local_experts=0, shared_intermediate_size=64, position_embedding_type="rope",
                           layer_types=["attention"] * 2),
    "gemma": Kind("GemmaForCausalLM", (32, 64, 2, 4, 2, 136), "float16", "old", plain(), head_dim=8, hidden_act="gelu"),
    "exaone4": Kind("Exaone4ForCausalLM", (32, 64, 4, 4, 2, 136), "float16", "new", plain(), sliding_window=9,
                    layer_types=[WINDOWED, WINDOWED, FULL, WINDOWED]),
    "starcoder2": LayerNormKind("Starcoder2ForCausalLM", (32, 64, 2, 4, 2, 136), "float16", "old", plain(), "norm_epsilon",
                                hidden_act="gelu_pytorch_tanh", sliding_window=20, tie_word_embeddings=False),
    "stablelm": LayerNormKind("StableLmForCausalLM", (32, 64, 2, 2, 1, 136), "bfloat16", "old",
                              {**plain(), "partial_rotary_factor": 0.5}, use_qkv_bias=True),
    "stablelm-parallel": LayerNormKind("StableLmForCausalLM", (64, 64, 2, 4, 4, 136), "float16", "new",
                                       {**plain(), "partial_rotary_factor": 0.25}, use_parallel_residual=True),
    "cohere": LayerNormKind("CohereForCausalLM", (32, 64, 2, 4, 2, 136), "float16", "old", plain(), logit_scale=0.25),
    "cohere2": LayerNormKind("Cohere2ForCausalLM", (32, 64, 3, 4, 2, 136), "bfloat16", "new", plain(), logit_scale=0.25,
                             sliding_window=9, layer_types=[WINDOWED, FULL, WINDOWED]),
    "stablelm-head-norms": LayerNormKind("StableLmForCausalLM", (64, 64, 2, 4, 2, 136), "float16", "old",
                                         {**plain(), "partial_rotary_factor": 0.5}, use_parallel_residual=True,
                                         qk_layernorm=True),
    "cohere-head-norms": LayerNormKind("CohereForCausalLM", (64, 64, 2, 4, 2, 136), "bfloat16", "old", plain(),
                                       logit_scale=0.25, use_qk_norm=True),
    "gpt-neox": NeoXKind("GPTNeoXForCausalLM", (64, 96, 2, 4, 4, 136), "float16", "old",
                         {**plain(), "partial_rotary_factor": 0.5}, hidden_act="gelu"),
    "gpt-neox-serial": NeoXKind("GPTNeoXForCausalLM", (32, 64, 2, 2, 2, 136), "bfloat16", "new",
                                {**plain(), "partial_rotary_factor": 0.25}, use_parallel_residual=False),
    "phi": LayerNormKind("PhiForCausalLM", (32, 64, 2, 2, 1, 136), "float16", "old",
                         {**plain(), "partial_rotary_factor": 0.5}, hidden_act="gelu_new"),
    "nemotron": LayerNormKind("NemotronForCausalLM", (32, 64, 2, 2, 1, 136), "bfloat16", "old",
                              {**plain(), "partial_rotary_factor": 0.5}, "norm_eps", mlp_bias=True),
    "olmo": LayerNormKind("OlmoForCausalLM", (32, 64, 2, 4, 2, 136), "float16", "new", plain(), None),
    "gpt2": Gpt2Kind((32, None, 2, 4, 4, 136), "float16", False, hidden_act="gelu_new"),
    "gpt2-bare": Gpt2Kind((32, 48, 3, 2, 2, 136), "float32", True, hidden_act="gelu", scale_attn_by_inverse_layer_idx=True),
    "gpt-neo": GptNeoKind((32, None, 3, 4, 4, 136), "float16", hidden_act="gelu_new", window_size=9,
                          attention_types=[[["global", "local"], 1], [["local"], 1]],
                          attention_layers=["global", "local", "local"]),
    "opt": OptKind((32, 64, 2, 4, 4, 136), "float16", "old", hidden_act="relu", do_layer_norm_before=True,
                   word_embed_proj_dim=32),
    "opt-bare": OptKind((32, 64, 2, 2, 2, 136), "bfloat16", "new", "", hidden_act="gelu", enable_bias=False,
                        layer_norm_elementwise_affine=False),
    "arcee": Kind("ArceeForCausalLM", (32, 64, 2, 4, 2, 136), "float16", "old", plain(), mlp_bias=True),
    "exaone": ExaoneKind("ExaoneForCausalLM", (32, 64, 2, 4, 2, 136), "float16", "old", llama3(32),
                          hidden_act="gelu_pytorch_tanh"),
    "hunyuan-dense": Kind("HunYuanDenseV1ForCausalLM", (32, 64, 2, 4, 2, 136), "float16", "old",
                          {**dynamic(1.0), "alpha": 50.0, "beta_fast": 32, "beta_slow": 1, "mscale": 1.0, "mscale_all_dim": 0.0},
                          head_dim=8),
    "internlm3": Kind("InternLM3ForCausalLM", (32, 64, 2, 4, 2, 136), "float16", "old", dynamic(6.0), head_dim=8,
                      max_position_embeddings=128, qkv_bias=False, bias=False),
    "seed-oss": Kind("SeedOssForCausalLM", (32, 64, 2, 4, 2, 136), "float16", "old", plain(), head_dim=8),
    "ernie4-5": Kind("Ernie4_5ForCausalLM", (32, 64, 2, 4, 2, 136), "float16", "old", plain(), head_dim=8),
    "helium": Kind("HeliumForCausalLM", (32, 64, 2, 4, 2, 136), "float16", "new", plain(), head_dim=8),
    "glm": Kind("GlmForCausalLM", (32, 64, 2, 4, 2, 136), "float16", "new", {**plain(), "partial_rotary_factor": 0.5},
                head_dim=8),
    "glm4": Kind("Glm4ForCausalLM", (32, 64, 2, 4, 2, 136), "float16", "old", {**plain(), "partial_rotary_factor": 0.75},
                 head_dim=16),
}

NO_CAPS = {"attn_logit_softcapping": None, "final_logit_softcapping": None}
NO_TIE = {"tie_word_embeddings": False}
BIASES = {"attention_bias": True, "mlp_bias": True}

# The same kinds in other sizes and in the other spelling, and what the kinds above leave out.
MORE = {
    "llama-bias-new": Kind("LlamaForCausalLM", (64, 160, 4, 4, 2, 320), "float16", "new", plain(), **BIASES, head_dim=32),
    "llama-attention-bias": Kind("LlamaForCausalLM", (72, 136, 3, 9, 3, 328), "bfloat16", "old", plain(),
                                 attention_bias=True, mlp_bias=False),
    "llama-mlp-bias": Kind("LlamaForCausalLM", (56, 104, 3, 7, 1, 320), "float16", "new", plain(), mlp_bias=True),
    "llama-gelu": Kind("LlamaForCausalLM", (64, 96, 3, 4, 4, 336), "float32", "old", plain(), hidden_act="gelu_pytorch_tanh"),
    "llama-rope-linear-new": Kind("LlamaForCausalLM", (64, 96, 3, 4, 2, 320), "bfloat16", "new", linear(4.0), shards=3),
    "llama-rope-llama3-old": Kind("LlamaForCausalLM", (64, 96, 5, 2, 1, 320), "float16", "old", llama3(64), head_dim=64),
    "llama-mixed": Kind("LlamaForCausalLM", (64, 96, 3, 4, 2, 320), "bfloat16", "old", plain(), tensors="norms in float32"),
    "llama-inverse-frequencies": Kind("LlamaForCausalLM", (64, 96, 2, 4, 2, 320), "float16", "old", plain(),
                                      tensors="inverse frequencies"),
    "llama-bare": Kind("LlamaForCausalLM", (64, 96, 3, 4, 4, 320), "float16", "old", {}),
    "mistral-old": Kind("MistralForCausalLM", (48, 80, 4, 2, 1, 320), "float16", "old", plain(), head_dim=48,
                        sliding_window=None, **NO_TIE),
    "mistral-window-new": Kind("MistralForCausalLM", (64, 96, 4, 4, 2, 320), "bfloat16", "new", plain(), sliding_window=24),
    "mistral-window-head8": Kind("MistralForCausalLM", (40, 72, 3, 5, 1, 320), "float16", "new", plain(), head_dim=8,
                                 sliding_window=5),
    "mistral-window-2": Kind("MistralForCausalLM", (32, 64, 3, 4, 2, 320), "float16", "old", plain(), sliding_window=2),
    "mistral-window-64": Kind("MistralForCausalLM", (64, 96, 3, 4, 2, 320), "bfloat16", "old", plain(), sliding_window=64,
                              tie_word_embeddings=True),
    "mistral-window-wide": Kind("MistralForCausalLM", (64, 96, 3, 4, 1, 320), "float16", "new", plain(), sliding_window=300),
    "mistral-bare": Kind("MistralForCausalLM", (64, 96, 3, 4, 2, 320), "float16", "old", {}),
    "mistral-rope-llama3": Kind("MistralForCausalLM", (64, 96, 3, 4, 2, 320), "float16", "old", llama3(64), sliding_window=20),
    "qwen2-new": Kind("Qwen2ForCausalLM", (64, 96, 4, 4, 2, 320), "float16", "new", plain(), **NO_TIE),
    "qwen2-tied-head": Kind("Qwen2ForCausalLM", (64, 96, 3, 2, 2, 328), "bfloat16", "old", plain(),
                            tie_word_embeddings=True, tensors="head"),
    "qwen2-rope-linear": Kind("Qwen2ForCausalLM", (64, 96, 3, 8, 1, 320), "float16", "old", linear(3.0), head_dim=24),
    "qwen2-bare": Kind("Qwen2ForCausalLM", (64, 96, 3, 4, 2, 320), "float16", "new", {}),
    "qwen3-old": Kind("Qwen3ForCausalLM", (64, 96, 4, 4, 2, 320), "bfloat16", "old", plain(), head_dim=32,
                      tie_word_embeddings=True),
    "qwen3-kv1": Kind("Qwen3ForCausalLM", (48, 80, 3, 3, 1, 320), "float16", "new", plain(), head_dim=16),
    "qwen3-bias": Kind("Qwen3ForCausalLM", (48, 80, 3, 6, 2, 320), "float32", "old", plain(), head_dim=8,
                       attention_bias=True, **NO_TIE),
    "qwen3-bare": Kind("Qwen3ForCausalLM", (64, 96, 2, 2, 1, 320), "bfloat16", "old", {}),
    "qwen2-rope-yarn-old": Kind("Qwen2ForCausalLM", (64, 96, 3, 2, 1, 320), "float16", "old", yarn(32)),
    "qwen3-rope-yarn": Kind("Qwen3ForCausalLM", (64, 96, 3, 4, 2, 320), "bfloat16", "new", yarn(32), head_dim=32),
    "llama-rope-yarn-ratio": Kind("LlamaForCausalLM", (64, 96, 3, 4, 2, 320), "float16", "new", yarn(64, factor=None)),
    "llama-rope-yarn-beside": Kind("LlamaForCausalLM", (64, 96, 3, 2, 2, 320), "float16", "old", yarn(64, truncate=False),
                                   original_max_position_embeddings=32),
    "llama-rope-yarn-zeros": Kind("LlamaForCausalLM", (64, 96, 3, 2, 1, 320), "float16", "old",
                                  yarn(48, beta_fast=0, beta_slow=0, mscale=0)),
    "mistral-rope-yarn": Kind("MistralForCausalLM", (64, 96, 3, 4, 2, 320), "bfloat16", "new",
                              yarn(32, beta_fast=4.0, truncate=False, attention_factor=1.3), sliding_window=None),
    "granite-rope-yarn": Kind("GraniteForCausalLM", (64, 96, 3, 4, 2, 320), "float16", "old", yarn(64),
                              embedding_multiplier=4.0, attention_multiplier=0.5, residual_multiplier=0.5, logits_scaling=2.0),
    "smollm3-rope-yarn": Kind("SmolLM3ForCausalLM", (64, 96, 4, 2, 1, 320), "bfloat16", "old", yarn(32),
                              no_rope_layers=[1, 1, 0, 1], tie_word_embeddings=True),
    "olmo2-rope-yarn": Kind("Olmo2ForCausalLM", (64, 96, 3, 4, 4, 320), "float16", "new", yarn(32, factor=8.0, truncate=False)),
    "gemma2-rope-yarn": Kind("Gemma2ForCausalLM", (64, 96, 3, 4, 2, 320), "float16", "old", yarn(32, truncate=False), head_dim=16,
                             query_pre_attn_scalar=16, sliding_window=12, attn_logit_softcapping=None,
                             final_logit_softcapping=3.0),
    "gemma3-rope-yarn": Kind("Gemma3ForCausalLM", (64, 96, 4, 4, 2, 320), "bfloat16", "new",
                             by_layer_type(yarn(32, 2000.0), plain(100.0)), head_dim=24, query_pre_attn_scalar=24,
                             sliding_window=16, layer_types=[WINDOWED, WINDOWED, FULL, WINDOWED]),
    "smollm3-old": Kind("SmolLM3ForCausalLM", (64, 96, 5, 4, 2, 320), "bfloat16", "old", plain(),
                        no_rope_layers=[0, 1, 1, 0, 1]),
    "smollm3-interval": Kind("SmolLM3ForCausalLM", (64, 96, 4, 4, 2, 320), "float16", "new", plain(), no_rope_layer_interval=2),
    "smollm3-window": Kind("SmolLM3ForCausalLM", (64, 96, 4, 4, 2, 320), "bfloat16", "new", plain(), no_rope_layer_interval=2,
                           use_sliding_window=True, sliding_window=9),
    "smollm3-bare": Kind("SmolLM3ForCausalLM", (64, 96, 5, 4, 2, 320), "float16", "old", {}),
    "smollm3-bias": Kind("SmolLM3ForCausalLM", (64, 96, 3, 4, 1, 320), "float16", "new", plain(), **BIASES, **NO_TIE),
    "smollm3-rope-linear": Kind("SmolLM3ForCausalLM", (64, 96, 4, 4, 2, 320), "bfloat16", "old", linear(4.0),
                                no_rope_layers=[1, 1, 0, 1], tie_word_embeddings=True),
    "gemma2-new": Kind("Gemma2ForCausalLM", (64, 96, 4, 4, 2, 320), "float16", "new", plain(), head_dim=24,
                       query_pre_attn_scalar=30, sliding_window=20, attn_logit_softcapping=3.0, final_logit_softcapping=5.0,
                       layer_types=[FULL, WINDOWED, WINDOWED, FULL]),
    "gemma2-narrow": Kind("Gemma2ForCausalLM", (64, 96, 3, 4, 4, 320), "bfloat16", "old", plain(), head_dim=16,
                          query_pre_attn_scalar=16, sliding_window=3, attn_logit_softcapping=2.0, final_logit_softcapping=3.0),
    "gemma2-wide": Kind("Gemma2ForCausalLM", (64, 96, 3, 4, 1, 320), "float16", "old", plain(), head_dim=32,
                        query_pre_attn_scalar=24, sliding_window=300, attn_logit_softcapping=2.0, final_logit_softcapping=3.0),
    "gemma2-no-caps": Kind("Gemma2ForCausalLM", (64, 96, 4, 8, 2, 320), "bfloat16", "new", plain(), head_dim=16,
                           query_pre_attn_scalar=40, sliding_window=12, **NO_CAPS, **NO_TIE),
    "gemma2-bias": Kind("Gemma2ForCausalLM", (64, 96, 3, 4, 2, 320), "float16", "old", plain(), head_dim=16,
                        query_pre_attn_scalar=16, sliding_window=12, attention_bias=True, attn_logit_softcapping=2.0,
                        final_logit_softcapping=None, **NO_TIE),
    "gemma2-rope-linear": Kind("Gemma2ForCausalLM", (64, 96, 3, 4, 2, 320), "float16", "old", linear(4.0), head_dim=16,
                               query_pre_attn_scalar=16, sliding_window=12, attn_logit_softcapping=None,
                               final_logit_softcapping=3.0),
    "gemma2-bare": Kind("Gemma2ForCausalLM", (64, 96, 2, 2, 1, 320), "bfloat16", "old", {}),
    "gemma3-old": Kind("Gemma3ForCausalLM", (64, 96, 4, 4, 2, 320), "bfloat16", "old",
                       by_layer_type(linear(8.0, 3000.0), plain(100.0)), head_dim=24, query_pre_attn_scalar=24,
                       sliding_window=16, layer_types=[WINDOWED, WINDOWED, FULL, WINDOWED]),
    "gemma3-default-pattern": Kind("Gemma3ForCausalLM", (48, 72, 7, 3, 1, 320), "float16", "old",
                                   by_layer_type(plain(3000.0), plain(100.0)), head_dim=16, query_pre_attn_scalar=16,
                                   sliding_window=9),
    "gemma3-pattern-scaled": Kind("Gemma3ForCausalLM", (48, 72, 7, 3, 3, 320), "bfloat16", "old",
                                  by_layer_type(linear(4.0, 3000.0), plain(100.0)), head_dim=16, query_pre_attn_scalar=16,
                                  sliding_window=9, sliding_window_pattern=3),
    "gemma3-final-cap": Kind("Gemma3ForCausalLM", (64, 96, 3, 4, 2, 320), "float16", "new",
                             by_layer_type(plain(3000.0), plain(100.0)), head_dim=16, query_pre_attn_scalar=16,
                             sliding_window=5, final_logit_softcapping=4.0, layer_types=[FULL, WINDOWED, FULL]),
    "gemma3-bias-untied": Kind("Gemma3ForCausalLM", (64, 96, 3, 4, 2, 320), "float16", "new",
                               by_layer_type(plain(3000.0), plain(100.0)), head_dim=16, query_pre_attn_scalar=16,
                               sliding_window=5, attention_bias=True, layer_types=[WINDOWED, FULL, WINDOWED], **NO_TIE),
    "gemma3-bare": Kind("Gemma3ForCausalLM", (64, 96, 6, 2, 1, 320), "bfloat16", "old", {}, sliding_window=20),
    "phi3-old": Kind("Phi3ForCausalLM", (64, 96, 4, 4, 2, 320), "float16", "old", plain(), shards=2),
    "phi3-half": Kind("Phi3ForCausalLM", (72, 104, 3, 3, 1, 320), "float16", "new", {**plain(), "partial_rotary_factor": 0.5}),
    "phi3-three-tenths": Kind("Phi3ForCausalLM", (80, 104, 3, 2, 2, 320), "bfloat16", "old",
                              {**plain(), "partial_rotary_factor": 0.3}),
    "phi3-partial-new": Kind("Phi3ForCausalLM", (96, 104, 4, 6, 2, 320), "float16", "new",
                             {**plain(), "partial_rotary_factor": 0.75}, tie_word_embeddings=True),
    "phi3-window": Kind("Phi3ForCausalLM", (64, 96, 3, 4, 2, 320), "float16", "old", plain(), sliding_window=9),
    "phi3-longrope-new": Kind("Phi3ForCausalLM", (64, 96, 3, 2, 2, 320), "bfloat16", "new", longrope(16, attention_factor=1.3),
                              original_max_position_embeddings=64, tie_word_embeddings=True),
    "phi3-longrope-named-yarn": Kind("Phi3ForCausalLM", (64, 96, 3, 4, 4, 320), "float16", "old",
                                     longrope(8, rope_type="yarn"), original_max_position_embeddings=64),
    "llama-rope-longrope": Kind("LlamaForCausalLM", (64, 96, 3, 4, 2, 320), "float16", "new",
                                longrope(8, factor=3.0), original_max_position_embeddings=64),
    "phi3-bare": Kind("Phi3ForCausalLM", (64, 96, 3, 4, 4, 320), "bfloat16", "new", {}),
    "olmo2-old": Kind("Olmo2ForCausalLM", (64, 96, 4, 4, 4, 320), "bfloat16", "old", plain()),
    "olmo2-kv1": Kind("Olmo2ForCausalLM", (64, 96, 3, 4, 1, 320), "float16", "new", plain(), tie_word_embeddings=True),
    "olmo2-bias": Kind("Olmo2ForCausalLM", (64, 96, 3, 8, 2, 320), "float32", "old", plain(), attention_bias=True),
    "olmo2-rope-linear": Kind("Olmo2ForCausalLM", (64, 96, 3, 4, 2, 320), "float16", "new", linear(4.0)),
    "olmo2-bare": Kind("Olmo2ForCausalLM", (64, 96, 3, 4, 4, 320), "float16", "old", {}),
    "olmo3-new": Kind("Olmo3ForCausalLM", (64, 96, 4, 4, 2, 320), "float16", "new",
                      by_layer_type(yarn(32, 2000.0), plain(300.0)), sliding_window=16),
    "olmo3-unscaled": Kind("Olmo3ForCausalLM", (64, 96, 5, 4, 4, 320), "bfloat16", "new",
                           by_layer_type(plain(2000.0), plain(2000.0)), sliding_window=12, attention_bias=True,
                           layer_types=[FULL, WINDOWED, WINDOWED, FULL, WINDOWED]),
    "qwen2-layer-types": Kind("Qwen2ForCausalLM", (64, 96, 4, 4, 2, 320), "float16", "new", plain(), use_sliding_window=True,
                              sliding_window=9, layer_types=[FULL, WINDOWED, FULL, WINDOWED]),
    "qwen3-windows": Kind("Qwen3ForCausalLM", (64, 96, 4, 4, 2, 320), "bfloat16", "old", plain(), head_dim=16,
                          use_sliding_window=True, sliding_window=9, max_window_layers=2),
    "granite-new": Kind("GraniteForCausalLM", (64, 96, 4, 4, 2, 320), "float16", "new", plain(), tie_word_embeddings=True,
                        embedding_multiplier=12.0, attention_multiplier=0.4, residual_multiplier=0.22, logits_scaling=8.0),
    "granite-bias-untied": Kind("GraniteForCausalLM", (64, 96, 3, 4, 2, 320), "bfloat16", "old", plain(), **BIASES, **NO_TIE,
                                embedding_multiplier=4, attention_multiplier=0.5, residual_multiplier=0.5, logits_scaling=2),
    "granite-rope-llama3": Kind("GraniteForCausalLM", (64, 96, 3, 4, 2, 320), "float16", "old", llama3(64),
                                embedding_multiplier=4.0, attention_multiplier=0.5, residual_multiplier=0.5, logits_scaling=2.0),
    "granite-hybrid-no-rope": Kind("GraniteMoeHybridForCausalLM", (64, 96, 3, 4, 2, 320), "bfloat16", "old", {},
                                   mamba_n_heads=4, num_local_experts=0, shared_intermediate_size=96, layer_types=["attention"] * 3),
    "gemma-new": Kind("GemmaForCausalLM", (64, 96, 3, 4, 1, 320), "bfloat16", "new", plain(), head_dim=32, **NO_TIE),
    "exaone4-full": Kind("Exaone4ForCausalLM", (64, 96, 3, 4, 2, 320), "bfloat16", "old", llama3(64), sliding_window=None,
                         layer_types=[FULL] * 3, tie_word_embeddings=True),
    "exaone4-pattern": Kind("Exaone4ForCausalLM", (64, 96, 5, 4, 2, 320), "bfloat16", "old", plain(), sliding_window=9,
                            sliding_window_pattern=2, head_dim=24),
    "ernie4-5-bias": Kind("Ernie4_5ForCausalLM", (64, 96, 3, 4, 2, 320), "bfloat16", "new", yarn(32), head_dim=24,
                          use_bias=True, **NO_TIE),
    "helium-bias": Kind("HeliumForCausalLM", (64, 96, 3, 4, 2, 320), "bfloat16", "old", linear(4.0), head_dim=16,
                        **BIASES, tie_word_embeddings=True),
    "glm-old": Kind("GlmForCausalLM", (64, 96, 3, 4, 2, 320), "bfloat16", "old", llama3(64), head_dim=24,
                    attention_bias=False),
    "glm4-new": Kind("Glm4ForCausalLM", (64, 96, 3, 4, 2, 320), "bfloat16", "new", {**plain(), "partial_rotary_factor": 0.5},
                     head_dim=32, tie_word_embeddings=True),
    "hunyuan-dense-new": Kind("HunYuanDenseV1ForCausalLM", (64, 96, 3, 4, 2, 320), "bfloat16", "new", plain(), head_dim=24,
                              attention_bias=True, tie_word_embeddings=True),
    "stablelm-new": LayerNormKind("StableLmForCausalLM", (64, 96, 3, 2, 2, 320), "float16", "new",
                                  {**plain(), "partial_rotary_factor": 0.25}, tie_word_embeddings=True),
    "stablelm-bare": LayerNormKind("StableLmForCausalLM", (64, 96, 3, 2, 1, 320), "float16", "old", {}),
    "cohere-new": LayerNormKind("CohereForCausalLM", (64, 96, 3, 4, 1, 320), "bfloat16", "new", linear(3.0), attention_bias=True,
                                logit_scale=0.5, **NO_TIE),
    "cohere-bare": LayerNormKind("CohereForCausalLM", (64, 96, 3, 4, 2, 320), "float16", "old", {}),
    "cohere2-pattern": LayerNormKind("Cohere2ForCausalLM", (64, 96, 5, 4, 2, 320), "float16", "old", plain(), sliding_window=9,
                                     **NO_TIE),
    "gpt-neox-bare": NeoXKind("GPTNeoXForCausalLM", (64, 96, 3, 2, 2, 320), "bfloat16", "old", {}),
    "gpt-neox-linear": NeoXKind("GPTNeoXForCausalLM", (96, 104, 3, 4, 4, 320), "float16", "new",
                                {**linear(4.0), "partial_rotary_factor": 0.5}, attention_bias=False, tie_word_embeddings=True),
    "phi-new": LayerNormKind("PhiForCausalLM", (64, 96, 3, 4, 2, 320), "bfloat16", "new",
                             {**plain(), "partial_rotary_factor": 0.25}),
    "phi-bare": LayerNormKind("PhiForCausalLM", (64, 96, 3, 2, 2, 320), "float16", "old", {}),
    "nemotron-new": LayerNormKind("NemotronForCausalLM", (64, 96, 3, 4, 1, 320), "float16", "new",
                                  {**plain(), "partial_rotary_factor": 0.25}, "norm_eps", head_dim=24, attention_bias=True),
    "nemotron-bare": LayerNormKind("NemotronForCausalLM", (64, 96, 3, 2, 1, 320), "bfloat16", "old", {}, "norm_eps"),
    "olmo-old": LayerNormKind("OlmoForCausalLM", (64, 96, 3, 4, 1, 320), "bfloat16", "old", linear(4.0), None, attention_bias=True,
                              tie_word_embeddings=True),
    "arcee-new": Kind("ArceeForCausalLM", (64, 96, 3, 4, 2, 320), "bfloat16", "new", plain(), attention_bias=True),
    "exaone-new": ExaoneKind("ExaoneForCausalLM", (64, 96, 3, 4, 2, 320), "bfloat16", "new", plain(), tie_word_embeddings=True),
    "internlm3-bias": Kind("InternLM3ForCausalLM", (64, 96, 3, 4, 2, 320), "bfloat16", "old", plain(), head_dim=24,
                           qkv_bias=True, bias=True),
    "llama-rope-dynamic": Kind("LlamaForCausalLM", (64, 96, 3, 4, 2, 320), "bfloat16", "new", dynamic(2.0)),
    "seed-oss-new": Kind("SeedOssForCausalLM", (64, 96, 3, 4, 2, 320), "bfloat16", "new", plain(), head_dim=24,
                         attention_bias=False, attention_out_bias=True, mlp_bias=True),
    "qwen3-moe-new": ExpertsKind("Qwen3MoeForCausalLM", (64, 96, 4, 4, 2, 320), "float16", "new", plain(), head_dim=16,
                                 num_local_experts=12, num_experts_per_tok=4, moe_intermediate_size=40, decoder_sparse_step=2,
                                 use_sliding_window=True, sliding_window=9, attention_bias=True),
    "qwen2-moe-old": ExpertsKind("Qwen2MoeForCausalLM", (64, 96, 3, 4, 2, 320), "bfloat16", "old", plain(), num_experts=10,
                                 num_experts_per_tok=4, moe_intermediate_size=48, shared_expert_intermediate_size=72,
                                 norm_topk_prob=True, mlp_only_layers=[0], qkv_bias=False, tie_word_embeddings=True),
    "mixtral-new": ExpertsKind("MixtralForCausalLM", (64, 96, 3, 4, 2, 320), "bfloat16", "new", plain(), head_dim=24,
                               num_local_experts=8, num_experts_per_tok=3, sliding_window=None),
    "olmoe-normed": ExpertsKind("OlmoeForCausalLM", (64, 48, 3, 4, 2, 320), "float16", "old", linear(4.0), num_experts=16,
                                num_experts_per_tok=5, norm_topk_prob=True),
    "granite-moe-untied": GraniteExpertsKind("GraniteMoeForCausalLM", (64, 40, 3, 4, 2, 320), "float16", "new", llama3(64),
                                             num_local_experts=9, num_experts_per_tok=3, attention_bias=True, **NO_TIE,
                                             embedding_multiplier=4.0, attention_multiplier=0.5, residual_multiplier=0.5,
                                             logits_scaling=2.0),
    "gpt-oss-new": Kind("GptOssForCausalLM", (64, 40, 4, 8, 2, 320), "float16", "new", yarn(48, 2000.0, truncate=False),
                        head_dim=24, num_local_experts=9, num_experts_per_tok=4, sliding_window=20, swiglu_limit=2.0,
                        swiglu_alpha=1.2, layer_types=[FULL, WINDOWED, WINDOWED, FULL], tie_word_embeddings=True),
    "granite-bare": Kind("GraniteForCausalLM", (64, 96, 3, 4, 2, 320), "float16", "new", {}),
    "gpt2-tanh": Gpt2Kind((72, 104, 3, 3, 3, 320), "bfloat16", False, hidden_act="gelu_pytorch_tanh"),
    "gpt2-unscaled": Gpt2Kind((64, None, 2, 8, 8, 328), "float16", True, hidden_act="relu", scale_attn_weights=False, **NO_TIE),
    "gpt2-head64": Gpt2Kind((128, 256, 2, 2, 2, 320), "float32", False, hidden_act="gelu_new"),
    "gpt-neo-local-first": GptNeoKind((72, 96, 4, 3, 3, 320), "float32", hidden_act="gelu", window_size=5,
                                      attention_types=[[["local", "global"], 2]], **NO_TIE),
    "opt-untied": OptKind((72, 120, 3, 3, 3, 320), "float32", "old", hidden_act="relu", **NO_TIE),
    "cohere-head-norms-bias": LayerNormKind("CohereForCausalLM", (64, 96, 3, 4, 1, 320), "float16", "new", linear(3.0),
                                            logit_scale=0.5, use_qk_norm=True, attention_bias=True, **NO_TIE),
    "stablelm-head-norms-serial": LayerNormKind("StableLmForCausalLM", (72, 96, 3, 3, 1, 320), "bfloat16", "new",
                                                {**plain(), "partial_rotary_factor": 0.5}, use_qkv_bias=True,
                                                qk_layernorm=True),
}
