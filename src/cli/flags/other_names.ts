/** What other programs call commands and flags: who comes from them is told the names here. */

import { suggestion } from "../../engine/nearest.ts";

/** What to type in place of a command of theirs. */
const COMMANDS: Readonly<Record<string, string>> = {
  complete: "generate",
  convert: "quantize",
  delete: "rm",
  download: "pull",
  eval: "perplexity",
  info: "doctor",
  list: "models",
  ls: "models",
  remove: "rm",
  run: "chat -m MODEL",
  show: "doctor -m MODEL",
  version: "--version",
};

/** The flag that does what a flag of theirs does. */
const FLAGS: Readonly<Record<string, string>> = {
  "batch-file": "jsonl",
  "cache-type-k": "kv",
  conversation: "chat",
  ctx: "context-length",
  "ctx-size": "context-length",
  "draft-max": "tree",
  "kv-bits": "kv",
  "max-length": "max-tokens",
  "max-model-len": "context-length",
  "max-new-tokens": "max-tokens",
  "n-predict": "max-tokens",
  "num-ctx": "context-length",
  "num-draft-tokens": "tree",
  "num-predict": "max-tokens",
  "prompt-file": "file",
  "repeat-penalty": "repetition-penalty",
  "reverse-prompt": "stop",
  "system-prompt": "system",
  temp: "temperature",
};

/** `; did you mean chat -m MODEL?`, or what else to do. */
export function commandHint(word: string, names: readonly string[], otherwise: string): string {
  const meant = Object.hasOwn(COMMANDS, word) ? COMMANDS[word] : undefined;
  return meant === undefined ? suggestion(word, names, otherwise) : didYouMean(meant);
}

/** `; did you mean --context-length?`, or what else to do. */
export function flagHint(word: string, names: readonly string[], otherwise: string): string {
  const dashed = word.replaceAll("_", "-");
  const meant = Object.hasOwn(FLAGS, dashed) ? FLAGS[dashed] : undefined;
  return meant !== undefined && names.includes(meant)
    ? didYouMean(`--${meant}`)
    : suggestion(word, names, otherwise, "--");
}

function didYouMean(text: string): string {
  return `; did you mean ${text}?`;
}
