import type { Decoder, DecodeRequest, DecodeResult } from "../../../src/decode/types.ts";

/** What a decoder does that is made up. */
export interface FakeDecoding {
  /** Seconds that a decoding is said to take, by the prompt's first id. */
  seconds: (prompt: number) => number;
  /** Drafts of each step, all of them accepted. */
  drafts?: number;
  /** Tokens that are another id than they should be, by the prompt's first id. */
  wrongAt?: (prompt: number, decoding: number) => number | null;
}

/** Continues a prompt by counting on from its first id, and keeps a log of the prompts. */
export function fakeDecoder(log: string[], name: string, fake: FakeDecoding): Decoder {
  let decoding = 0;
  return {
    cached: { ids: [], async *layers() {} },
    restore: () => Promise.resolve(),
    compile: () => Promise.resolve(true),
    contextLength: 1000,
    // deno-lint-ignore require-yield
    async *decode({ promptIds: [first], maxTokens }: DecodeRequest): AsyncGenerator<
      number[],
      DecodeResult
    > {
      const { seconds, drafts = 0, wrongAt = () => null } = fake;
      log.push(`${name} ${first}`);
      const ids = Array.from({ length: maxTokens }, (_, i) => first + i);
      const wrong = wrongAt(first, decoding++);
      if (wrong !== null) ids[wrong] = -1;
      const forwards = Math.ceil(maxTokens / (1 + drafts));
      const acceptedByOffset: number[] = [];
      for (let i = 0; i < drafts; i++) acceptedByOffset[i] = forwards;
      return await Promise.resolve({
        ids,
        finishReason: "length",
        method: name,
        forwards,
        acceptedByOffset,
        reusedPromptTokens: 0,
        computedPromptTokens: 1,
        promptSeconds: 1,
        decodeSeconds: seconds(first),
      });
    },
    [Symbol.dispose]() {},
  };
}
