import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { asOnePaste, KeyDecoder, type KeyEvent } from "../../../src/cli/terminal/keys.ts";
import {
  edit,
  type EditorState,
  type EditorStep,
  startEditing,
} from "../../../src/cli/terminal/line_editor.ts";
import { graphemes } from "../../../src/cli/terminal/text_width.ts";

/** Types keys by name; anything longer than a name's letters in quotes is text. */
function typed(state: EditorState, ...keys: string[]): EditorStep {
  let step: EditorStep = { state };
  for (const key of keys) step = edit(step.state, eventOf(key));
  return step;
}

function eventOf(key: string): KeyEvent {
  if (key.startsWith("'")) return { kind: "text", text: key.slice(1) };
  if (key.startsWith('"')) return { kind: "paste", text: key.slice(1) };
  return { kind: "key", name: key };
}

/** The text with a bar where the cursor is. */
function shown({ state }: EditorStep): string {
  return `${state.text.slice(0, state.cursor)}|${state.text.slice(state.cursor)}`;
}

const empty = startEditing();

Deno.test("text goes where the cursor is", () => {
  assertEquals(shown(typed(empty, "'ac", "left", "'b")), "ab|c");
  assertEquals(shown(typed(empty, "'ab", "home", "'x", "end", "'y")), "xaby|");
  assertEquals(shown(typed(empty, "'ab", "ctrl-a", "right", "'-", "ctrl-e")), "a-b|");
});

Deno.test("moving and deleting take whole characters of people", () => {
  assertEquals(shown(typed(empty, "'a👩‍👩‍👧b", "left", "left")), "a|👩‍👩‍👧b");
  assertEquals(shown(typed(empty, "'a👩‍👩‍👧", "backspace")), "a|");
  assertEquals(shown(typed(empty, "'e\u0301x", "left", "left", "delete")), "|x");
  assertEquals(shown(typed(empty, "'🇩🇪🇫🇷", "left", "backspace")), "|🇫🇷");
  assertEquals(shown(typed(empty, "'🇩a🇪", "left", "backspace")), "🇩🇪|");
  assertEquals(shown(typed(empty, '"\na', "left", "left")), "|\na");
  assertEquals(shown(typed(empty, "'e", "'\u0301")), "e\u0301|");
  assertEquals(shown(typed(empty, "'ab", "left", "'\u0301")), "a\u0301|b");
});

Deno.test("words are walked over and cut", () => {
  assertEquals(shown(typed(empty, "'one two-three", "alt-b")), "one two-|three");
  assertEquals(shown(typed(empty, "'one two", "ctrl-left", "ctrl-left", "ctrl-right")), "one| two");
  assertEquals(shown(typed(empty, "'one two-three ", "ctrl-w")), "one |");
  assertEquals(shown(typed(empty, "'one two-three", "alt-backspace")), "one two-|");
  assertEquals(shown(typed(empty, "'one two", "home", "alt-d")), "| two");
  assertEquals(shown(typed(empty, "'über größe", "alt-b")), "über |größe");
});

Deno.test("what was cut comes back with Ctrl-Y", () => {
  assertEquals(shown(typed(empty, "'one two", "ctrl-w", "home", "ctrl-y", "' ")), "two |one ");
  assertEquals(shown(typed(empty, "'abc", "left", "ctrl-u", "end", "ctrl-y")), "cab|");
  assertEquals(shown(typed(empty, "'abc", "home", "right", "ctrl-k")), "a|");
  assertEquals(shown(typed(empty, "'one", "ctrl-u", "ctrl-u", "ctrl-y")), "one|");
  assertEquals(shown(typed(empty, "'one two", "ctrl-w", "ctrl-c", "ctrl-y")), "two|");
});

Deno.test("lines are cut one at a time, the line break on its own", () => {
  const lines = typed(empty, '"one\ntwo', "up", "home");
  assertEquals(shown(lines), "|one\ntwo");
  assertEquals(shown(typed(lines.state, "ctrl-k")), "|\ntwo");
  assertEquals(shown(typed(lines.state, "ctrl-k", "ctrl-k")), "|two");
  assertEquals(shown(typed(lines.state, "down", "end", "ctrl-u")), "one\n|");
});

Deno.test("a message goes on after Alt-Enter, a backslash, or a pasted line break", () => {
  assertEquals(shown(typed(empty, "'a", "alt-enter", "'b")), "a\nb|");
  assertEquals(shown(typed(empty, "'a\\", "enter", "'b")), "a\nb|");
  assertEquals(shown(typed(empty, '"a\nb')), "a\nb|");
  assertEquals(typed(empty, "'a\\", "left", "enter").decision, "submit");
  assertEquals(typed(empty, "'a", "enter").decision, "submit");
});

Deno.test("up and down move through lines first and through the history then", () => {
  const state = startEditing(["first", "second\nline"]);
  assertEquals(shown(typed(state, "up")), "second\nline|");
  assertEquals(shown(typed(state, "up", "up")), "seco|nd\nline");
  assertEquals(shown(typed(state, "up", "up", "up")), "first|");
  assertEquals(shown(typed(state, "up", "up", "up", "up")), "first|");
  assertEquals(shown(typed(state, "'new", "up", "down")), "new|");
  assertEquals(shown(typed(state, "ctrl-p", "ctrl-p", "'!", "ctrl-n", "ctrl-p")), "first!|");
  assertEquals(shown(typed(empty, '"long line\na', "up")), "l|ong line\na");
  assertEquals(shown(typed(empty, '"a\nlong line', "up")), "a|\nlong line");
});

