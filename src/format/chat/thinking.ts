/** How the texts of models that think before they answer are marked. */

/** What stands before and after what a model thought. */
export interface ThinkingMarks {
  readonly open: string;
  readonly close: string;
}

/** The marks of published models; in most vocabularies they are tokens of their own. */
export const THINKING_MARKS: readonly ThinkingMarks[] = [
  { open: "<think>", close: "</think>" },
  { open: "[THINK]", close: "[/THINK]" },
];

/** The variables by which published templates are told whether the model is to think. */
export const THINKING_VARIABLES: readonly string[] = ["enable_thinking", "thinking"];

/** The marks of the thinking that a prompt has begun, if the answer starts inside it. */
export function openThinking(prompt: string): ThinkingMarks | null {
  const end = prompt.trimEnd();
  return THINKING_MARKS.find(({ open }) => end.endsWith(open)) ?? null;
}
