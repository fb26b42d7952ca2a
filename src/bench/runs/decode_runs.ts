import { type Decoder, type DecodeRequest, type DecodeResult, GREEDY } from "../../decode/types.ts";
import type { ChatTemplate } from "../../format/chat_template.ts";
import type { Tokenizer } from "../../format/tokenizer.ts";
import type { BenchPrompt } from "./prompts.ts";

/** Greedy text of exactly so many tokens: whatever would end it goes on. */
export function greedyRequest(promptIds: readonly number[], maxTokens: number): DecodeRequest {
  return { promptIds, maxTokens, sampling: GREEDY, eosTokenIds: [] };
}

/** Decodes to the end and returns the whole. */
export async function decodeAll(decoder: Decoder, request: DecodeRequest): Promise<DecodeResult> {
  const stream = decoder.decode(request);
  let step = await stream.next();
  while (!step.done) step = await stream.next();
  return step.value;
}

/** Ids of a prompt; a message is put into the chat template, or stands as it is where there is none. */
export function encodeBenchPrompt(
  tokenizer: Tokenizer,
  template: ChatTemplate | null,
  { text, message = "" }: BenchPrompt,
): number[] {
  if (text !== undefined || template === null) return tokenizer.encode(text ?? message);
  const messages = [{ role: "user" as const, content: message }];
  const prompt = template.render(messages, { addGenerationPrompt: true });
  return tokenizer.encode(prompt, { addSpecialTokens: false });
}
