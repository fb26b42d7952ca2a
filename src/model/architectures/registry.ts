/** All architectures, one line each. */
export { gemma2 } from "./gemma2.ts";
export { gemma3 } from "./gemma3.ts";
export { granite } from "./granite.ts";
export { llama } from "./llama.ts";
export { ministral } from "./ministral.ts";
export { ministral3 } from "./ministral3.ts";
export { mistral } from "./mistral.ts";
export { olmo2 } from "./olmo2.ts";
export { olmo3 } from "./olmo3.ts";
export { phi3 } from "./phi3.ts";
export { qwen2 } from "./qwen2.ts";
export { qwen3 } from "./qwen3.ts";
export { smollm3 } from "./smollm3.ts";
