/**
 * Editing a message, as a state machine without a terminal: a key and a state give a new state, and
 * sometimes a decision of the user.
 */

import type { KeyEvent } from "./keys.ts";
import { graphemes } from "./text_width.ts";

/** A message being written. */
export interface EditorState {
  readonly text: string;
  /** Place of the cursor, an index into `text` that never splits a grapheme. */
  readonly cursor: number;
  /** Earlier messages, oldest first, then the one that is being written. */
  readonly history: readonly string[];
  /** Which of `history` is shown. */
  readonly historyIndex: number;
  /** What was cut last, for Ctrl-Y. */
  readonly cut: string;
}

/** What a key asked for, if it was more than editing. */
export type EditorDecision = "submit" | "interrupt" | "end" | "clear-screen";

/** A state after a key. */
export interface EditorStep {
  state: EditorState;
  decision?: EditorDecision;
}

/** An empty message, with earlier ones to go back to. */
export function startEditing(history: readonly string[] = []): EditorState {
  return { text: "", cursor: 0, history: [...history, ""], historyIndex: history.length, cut: "" };
}

/** The state after an event. */
export function edit(state: EditorState, event: KeyEvent): EditorStep {
  if (event.kind !== "key") return { state: insert(state, event.text) };
  return Object.hasOwn(ACTIONS, event.name) ? ACTIONS[event.name](state) : { state };
}

type Action = (state: EditorState) => EditorStep;

/** What each key does; keys that are not here do nothing. */
const ACTIONS: Readonly<Record<string, Action>> = {
  "left": moving((state) => previousBoundary(state.text, state.cursor)),
  "right": moving((state) => nextBoundary(state.text, state.cursor)),
  "ctrl-b": moving((state) => previousBoundary(state.text, state.cursor)),
  "ctrl-f": moving((state) => nextBoundary(state.text, state.cursor)),
  "home": moving(lineStart),
  "end": moving(lineEnd),
  "ctrl-a": moving(lineStart),
  "ctrl-e": moving(lineEnd),
  "alt-b": moving(wordStart),
  "alt-f": moving(wordEnd),
  "ctrl-left": moving(wordStart),
  "ctrl-right": moving(wordEnd),
  "alt-left": moving(wordStart),
  "alt-right": moving(wordEnd),
  "up": (state) => ({ state: moveUp(state) }),
  "down": (state) => ({ state: moveDown(state) }),
  "ctrl-p": (state) => ({ state: showHistory(state, state.historyIndex - 1) }),
  "ctrl-n": (state) => ({ state: showHistory(state, state.historyIndex + 1) }),
  "backspace": removing((state) => previousBoundary(state.text, state.cursor)),
  "delete": removing((state) => nextBoundary(state.text, state.cursor)),
  "ctrl-w": cutting(spaceSeparatedWordStart),
  "alt-backspace": cutting(wordStart),
  "alt-d": cutting(wordEnd),
  "ctrl-u": cutting(lineStart),
  // At the end of a line, the line break goes, so that repeating it clears the rest.
  "ctrl-k": cutting((state) => {
    const end = lineEnd(state);
    return end === state.cursor ? nextBoundary(state.text, end) : end;
  }),
  "ctrl-y": (state) => ({ state: insert(state, state.cut) }),
  "enter": submitOrContinue,
  "alt-enter": (state) => ({ state: insert(state, "\n") }),
  "shift-enter": (state) => ({ state: insert(state, "\n") }),
  "ctrl-enter": (state) => ({ state: insert(state, "\n") }),
  "ctrl-l": (state) => ({ state, decision: "clear-screen" }),
  "ctrl-c": (state) =>
    state.text === ""
      ? { state, decision: "interrupt" }
      : { state: { ...startEditing(state.history.slice(0, -1)), cut: state.cut } },
  "ctrl-d": (state) =>
    state.text === ""
      ? { state, decision: "end" }
      : { state: remove(state, state.cursor, nextBoundary(state.text, state.cursor)) },
};

/** A place in the text that an action goes to. */
type Target = (state: EditorState) => number;

function moving(target: Target): Action {
  return (state) => ({ state: { ...state, cursor: target(state) } });
}

function removing(target: Target): Action {
  return (state) => ({ state: remove(state, state.cursor, target(state)) });
}

function cutting(target: Target): Action {
  return (state) => {
    const [from, to] = ordered(state.cursor, target(state));
    const cut = state.text.slice(from, to) || state.cut;
    return { state: { ...remove(state, from, to), cut } };
  };
}

