/** How the texts of models that think before they answer are marked. */

/** What stands before and after what a model thought. */
export interface ThinkingMarks {
  readonly open: string;
  readonly close: string;
}

/**
 * The marks of published models; in most vocabularies they are tokens of their own. In gpt-oss a channel for
 * analysis comes before the one of the answer, which may stand alone.
 */
export const THINKING_MARKS: readonly ThinkingMarks[] = [
  { open: "<think>", close: "</think>" },
  { open: "[THINK]", close: "[/THINK]" },
  {
    open: "<|channel|>analysis<|message|>",
    close: "<|end|><|start|>assistant<|channel|>final<|message|>",
  },
  { open: "<|channel|>final<|message|>", close: "" },
];

/** A token that steers the model, as part of a mark. */
const STEERING = /<\|\w+\|>/g;

/** The tokens that marks are made of; those of a longer mark only where the vocabulary has them all as special ones. */
export function tokensOfMarks(specialTokens: readonly string[]): string[] {
  return THINKING_MARKS.flatMap(({ open, close }) => {
    const parts = `${open}${close}`.match(STEERING);
    if (parts === null) return [open, close];
    return parts.every((token) => specialTokens.includes(token)) ? parts : [];
  });
}

/** The variables by which published templates are told whether the model is to think. */
export const THINKING_VARIABLES: readonly string[] = ["enable_thinking", "thinking"];

/** The marks of the thinking that a prompt has begun, if the answer starts inside it. */
export function openThinking(prompt: string): ThinkingMarks | null {
  const end = prompt.trimEnd();
  return THINKING_MARKS.find(({ open }) => end.endsWith(open)) ?? null;
}
