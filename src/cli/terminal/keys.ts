/** Decoding the bytes of a terminal in raw mode into keys. */

/**
 * What was typed: text as it is, a paste as a whole, or a key by name: `enter`, `left`, `ctrl-a`,
 * `alt-b`, `ctrl-left`, …
 */
export type KeyEvent =
  | { kind: "text"; text: string }
  | { kind: "paste"; text: string }
  | { kind: "key"; name: string };

/** Tells the terminal to mark pastes, so that their line breaks are not taken for Enter. */
export const PASTE_MARKS_ON = "\x1b[?2004h";
/** Undoes {@linkcode PASTE_MARKS_ON}. */
export const PASTE_MARKS_OFF = "\x1b[?2004l";

const PASTE_BEGIN = "\x1b[200~";
const PASTE_END = "\x1b[201~";
/** A sequence longer than this is none; without a bound, a stray ESC [ would swallow text. */
const LONGEST_SEQUENCE = 32;

/** Final letters of `ESC [ … letter` and `ESC O letter`. */
const LETTER_KEYS: Readonly<Record<string, string>> = {
  A: "up",
  B: "down",
  C: "right",
  D: "left",
  F: "end",
  H: "home",
  M: "enter",
};
/** Numbers of `ESC [ number ~`. */
const NUMBER_KEYS: Readonly<Record<string, string>> = {
  1: "home",
  3: "delete",
  4: "end",
  7: "home",
  8: "end",
};
/** Codes of `ESC [ code u` and `ESC [ 27 ; modifier ; code ~`, as newer terminals send them. */
const CODE_KEYS: Readonly<Record<string, string>> = {
  9: "tab",
  13: "enter",
  27: "escape",
  127: "backspace",
};

/** Turns chunks of bytes into keys; keeps sequences that a chunk has cut in two. */
export class KeyDecoder {
  readonly #utf8 = new TextDecoder();
  #pending = "";

  /** Keys that are complete with these bytes. */
  push(bytes: Uint8Array): KeyEvent[] {
    this.#pending += this.#utf8.decode(bytes, { stream: true });
    const events: KeyEvent[] = [];
    while (this.#pending !== "") {
      const next = parseNext(this.#pending);
      if (next === null) break;
      this.#pending = this.#pending.slice(next.length);
      if (next.event !== null) events.push(next.event);
    }
    return events;
  }
}

/**
 * Keys that came at once, as a single paste if they are more than a line of text: what has other keys among them
 * was typed.
 */
export function asOnePaste(events: readonly KeyEvent[]): readonly KeyEvent[] {
  const isEnter = (event: KeyEvent) => event.kind === "key" && event.name === "enter";
  if (!events.slice(0, -1).some(isEnter)) return events;
  const texts = events.map((event) => event.kind === "key" ? TEXT_OF_KEYS[event.name] : event.text);
  if (texts.includes(undefined)) return events;
  return [{ kind: "paste", text: texts.join("").replace(/\n$/, "") }];
}

/** Keys that a pasted text has, too. */
const TEXT_OF_KEYS: Readonly<Record<string, string | undefined>> = { enter: "\n", tab: "\t" };

/** An event, null for something without meaning, and the characters that it took. */
interface Parsed {
  event: KeyEvent | null;
  length: number;
}

/** The first event of a text that is not empty, or null if more has to come. */
function parseNext(input: string): Parsed | null {
  if (input[0] === "\x1b") return parseEscape(input);
  // deno-lint-ignore no-control-regex
  const plain = /^[^\x00-\x1f\x7f]+/.exec(input);
  if (plain) return { event: { kind: "text", text: plain[0] }, length: plain[0].length };
  return key(controlName(input[0]), 1);
}

function parseEscape(input: string): Parsed | null {
  if (input.startsWith(PASTE_BEGIN)) return parsePaste(input);
  if (input.length === 1) return null;
  if (input[1] === "[") return parseSequence(input);
  if (input[1] === "O") {
    if (input.length === 2) return null;
    return key(LETTER_KEYS[input[2]] ?? null, 3);
  }
  // ESC ESC … is Alt with a key that itself is a sequence; the first ESC says nothing alone.
  if (input[1] === "\x1b") return { event: null, length: 1 };
  const letter = String.fromCodePoint(input.codePointAt(1) as number);
  const name = controlName(letter) ?? letter.toLowerCase();
  return key(`alt-${name}`, 1 + letter.length);
}

function parsePaste(input: string): Parsed | null {
  const end = input.indexOf(PASTE_END, PASTE_BEGIN.length);
  if (end < 0) return null;
  const text = cleanPaste(input.slice(PASTE_BEGIN.length, end));
  return { event: { kind: "paste", text }, length: end + PASTE_END.length };
}

/** One kind of line break, and no terminal codes from whatever was copied. */
function cleanPaste(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/\r\n?/g, "\n").replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, "");
}

function parseSequence(input: string): Parsed | null {
  // deno-lint-ignore no-control-regex
  const match = /^\x1b\[([0-?]*)([ -/]*)([@-~])/.exec(input);
  if (!match) {
    // deno-lint-ignore no-control-regex
    const mayGoOn = input.length < LONGEST_SEQUENCE && /^\x1b\[[0-?]*[ -/]*$/.test(input);
    return mayGoOn ? null : { event: null, length: 2 };
  }
  const [whole, parameters, , final] = match;
  return key(sequenceName(parameters.split(";"), final), whole.length);
}

function sequenceName(parameters: string[], final: string): string | null {
  const [first, second, third] = parameters;
  if (final === "u") return named(CODE_KEYS[first] ?? letterOfCode(first), second);
  if (final !== "~") return named(LETTER_KEYS[final], second);
  if (first === "27") return named(CODE_KEYS[third] ?? letterOfCode(third), second);
  return named(NUMBER_KEYS[first], second);
}

function letterOfCode(code: string | undefined): string | undefined {
  const value = Number(code);
  return value > 32 && value < 127 ? String.fromCharCode(value).toLowerCase() : undefined;
}

/** Puts modifiers before a name. They come as 1 + a sum of 1 (shift), 2 (alt) and 4 (control). */
function named(name: string | undefined, modifier = "1"): string | null {
  if (name === undefined) return null;
  const bits = Number.parseInt(modifier) - 1;
  const prefix = `${bits & 4 ? "ctrl-" : ""}${bits & 2 ? "alt-" : ""}${bits & 1 ? "shift-" : ""}`;
  return prefix + name;
}

function controlName(character: string): string | null {
  const code = character.charCodeAt(0);
  if (character === "\r" || character === "\n") return "enter";
  if (character === "\t") return "tab";
  if (code === 0x7f || code === 0x08) return "backspace";
  return code > 0 && code < 27 ? `ctrl-${String.fromCharCode(code + 96)}` : null;
}

function key(name: string | null, length: number): Parsed {
  return { event: name === null ? null : { kind: "key", name }, length };
}
