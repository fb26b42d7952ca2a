/** Tells what a model thinks from what it answers. */

import { THINKING_MARKS, type ThinkingMarks } from "../../../format/chat/thinking.ts";
import { textOf, type TextSpan } from "./assembler.ts";
import { beginningAtEnd } from "./stop_filter.ts";

/** What a beginning of the text turns out to be, and where the text is after it. */
interface Step {
  length: number;
  part: TextSpan["part"];
  next: State;
}

type State = "start" | "thinking" | "closed" | "answer";

/**
 * Labels the spans of a text as thinking, as the marks around it, or as the answer. Thinking is what
 * follows an opening mark at the very beginning, up to the closing mark; elsewhere such marks are text
 * like any other.
 */
export class ThinkingLabels {
  #state: State = "start";
  #marks: ThinkingMarks | null;
  #held: TextSpan[] = [];
  #thinking = "";
  #answer = "";

  /** @param opened the marks of the thinking that the prompt has begun, if it has. */
  constructor(opened: ThinkingMarks | null) {
    this.#marks = opened;
    if (opened !== null) this.#state = "thinking";
  }

  /** What was thought so far, without marks; null if nothing was. */
  get thinking(): string | null {
    return this.#marks === null ? null : this.#thinking.trim();
  }

  /** What was answered so far. */
  get answer(): string {
    return this.#answer;
  }

  /** Takes spans and returns those whose label is certain. */
  push(spans: readonly TextSpan[]): TextSpan[] {
    return this.#label(spans, false);
  }

  /** The spans that were still held back. */
  finish(): TextSpan[] {
    return this.#label([], true);
  }

  #label(spans: readonly TextSpan[], isLast: boolean): TextSpan[] {
    this.#held.push(...spans);
    const labelled: TextSpan[] = [];
    for (;;) {
      const text = textOf(this.#held);
      const step = text === "" ? null : this.#step(text, isLast);
      if (step === null) return labelled;
      const [taken, rest] = cutSpans(this.#held, step.length);
      this.#held = rest;
      this.#state = step.next;
      labelled.push(...taken.map((span) => step.part ? { ...span, part: step.part } : span));
      if (step.part === "thinking") this.#thinking += textOf(taken);
      if (step.part === undefined) this.#answer += textOf(taken);
    }
  }

  /** The next step in a text that is not empty; null if more of it has to come. */
  #step(text: string, isLast: boolean): Step | null {
    switch (this.#state) {
      case "start":
        return this.#begin(text, isLast);
      case "thinking":
        return this.#think(text, isLast);
      case "closed": {
        const length = text.length - text.trimStart().length;
        return { length, part: "mark", next: length === text.length ? "closed" : "answer" };
      }
      case "answer":
        return { length: text.length, part: undefined, next: "answer" };
    }
  }

  #begin(text: string, isLast: boolean): Step | null {
    const bare = text.trimStart();
    const marks = THINKING_MARKS.find(({ open }) => bare.startsWith(open));
    if (marks !== undefined) {
      this.#marks = marks;
      const length = text.length - bare.length + marks.open.length;
      return { length, part: "mark", next: "thinking" };
    }
    const mayBegin = THINKING_MARKS.some(({ open }) => open.startsWith(bare));
    return mayBegin && !isLast ? null : { length: 0, part: undefined, next: "answer" };
  }

  #think(text: string, isLast: boolean): Step | null {
    const { close } = this.#marks as ThinkingMarks;
    if (text.startsWith(close)) return { length: close.length, part: "mark", next: "closed" };
    const end = text.indexOf(close);
    const held = end >= 0 || isLast ? 0 : beginningAtEnd(text, close);
    const length = end >= 0 ? end : text.length - held;
    return length === 0 ? null : { length, part: "thinking", next: "thinking" };
  }
}

/** The spans of the first `length` characters, and the others. */
function cutSpans(spans: readonly TextSpan[], length: number): [TextSpan[], TextSpan[]] {
  const before: TextSpan[] = [];
  const after: TextSpan[] = [];
  let room = length;
  for (const span of spans) {
    const { text } = span;
    if (room > 0) before.push({ ...span, text: text.slice(0, room) });
    if (text.length > room) after.push({ ...span, text: text.slice(room) });
    room = Math.max(0, room - text.length);
  }
  return [before, after];
}
