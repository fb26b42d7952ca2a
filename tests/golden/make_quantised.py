"""Tiny quantised checkpoints, written by the libraries whose formats they are in, with what comes out of them.

    python3 make_quantised.py OUT [NAME ...]

Needs torch 2.13.0, transformers 5.24.0, numpy, safetensors, and for each format its library: mlx 0.32 (with mlx-cpu),
compressed-tensors 0.20, bitsandbytes 0.50, and on the path the unpacked packages of auto_gptq 0.7.1 and autoawq 0.2.9,
of which single files are loaded.

Weights are random. `golden.json` holds for every quantised module the SHA-256 of its weights as the library multiplies
them out in float32 [rows, columns], and ids chosen greedily by the transformers library in float64 from these weights.
Files in the formats `fp8` and `mxfp4` are written from the documented layout: the libraries that write them need a GPU.
"""

import hashlib, importlib, json, os, sys, types

import numpy as np
import torch
from safetensors.torch import save_file
from transformers import AutoConfig, AutoModelForCausalLM
from transformers.utils import logging

torch.set_num_threads(1)
logging.set_verbosity_error()
logging.disable_progress_bar()

SMALLEST_GAP = 0.004  # Between the two largest logits on the way, in standard deviations of the logits.
NEW_TOKENS = 20
PROMPT_LENGTHS = [1, 19]
HEADS = {"num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 16}


def config_of(architecture, model_type, **changes):
    return {
        "architectures": [architecture], "model_type": model_type, "hidden_size": 64, "intermediate_size": 128,
        "num_hidden_layers": 2, **HEADS, "vocab_size": 72, "max_position_embeddings": 128, "rms_norm_eps": 1e-5,
        "rope_theta": 10000.0, "hidden_act": "silu", "tie_word_embeddings": False, "bos_token_id": None,
        "eos_token_id": 71, **changes,
    }


LLAMA = config_of("LlamaForCausalLM", "llama", attention_bias=False, mlp_bias=False)
QWEN2 = config_of("Qwen2ForCausalLM", "qwen2", intermediate_size=96, use_sliding_window=False)
MISTRAL = config_of("MistralForCausalLM", "mistral", sliding_window=None)
QWEN3_MOE = config_of("Qwen3MoeForCausalLM", "qwen3_moe", num_experts=6, num_experts_per_tok=2, moe_intermediate_size=32,
                      norm_topk_prob=True, mlp_only_layers=[], decoder_sparse_step=1)
GPT_OSS = config_of("GptOssForCausalLM", "gpt_oss", intermediate_size=32, num_hidden_layers=4, num_local_experts=5,
                    num_experts_per_tok=2, sliding_window=9, swiglu_limit=1.5, pad_token_id=None,
                    rope_scaling={"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32,
                                  "beta_fast": 4.0, "beta_slow": 0.5, "truncate": False})
PHI3 = config_of("Phi3ForCausalLM", "phi3", pad_token_id=0, sliding_window=None)


def draw(config, seed):
    """Random weights in float32, sharp enough that every part counts."""
    with torch.device("meta"):
        shapes = {name: tuple(tensor.shape) for name, tensor in AutoModelForCausalLM.from_config(read(config)).state_dict().items()}
    generator = np.random.default_rng(seed)
    weights = {}
    for name in sorted(shapes):
        noise = generator.standard_normal(shapes[name])
        if name.endswith("norm.weight"):
            values = np.abs(1 + 0.3 * noise)
        elif name.endswith((".bias", "_bias", ".sinks")):
            values = 0.6 * noise
        elif name == "model.embed_tokens.weight":
            values = (0.4 if config["tie_word_embeddings"] else 1) * noise
        else:
            inner = shapes[name][-2 if config["model_type"] == "gpt_oss" and len(shapes[name]) == 3 else -1]
            values = (1.7 if "q_proj" in name or "k_proj" in name else 1.4) / np.sqrt(inner) * noise
        if not (config["tie_word_embeddings"] and name == "lm_head.weight"):
            weights[name] = torch.from_numpy(values).float()
    return weights


def read(config):
    return AutoConfig.for_model(config["model_type"], **{key: value for key, value in config.items() if key != "model_type"})


def modules_of(weights, embeddings=False):
    """Names of the linear modules, and of the embeddings too where those are quantised."""
    return [name[:-7] for name, tensor in weights.items() if name.endswith(".weight") and tensor.dim() == 2 and
            (embeddings or not name.startswith(("model.embed", "lm_head")))]


# One function for each format: the tensors of the file, the quantisation in config.json, and the weights in float32.


def mlx(weights, dtype, bits, group, overrides={}, mode="affine"):
    import mlx.core as mx
    tensors, dense = {}, {}
    for name, tensor in weights.items():
        module = name[:-7]
        own = overrides.get(module, {"bits": bits, "group_size": group, "mode": mode})
        if not name.endswith(".weight") or tensor.dim() == 1 or not own:
            tensors[name] = tensor.to(dtype)
            continue
        source = mx.array(tensor.to(dtype).float().numpy()).astype(mx.float16 if dtype == torch.float16 else mx.bfloat16)
        if own.get("mode", "affine") != "affine":
            packed, scales = mx.quantize(source, mode=own["mode"])
            dense[module] = torch.from_numpy(np.array(mx.dequantize(packed, scales, mode=own["mode"], dtype=mx.float32)))
            tensors.update({name: torch.from_numpy(np.array(packed)), f"{module}.scales": torch.from_numpy(np.array(scales))})
            continue
        packed, scales, biases = mx.quantize(source, group_size=own["group_size"], bits=own["bits"])
        exact = mx.dequantize(packed, scales.astype(mx.float32), biases.astype(mx.float32), group_size=own["group_size"], bits=own["bits"])
        tensors[name] = torch.from_numpy(np.array(packed).view(np.uint32).copy())
        for key, numbers in (("scales", scales), ("biases", biases)):
            tensors[f"{module}.{key}"] = torch.from_numpy(np.array(numbers.astype(mx.float32))).to(dtype)
        dense[module] = torch.from_numpy(np.array(exact))
    return tensors, {"quantization": {"group_size": group, "bits": bits, "mode": mode, **overrides}}, dense


def mlx_experts(weights, dtype, bits, group):
    """As mlx-lm names and stacks experts, with routers of eight bits."""
    stacked = {}
    for name, tensor in weights.items():
        stem, _, part = name.rpartition(".experts.")
        if not stem:
            stacked[name] = tensor
            continue
        halves = tensor.chunk(2, 1) if part == "gate_up_proj" else [tensor]
        for half, own in zip(halves, ("gate_proj", "up_proj") if part == "gate_up_proj" else [part]):
            stacked[f"{stem}.switch_mlp.{own}.weight"] = half
    routers = {name[:-7]: {"bits": 8, "group_size": 64} for name in stacked if name.endswith("mlp.gate.weight")}
    return mlx(stacked, dtype, bits, group, routers)


def mlx_gpt_oss(weights):
    """As mlx-lm names the parts of gpt-oss, and as those who publish it quantise them: experts alone as small floats."""
    apart = {}
    for name, tensor in weights.items():
        stem, _, part = name.rpartition(".experts.")
        if not stem:
            apart[name] = tensor
        elif part == "gate_up_proj_bias":
            apart.update({f"{stem}.experts.{own}.bias": tensor[:, at::2] for at, own in enumerate(("gate_proj", "up_proj"))})
        elif part == "gate_up_proj":
            apart.update({f"{stem}.experts.{own}.weight": tensor.transpose(1, 2)[:, at::2] for at, own in enumerate(("gate_proj", "up_proj"))})
        else:
            apart[f"{stem}.experts.down_proj." + ("bias" if part.endswith("bias") else "weight")] = tensor if tensor.dim() == 2 else tensor.transpose(1, 2)
    others = {module: {"bits": 8, "group_size": 64} for module in modules_of(apart, embeddings=True)}
    return mlx({name: tensor.contiguous() for name, tensor in apart.items()}, torch.bfloat16, 4, 32, others, "mxfp4")


def in_library(state):
    """Tensors under the library's names, where experts stand in two."""
    joined = {}
    for name, tensor in state.items():
        if name.endswith((".experts.gate_up_proj.weight", ".experts.down_proj.weight")):
            joined[name[:-7]] = tensor.transpose(1, 2)
            continue
        stem, _, part = name.rpartition(".switch_mlp.")
        own, _, clamped = name.rpartition(".experts.")
        if clamped.startswith("gate_proj."):
            both = torch.stack([tensor, state[f"{own}.experts.{clamped.replace('gate', 'up')}"]], 2).flatten(1, 2)
            joined[f"{own}.experts.gate_up_proj" + ("_bias" if tensor.dim() == 2 else "")] = both if tensor.dim() == 2 else both.transpose(1, 2)
        elif clamped == "down_proj.bias":
            joined[f"{own}.experts.down_proj_bias"] = tensor
        elif not stem and not clamped.startswith("up_proj."):
            joined[name] = tensor
        elif part == "gate_proj.weight":
            joined[f"{stem}.experts.gate_up_proj"] = torch.cat([tensor, state[f"{stem}.switch_mlp.up_proj.weight"]], 1)
        elif part == "down_proj.weight":
            joined[f"{stem}.experts.down_proj"] = tensor
    return joined


def compressed_tensors(weights, form, dtype, arguments, activations=None):
    from compressed_tensors.compressors.base import BaseCompressor
    from compressed_tensors.quantization import QuantizationArgs, QuantizationScheme
    from compressed_tensors.quantization.lifecycle.forward import dequantize
    from compressed_tensors.quantization.utils import calculate_qparams
    args = QuantizationArgs(**arguments)
    scheme = QuantizationScheme(targets=["Linear"], weights=args)
    compressor = BaseCompressor.get_value_from_registry(form)
    tensors, dense = {}, {}
    quantised = modules_of(weights)
    for name, tensor in weights.items():
        module = name[:-7]
        if module not in quantised:
            tensors[name] = tensor.to(dtype)
            continue
        rows, inner = tensor.shape
        if args.strategy == "group":
            parts = tensor.reshape(rows, -1, args.group_size)
            low, high = parts.amin(-1), parts.amax(-1)
        elif args.strategy == "channel":
            low, high = tensor.amin(-1, keepdim=True), tensor.amax(-1, keepdim=True)
        elif args.strategy == "block":
            height, width = args.block_structure
            padded = torch.nn.functional.pad(tensor, (0, -inner % width, 0, -rows % height))
            parts = padded.reshape(padded.shape[0] // height, height, padded.shape[1] // width, width)
            low, high = parts.amin((1, 3)), parts.amax((1, 3))
        else:
            low, high = tensor.amin().reshape(1), tensor.amax().reshape(1)
        scale, zero = calculate_qparams(low, high, args)
        scale = scale.to(dtype)
        state = {"weight": tensor.to(dtype), "weight_scale": scale}
        if not args.symmetric:
            state["weight_zero_point"] = zero
        packed = compressor.compress(state, scheme)
        tensors.update({f"{module}.{key}": value for key, value in packed.items()})
        exact = compressor.decompress({**packed, "weight_scale": scale.float()}, scheme)["weight"]
        assert exact.dtype == torch.float32
        dense[module] = exact
    group = {"targets": ["Linear"], "weights": json.loads(args.model_dump_json()), "input_activations": activations, "output_activations": None}
    config = {"quant_method": "compressed-tensors", "format": form, "quantization_status": "compressed",
              "ignore": ["lm_head"], "kv_cache_scheme": None, "config_groups": {"group_0": group}}
    return tensors, {"quantization_config": config}, dense


def nvfp4(weights, dtype):
    """As compressed-tensors packs it; its own decompression is this one, but in bfloat16."""
    from compressed_tensors.compressors.base import BaseCompressor
    from compressed_tensors.compressors.nvfp4.helpers import unpack_fp4_from_uint8
    from compressed_tensors.quantization import QuantizationArgs, QuantizationScheme
    from compressed_tensors.quantization.lifecycle.forward import dequantize
    from compressed_tensors.quantization.utils import calculate_qparams, generate_gparam
    args = QuantizationArgs(num_bits=4, type="float", symmetric=True, strategy="tensor_group", group_size=16, scale_dtype="torch.float8_e4m3fn")
    scheme = QuantizationScheme(targets=["Linear"], weights=args)
    compressor = BaseCompressor.get_value_from_registry("nvfp4-pack-quantized")
    tensors, dense = {}, {}
    quantised = modules_of(weights)
    for name, tensor in weights.items():
        module = name[:-7]
        if module not in quantised:
            tensors[name] = tensor.to(dtype)
            continue
        rows, inner = tensor.shape
        parts = tensor.reshape(rows, -1, args.group_size)
        common = generate_gparam(tensor.amin().reshape(1), tensor.amax().reshape(1))
        scale, _ = calculate_qparams(parts.amin(-1), parts.amax(-1), args, global_scale=common)
        packed = compressor.compress({"weight": tensor, "weight_scale": scale.float(), "weight_global_scale": common}, scheme)
        tensors.update({f"{module}.{key}": value for key, value in packed.items()})
        codes = unpack_fp4_from_uint8(packed["weight_packed"], rows, inner, torch.float32)
        dense[module] = dequantize(codes, packed["weight_scale"].float(), args=args, global_scale=common)
        assert dense[module].dtype == torch.float32
    settings = json.loads(args.model_dump_json())
    group = {"targets": ["Linear"], "weights": settings, "input_activations": {**settings, "dynamic": "local"}, "output_activations": None}
    config = {"quant_method": "compressed-tensors", "format": "nvfp4-pack-quantized", "quantization_status": "compressed",
              "ignore": ["lm_head"], "kv_cache_scheme": None, "config_groups": {"group_0": group}}
    return tensors, {"quantization_config": config}, dense


def file_of(package, path):
    """A file of a package whose other files need what is not there."""
    parts = path.split(".")
    for depth in range(len(parts)):
        name = ".".join([package, *parts[:depth]])
        if name not in sys.modules:
            folder = os.path.join(next(entry for entry in sys.path if os.path.isdir(os.path.join(entry, package))), *name.split("."))
            sys.modules[name] = types.ModuleType(name)
            sys.modules[name].__path__ = [folder]
    return importlib.import_module(f"{package}.{path}")


def integers(tensor, bits, group, order=None):
    """Scales and zero points [rows, groups] of the nearest asymmetric integers, and weights that they hold exactly."""
    rows, inner = tensor.shape
    order = np.arange(inner) if order is None else order
    parts = tensor[:, order].reshape(rows, -1, group)
    low, high = parts.amin(-1), parts.amax(-1)
    scale = ((high - low) / (2 ** bits - 1)).half()
    zero = torch.clamp(torch.round(-low / scale.float()), 1, 2 ** bits - 1)
    codes = torch.clamp(torch.round(parts / scale.float()[..., None]) + zero[..., None], 0, 2 ** bits - 1)
    held = ((codes - zero[..., None]) * scale.float()[..., None]).reshape(rows, inner)
    return scale, zero, held[:, np.argsort(order)]


def gptq(weights, bits, group, version, orders=None):
    """`orders` makes the order in which columns of a module are quantised, by its name; all in turn if left out."""
    qlinear = file_of("auto_gptq", "nn_modules.qlinear.qlinear_cuda")
    tensors, dense = {}, {}
    quantised = modules_of(weights)
    for name, tensor in weights.items():
        module = name.rpartition(".")[0]
        if module not in quantised or name.endswith("bias"):
            tensors[name] = tensor.half()
            continue
        rows, inner = tensor.shape
        order = np.arange(inner) if orders is None else orders(module, inner)
        scale, zero, held = integers(tensor, bits, group, order)
        linear = torch.nn.Linear(inner, rows, bias=False)
        linear.weight.data = held
        groups = torch.empty(inner, dtype=torch.int32)
        groups[torch.from_numpy(order)] = torch.arange(inner, dtype=torch.int32) // group
        packed = qlinear.QuantLinear(bits, group, inner, rows, False)
        packed.pack(linear, scale.float(), zero.clone(), groups)
        packed.scales = scale.t().contiguous()
        state = {key: value for key, value in packed.state_dict().items()}
        tensors.update({f"{module}.{key}": value.contiguous() for key, value in state.items()})
        packed.scales = packed.scales.float()
        dense[module] = packed(torch.eye(inner)).t().contiguous()
        assert torch.equal(dense[module], held)
        if version == 2:
            one = sum(1 << bits * place for place in range(32 // bits))
            words = state["qzeros"].numpy().astype(np.uint32).astype(np.uint64) + one
            tensors[f"{module}.qzeros"] = torch.from_numpy(words.astype(np.uint32).view(np.int32))
    config = {"quant_method": "gptq", "bits": bits, "group_size": group, "sym": False, "lm_head": False,
              "desc_act": orders is not None, **({"checkpoint_format": "gptq_v2"} if version == 2 else {})}
    return tensors, {"quantization_config": config}, dense


def awq(weights, group):
    gemm = file_of("awq", "modules.linear.gemm")
    packing = file_of("awq", "utils.packing_utils")
    tensors, dense = {}, {}
    quantised = modules_of(weights)
    for name, tensor in weights.items():
        module = name[:-7]
        if module not in quantised:
            tensors[name] = tensor.half()
            continue
        rows, inner = tensor.shape
        scale, zero, held = integers(tensor, 4, group)
        linear = torch.nn.Linear(inner, rows, bias=False)
        linear.weight.data = held
        packed = gemm.WQLinear_GEMM.from_linear(linear, 4, group, scales=scale.t().float().contiguous(), zeros=zero.t().contiguous())
        tensors.update({f"{module}.{key}": value.contiguous() for key, value in packed.state_dict().items()})
        exact = packing.dequantize_gemm(packed.qweight, packed.qzeros, packed.scales.float(), 4, group)
        dense[module] = exact.t().contiguous()
        assert torch.equal(dense[module], held)
    config = {"quant_method": "awq", "bits": 4, "group_size": group, "zero_point": True, "version": "gemm", "modules_to_not_convert": None}
    return tensors, {"quantization_config": config}, dense


def fp8(weights, block):
    """Blocks of [height, width], or one scale for a matrix, as Mistral has it."""
    tensors, dense = {}, {}
    quantised = modules_of(weights)
    for name, tensor in weights.items():
        module = name[:-7]
        if module not in quantised:
            tensors[name] = tensor.bfloat16()
            continue
        rows, inner = tensor.shape
        height, width = block or (rows, inner)
        padded = torch.nn.functional.pad(tensor, (0, -inner % width, 0, -rows % height))
        parts = padded.reshape(padded.shape[0] // height, height, padded.shape[1] // width, width)
        scale = parts.abs().amax((1, 3)) / 448
        scale = scale if block else scale.bfloat16()
        spread = scale.float().repeat_interleave(height, 0).repeat_interleave(width, 1)[:rows, :inner]
        tensors[name] = (tensor / spread).to(torch.float8_e4m3fn)
        tensors[f"{module}.weight_scale_inv"] = scale if block else scale.reshape(())
        dense[module] = tensors[name].float() * spread
        if not block:
            tensors[f"{module}.activation_scale"] = torch.tensor(0.5).bfloat16()
    config = {"quant_method": "fp8", "activation_scheme": "dynamic" if block else "static", "weight_block_size": block and list(block),
              "modules_to_not_convert": ["lm_head"]}
    return tensors, {"quantization_config": config}, dense


def bitsandbytes(weights, kind, double):
    """The library's kernels for processors are wrong where blocks go over the end of a row: rows are of whole blocks."""
    from bitsandbytes import functional
    tensors, dense = {}, {}
    quantised = modules_of(weights)
    for name, tensor in weights.items():
        module = name[:-7]
        if module not in quantised:
            tensors[name] = tensor.half()
            continue
        packed, state = functional.quantize_4bit(tensor, blocksize=64, compress_statistics=double, quant_type=kind)
        tensors[name] = packed
        tensors.update({f"{name}.{key}": value for key, value in state.as_dict(packed=True).items()})
        dense[module] = functional.dequantize_4bit(packed, state)
        assert dense[module].dtype == torch.float32
    config = {"quant_method": "bitsandbytes", "load_in_4bit": True, "load_in_8bit": False, "bnb_4bit_quant_type": kind,
              "bnb_4bit_use_double_quant": double, "bnb_4bit_compute_dtype": "float16", "bnb_4bit_quant_storage": "uint8"}
    return tensors, {"quantization_config": config}, dense


def bitsandbytes_int8(weights):
    """A scale for each row, which the library multiplies with codes before it divides by 127: other roundings."""
    from bitsandbytes import functional
    tensors, dense = {}, {}
    quantised = modules_of(weights)
    for name, tensor in weights.items():
        module = name[:-7]
        if module not in quantised:
            tensors[name] = tensor.half()
            continue
        codes, greatest, _ = functional.int8_vectorwise_quant(tensor.half())
        dense[module] = codes.float() * (greatest * torch.tensor(7.874015718698502e-3))[:, None]
        assert torch.allclose(dense[module], functional.int8_vectorwise_dequant(codes, greatest), rtol=2.0 ** -22, atol=0)
        tensors.update({name: codes, f"{module}.SCB": greatest, f"{module}.weight_format": torch.tensor(0, dtype=torch.uint8)})
    config = {"quant_method": "bitsandbytes", "load_in_4bit": False, "load_in_8bit": True, "llm_int8_threshold": 6.0}
    return tensors, {"quantization_config": config}, dense


def mxfp4(weights):
    """Experts as gpt-oss stores them, read by the transformers library. Its biases of experts are no matrices."""
    from transformers.integrations.mxfp4 import FP4_VALUES, convert_moe_packed_tensors
    numbers = torch.tensor(FP4_VALUES)
    tensors, dense = {}, {}
    for name, tensor in weights.items():
        if tensor.dim() != 3:
            tensors[name] = tensor.bfloat16()
            continue
        upright = tensor.transpose(1, 2)
        groups = upright.reshape(*upright.shape[:2], -1, 32)
        exponents = torch.floor(torch.log2(groups.abs().amax(-1))) - 2
        scaled = groups * torch.exp2(-exponents)[..., None]
        codes = (scaled[..., None] - numbers).abs().argmin(-1).to(torch.uint8)
        tensors[f"{name}_blocks"] = codes[..., ::2] | codes[..., 1::2] << 4
        tensors[f"{name}_scales"] = (exponents + 127).to(torch.uint8)
        held = convert_moe_packed_tensors(tensors[f"{name}_blocks"], tensors[f"{name}_scales"], dtype=torch.float32)
        dense[name] = held.transpose(1, 2)
    excluded = ["model.layers.*.self_attn", "model.layers.*.mlp.router", "model.embed_tokens", "lm_head"]
    return tensors, {"quantization_config": {"quant_method": "mxfp4", "modules_to_not_convert": excluded}}, dense


def same_order(module, inner):
    """Modules that see the same input are quantised in the same order."""
    kind = {"q_proj": "qkv", "k_proj": "qkv", "v_proj": "qkv", "gate_proj": "gated", "up_proj": "gated"}
    last = module.rpartition(".")[2]
    seed = hashlib.sha256(module.replace(last, kind.get(last, last)).encode()).digest()
    return np.random.default_rng(list(seed)).permutation(inner)


def own_order(module, inner):
    return np.random.default_rng(list(hashlib.sha256(module.encode()).digest())).permutation(inner)


LAYER = "model.layers.{}.{}"
MIXED = {
    LAYER.format(0, "self_attn.q_proj"): {"bits": 6, "group_size": 32},
    LAYER.format(0, "self_attn.v_proj"): {"bits": 8, "group_size": 64},
    LAYER.format(0, "mlp.gate_proj"): {"bits": 3, "group_size": 64},
    LAYER.format(0, "mlp.down_proj"): {"bits": 2, "group_size": 128},
    LAYER.format(1, "self_attn.o_proj"): {"bits": 5, "group_size": 64},
    LAYER.format(1, "mlp.up_proj"): False,
    "model.embed_tokens": {"bits": 8, "group_size": 32},
}
MODES = {
    LAYER.format(0, "self_attn.q_proj"): {"bits": 4, "group_size": 32, "mode": "mxfp4"},
    LAYER.format(0, "mlp.down_proj"): {"bits": 8, "group_size": 32, "mode": "mxfp8"},
    LAYER.format(1, "mlp.gate_proj"): {"bits": 8, "group_size": 32, "mode": "mxfp8"},
    LAYER.format(1, "mlp.up_proj"): {"bits": 8, "group_size": 32, "mode": "mxfp8"},
    LAYER.format(1, "self_attn.o_proj"): {"bits": 6, "group_size": 64},
}
INTEGERS = {"type": "int", "dynamic": False}
ASYMMETRIC = {**INTEGERS, "num_bits": 4, "symmetric": False, "strategy": "group", "group_size": 32}
CHANNELS = {**INTEGERS, "num_bits": 8, "symmetric": True, "strategy": "channel"}
FLOATS = {"type": "float", "num_bits": 8, "symmetric": True, "dynamic": False}
ACTIVATIONS = {**INTEGERS, "num_bits": 8, "symmetric": True, "strategy": "token", "dynamic": True}

KINDS = {
    "mlx-mixed": (LLAMA, lambda weights: mlx(weights, torch.float16, 4, 32, MIXED)),
    "mlx-3b-tied": ({**QWEN2, "tie_word_embeddings": True}, lambda weights: mlx(weights, torch.bfloat16, 3, 32)),
    "mlx-experts": (QWEN3_MOE, lambda weights: mlx_experts(weights, torch.bfloat16, 4, 32)),
    "mlx-modes": (LLAMA, lambda weights: mlx(weights, torch.bfloat16, 4, 16, MODES, "nvfp4")),
    "mlx-gpt-oss": ({**GPT_OSS, "num_hidden_layers": 2}, mlx_gpt_oss),
    "ct-pack-4b-asymmetric": (QWEN2, lambda weights: compressed_tensors(weights, "pack-quantized", torch.float16, ASYMMETRIC)),
    "ct-pack-8b-channel": (MISTRAL, lambda weights: compressed_tensors(weights, "pack-quantized", torch.bfloat16, CHANNELS)),
    "ct-int8": (LLAMA, lambda weights: compressed_tensors(weights, "int-quantized", torch.bfloat16, CHANNELS, ACTIVATIONS)),
    "ct-fp8-block": (LLAMA, lambda weights: compressed_tensors(
        weights, "float-quantized", torch.bfloat16, {**FLOATS, "strategy": "block", "block_structure": [48, 48]})),
    "ct-fp8-tensor": (PHI3, lambda weights: compressed_tensors(weights, "float-quantized", torch.float16, {**FLOATS, "strategy": "tensor"})),
    "ct-nvfp4": (QWEN2, lambda weights: nvfp4(weights, torch.bfloat16)),
    "gptq-4b": (QWEN2, lambda weights: gptq(weights, 4, 32, 1)),
    "gptq-3b": (QWEN2, lambda weights: gptq(weights, 3, 32, 1)),
    "gptq-8b-v2-ordered": (LLAMA, lambda weights: gptq(weights, 8, 64, 2, same_order)),
    "gptq-4b-own-orders": (LLAMA, lambda weights: gptq(weights, 4, 64, 1, own_order)),
    "awq": (MISTRAL, lambda weights: awq(weights, 32)),
    "fp8-block": (LLAMA, lambda weights: fp8(weights, (48, 48))),
    "fp8-scalar": (MISTRAL, lambda weights: fp8(weights, None)),
    "mxfp4": (GPT_OSS, mxfp4),
    "bnb-nf4-double": (LLAMA, lambda weights: bitsandbytes(weights, "nf4", True)),
    "bnb-int8": (QWEN2, bitsandbytes_int8),
    "bnb-fp4": ({**QWEN2, "intermediate_size": 128}, lambda weights: bitsandbytes(weights, "fp4", False)),
}


def continued(config, tensors, dense, seed):
    """Ids chosen greedily, or None where two of them come close or the text does not vary."""
    model = AutoModelForCausalLM.from_config(read(config), experts_implementation="eager").double().eval()
    state = {name: tensor.double() for name, tensor in tensors.items() if tensor.is_floating_point() and (name in model.state_dict() or ".experts." in name)}
    state.update({f"{module}.weight": tensor.double() for module, tensor in dense.items()})
    if config["tie_word_embeddings"]:
        state["lm_head.weight"] = state["model.embed_tokens.weight"]
    model.load_state_dict(in_library(state))
    generator = np.random.default_rng(seed)
    cases = []
    for length in PROMPT_LENGTHS:
        prompt = [int(id) for id in generator.integers(1, config["vocab_size"] - 1, length)]
        ids = []
        while len(ids) < NEW_TOKENS:
            with torch.no_grad():
                logits = model(torch.tensor([prompt + ids])).logits[0, -1]
            best, second = torch.topk(logits, 2).values
            if (best - second) / logits.std() < SMALLEST_GAP:
                return None
            ids.append(int(logits.argmax()))
            if ids[-1] == config["eos_token_id"]:
                break
        if len(set(ids)) < min(8, len(ids)) or len(ids) < 8:
            return None
        cases.append({"prompt_ids": prompt, "greedy_ids": ids})
    return cases


def make(name, folder):
    config, quantise = KINDS[name]
    for seed in range(1, 200):
        weights = draw(config, seed)
        tensors, quantization, dense = quantise(weights)
        cases = continued(config, tensors, dense, seed)
        if cases:
            break
    os.makedirs(folder, exist_ok=True)
    save_file({key: value.contiguous() for key, value in tensors.items()}, os.path.join(folder, "model.safetensors"), {"format": "pt"})
    hashes = {module: hashlib.sha256(tensor.float().contiguous().numpy().tobytes()).hexdigest() for module, tensor in sorted(dense.items())}
    sizes = {module: list(tensor.shape) for module, tensor in sorted(dense.items())}
    for file, content in (("config.json", {**config, **quantization}), ("golden.json", {"seed": seed, "sizes": sizes, "weights": hashes, "cases": cases})):
        with open(os.path.join(folder, file), "w") as out:
            out.write(json.dumps(content))
            out.write("\n")
    print(name, "seed", seed, os.path.getsize(os.path.join(folder, "model.safetensors")), "bytes")


if __name__ == "__main__":
    out, *names = sys.argv[1:]
    for name in names or KINDS:
        make(name, os.path.join(out, name))
