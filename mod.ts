/**
 * Runs transformer language models on the local GPU, faster than one token per forward pass: several coming
 * tokens are drafted, checked by one pass, and kept only where the model itself would have chosen them. The
 * text is the same with every drafting method, for the same prompt, seed and settings.
 *
 * Open a model, read its answer as it is made, and look at what it cost:
 *
 * ```ts
 * import { openModel } from "foretoken";
 *
 * using model = await openModel("weights/demo");
 * const answer = model.generate("I want to find a restaurant", { maxTokens: 48, temperature: 0.7, seed: 1 });
 * for await (const piece of answer) console.log(piece);
 *
 * const { ids, finishReason, method, tokensPerForward, seconds } = await answer.result;
 * console.log(`${ids.length} tokens in ${seconds.decode.toFixed(2)} s by ${method}, ${finishReason}`);
 * console.log(`${tokensPerForward.toFixed(2)} tokens per forward pass`);
 * ```
 *
 * Hold a conversation, and stop an answer that takes too long:
 *
 * ```ts
 * import { openModel } from "foretoken";
 *
 * using model = await openModel("weights/demo");
 * const chat = model.chat({ maxTokens: 48 });
 * await chat.send("I want to find a restaurant in San Jose.").result;
 *
 * const signal = AbortSignal.timeout(1000);
 * for await (const piece of chat.send("Something cheap, please.", { signal })) console.log(piece);
 * console.log(chat.messages);
 * ```
 *
 * Show that drafts change nothing but the speed:
 *
 * ```ts
 * import { draftingMethods, openModel } from "foretoken";
 *
 * using model = await openModel("weights/demo");
 * const texts = new Set<string>();
 * for (const { name: method } of draftingMethods) {
 *   const { text } = await model.generate("Once upon a time", { maxTokens: 16, method }).result;
 *   texts.add(text);
 * }
 * if (texts.size !== 1) throw new Error("a drafting method has changed the text");
 * ```
 *
 * Programs need permission to read the model's folder. Errors are those of this module, each with one
 * sentence for people: about files ({@linkcode DataError}, {@linkcode NoInputError}), the GPU
 * ({@linkcode NoGpuError}, {@linkcode GpuError}) and trees of drafts ({@linkcode UnsuitableTreeError}); about
 * options, JavaScript's own `TypeError` and `RangeError`, beginning with the option's name.
 *
 * @module
 */

export type { TokenChoice } from "./src/ops/choose.ts";
export type { TextFinishReason as FinishReason } from "./src/engine/text/generate_text.ts";
export { UnsuitableTreeError } from "./src/draft/method.ts";
export type { Chat } from "./src/engine/library/chat.ts";
export { findModel } from "./src/engine/library/find_model.ts";
export type { Generation, GenerationResult } from "./src/engine/library/generation.ts";
export { type Model, openModel } from "./src/engine/library/model.ts";
export {
  type ChatOptions,
  type DraftingMethodInfo,
  draftingMethods,
  type DraftOptions,
  type GenerateOptions,
  type OpenModelOptions,
} from "./src/engine/library/options.ts";
export type { ChatMessage, LooseMessage } from "./src/format/chat/messages.ts";
export { DataError, type Fault, NoInputError } from "./src/format/errors.ts";
export { GpuError, NoGpuError } from "./src/gpu/errors.ts";