Deno.test("Ctrl-C clears a message first and interrupts then; Ctrl-D deletes or ends", () => {
  const cleared = typed(empty, "'abc", "ctrl-c");
  assertEquals([shown(cleared), cleared.decision], ["|", undefined]);
  assertEquals(typed(empty, "'abc", "ctrl-c", "ctrl-c").decision, "interrupt");
  assertEquals(typed(empty, "ctrl-d").decision, "end");
  assertEquals(shown(typed(empty, "'abc", "home", "ctrl-d")), "|bc");
});

Deno.test("keys without a meaning change nothing", () => {
  for (const name of ["tab", "escape", "ctrl-z", "alt-q", "toString", "__proto__", "constructor"]) {
    assertEquals(shown(typed(empty, "'a", name)), "a|");
  }
});

Deno.test("no sequence of keys puts the cursor inside a character or outside the text", () => {
  const names =
    "left right home end up down backspace delete ctrl-w ctrl-u ctrl-k ctrl-y alt-b alt-f alt-d"
      .split(" ");
  const pieces = ["a", " ", "\u0301", "\u200d", "👩", "🇩", "中", "\n", "\ufe0f"];
  const event = fc.oneof(
    fc.constantFrom(...names).map((name): KeyEvent => ({ kind: "key", name })),
    fc.constantFrom(...pieces).map((text): KeyEvent => ({ kind: "paste", text })),
  );
  fc.assert(
    fc.property(fc.array(event, { maxLength: 40 }), (events) => {
      let state = startEditing(["e\u0301", "x\n👩‍👩‍👧"]);
      for (const one of events) {
        state = edit(state, one).state;
        const boundaries = new Set([0]);
        let at = 0;
        for (const grapheme of graphemes(state.text)) boundaries.add(at += grapheme.length);
        assert(boundaries.has(state.cursor), JSON.stringify(state));
      }
    }),
    { numRuns: 500 },
  );
});

function decoded(...chunks: string[]): KeyEvent[] {
  const decoder = new KeyDecoder();
  return chunks.flatMap((chunk) => decoder.push(new TextEncoder().encode(chunk)));
}

function names(...chunks: string[]): string[] {
  return decoded(...chunks).map((event) => event.kind === "key" ? event.name : `'${event.text}`);
}

Deno.test("the sequences of common terminals are keys", () => {
  assertEquals(names("\x1b[A\x1b[B\x1bOC\x1b[D"), ["up", "down", "right", "left"]);
  assertEquals(names("\x1b[H\x1b[4~\x1bOF\x1b[1~\x1b[3~"), [
    "home",
    "end",
    "end",
    "home",
    "delete",
  ]);
  assertEquals(names("\x1b[1;5D\x1b[1;3C\x1bb\x1bF"), ["ctrl-left", "alt-right", "alt-b", "alt-f"]);
  assertEquals(names("\x01\x05\x17\x7f\x08"), [
    "ctrl-a",
    "ctrl-e",
    "ctrl-w",
    "backspace",
    "backspace",
  ]);
  assertEquals(names("a\rb\n"), ["'a", "enter", "'b", "enter"]);
  assertEquals(names("\x1b\r\x1b\x7f\x1b[13;2u\x1b[27;2;13~\x1b[99;5u"), [
    "alt-enter",
    "alt-backspace",
    "shift-enter",
    "shift-enter",
    "ctrl-c",
  ]);
});

Deno.test("sequences and characters that a read cuts in two are put together", () => {
  assertEquals(names("\x1b", "[", "1;", "5D", "x"), ["ctrl-left", "'x"]);
  const decoder = new KeyDecoder();
  const bytes = new TextEncoder().encode("中");
  assertEquals(decoder.push(bytes.subarray(0, 1)), []);
  assertEquals(decoder.push(bytes.subarray(1)), [{ kind: "text", text: "中" }]);
});

Deno.test("a marked paste is one event, its line breaks are kept, its terminal codes are not", () => {
  assertEquals(decoded("\x1b[200~a\r\nb\rc\x1b[31m", "\td\x1b[2", "01~\r"), [
    { kind: "paste", text: "a\nb\nc[31m\td" },
    { kind: "key", name: "enter" },
  ]);
});

Deno.test("keys that came at once are a paste if they are more than a line of text", () => {
  const pasted = (...chunks: string[]) => asOnePaste(decoded(...chunks));
  assertEquals(pasted("a\r\tb\r"), [{ kind: "paste", text: "a\n\tb" }]);
  for (const typed of ["a\r", "a\r\x1b[Db"]) assertEquals(pasted(typed), decoded(typed));
});

Deno.test("unknown sequences vanish without their letters becoming text", () => {
  assertEquals(names("\x1b[99;99Zx\x1b[?1;2c\x1b[I"), ["'x"]);
  assertEquals(names("\x1b[" + "1;".repeat(40) + "\rok").at(-1), "'ok");
  assertEquals(names("\x1b\x1b[D\x1b[57399;5u"), ["left"]);
});

Deno.test("a sequence that does not end is text after all", () => {
  assertEquals(names("\x1b[" + "1".repeat(40)), ["'" + "1".repeat(40)]);
});
