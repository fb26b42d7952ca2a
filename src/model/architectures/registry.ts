/** All architectures, one line each. */
export { exaone4 } from "./exaone/exaone4.ts";
export { gemma } from "./gemma/gemma.ts";
export { gemma2 } from "./gemma/gemma2.ts";
export { gemma3 } from "./gemma/gemma3.ts";
export { granite } from "./granite/granite.ts";
export { graniteHybrid } from "./granite/granite_hybrid.ts";
export { llama } from "./llama/llama.ts";
export { ministral } from "./mistral/ministral.ts";
export { ministral3 } from "./mistral/ministral3.ts";
export { mistral } from "./mistral/mistral.ts";
export { olmo2 } from "./olmo/olmo2.ts";
export { olmo3 } from "./olmo/olmo3.ts";
export { phi3 } from "./phi/phi3.ts";
export { qwen2 } from "./qwen/qwen2.ts";
export { qwen3 } from "./qwen/qwen3.ts";
export { seedOss } from "./seed/seed_oss.ts";
export { smollm3 } from "./llama/smollm3.ts";