function insert(state: EditorState, text: string): EditorState {
  const before = state.text.slice(0, state.cursor) + text;
  const whole = before + state.text.slice(state.cursor);
  // A mark that joins the character before or after it may put this place inside a grapheme.
  return { ...state, text: whole, cursor: boundaryAtOrAfter(whole, before.length) };
}

function remove(state: EditorState, one: number, other: number): EditorState {
  const [from, to] = ordered(one, other);
  const text = state.text.slice(0, from) + state.text.slice(to);
  return { ...state, text, cursor: boundaryAtOrAfter(text, from) };
}

function submitOrContinue(state: EditorState): EditorStep {
  const isContinued = state.text.endsWith("\\") && state.cursor === state.text.length;
  if (!isContinued) return { state, decision: "submit" };
  const text = state.text.slice(0, -1) + "\n";
  return { state: { ...state, text, cursor: text.length } };
}

function moveUp(state: EditorState): EditorState {
  const start = lineStart(state);
  if (start === 0) return showHistory(state, state.historyIndex - 1);
  const column = graphemes(state.text.slice(start, state.cursor)).length;
  return {
    ...state,
    cursor: placeInLine(state.text, lineStart({ ...state, cursor: start - 1 }), column),
  };
}

function moveDown(state: EditorState): EditorState {
  const end = lineEnd(state);
  if (end === state.text.length) return showHistory(state, state.historyIndex + 1);
  const column = graphemes(state.text.slice(lineStart(state), state.cursor)).length;
  return { ...state, cursor: placeInLine(state.text, end + 1, column) };
}

/** Shows another message of the history; what was changed in the one left is kept while editing. */
function showHistory(state: EditorState, index: number): EditorState {
  if (index < 0 || index >= state.history.length) return state;
  const history = state.history.with(state.historyIndex, state.text);
  const text = history[index];
  return { ...state, history, historyIndex: index, text, cursor: text.length };
}

function lineStart({ text, cursor }: EditorState): number {
  return cursor === 0 ? 0 : text.lastIndexOf("\n", cursor - 1) + 1;
}

function lineEnd({ text, cursor }: Pick<EditorState, "text" | "cursor">): number {
  const end = text.indexOf("\n", cursor);
  return end < 0 ? text.length : end;
}

function placeInLine(text: string, start: number, column: number): number {
  const line = text.slice(start).split("\n", 1)[0];
  return start + graphemes(line).slice(0, column).join("").length;
}

function wordStart({ text, cursor }: EditorState): number {
  const before = text.slice(0, cursor);
  return boundaryAtOrBefore(text, before.search(/[\p{L}\p{M}\p{N}_]*[^\p{L}\p{M}\p{N}_]*$/u));
}

function wordEnd({ text, cursor }: EditorState): number {
  const word = /^[^\p{L}\p{M}\p{N}_]*[\p{L}\p{M}\p{N}_]*/u.exec(text.slice(cursor));
  return boundaryAtOrAfter(text, cursor + (word?.[0].length ?? 0));
}

function spaceSeparatedWordStart({ text, cursor }: EditorState): number {
  return boundaryAtOrBefore(text, text.slice(0, cursor).search(/\S*\s*$/));
}

function previousBoundary(text: string, cursor: number): number {
  const line = text.lastIndexOf("\n", cursor - 2) + 1;
  const from = cursor <= 1 ? 0 : line;
  const last = graphemes(text.slice(from, cursor)).at(-1);
  return cursor - (last?.length ?? 0);
}

function nextBoundary(text: string, cursor: number): number {
  // A grapheme never reaches over a line feed, so the rest of the line is enough.
  const end = text.indexOf("\n", cursor + 1);
  const [first] = graphemes(text.slice(cursor, end < 0 ? undefined : end));
  return cursor + (first?.length ?? 0);
}

/** The first boundary between graphemes that is not before `index`. */
function boundaryAtOrAfter(text: string, index: number): number {
  const before = boundaryAtOrBefore(text, index);
  return before === index ? index : nextBoundary(text, before);
}

/** The last boundary between graphemes that is not after `index`. */
function boundaryAtOrBefore(text: string, index: number): number {
  let boundary = index === 0 ? 0 : text.lastIndexOf("\n", index - 1) + 1;
  // The whole line: whether a grapheme ends at `index` depends on what follows.
  for (const grapheme of graphemes(text.slice(boundary, lineEnd({ text, cursor: index })))) {
    if (boundary + grapheme.length > index) break;
    boundary += grapheme.length;
  }
  return boundary;
}

function ordered(one: number, other: number): [number, number] {
  return one <= other ? [one, other] : [other, one];
}
