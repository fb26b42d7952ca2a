/** Phrases as kernels read them, from lists as a file has them. */

import { NO_TOKEN, type PhraseLists } from "../../format/trained/phrases.ts";
import {
  ABSENT_TOKEN,
  MAX_PROBES,
  PHRASE_SLOT,
  type PhraseWords,
} from "../../ops/drafting/phrases.ts";
import { CHILD } from "../../ops/tree/children.ts";

/** Of the slots at least three of four stay empty, so that contexts are found near their hash. */
const SLOTS_PER_LIST = 4;

const EMPTY = 0xffffffff;

const SLOT_WORDS = PHRASE_SLOT.byteLength() / 4;
const [LOW, HIGH, LIST] = (["low", "high", "list"] as const).map((name) =>
  PHRASE_SLOT.offsetOf(name) / 4
);
const ENTRY_WORDS = CHILD.byteLength() / 4;
const [VALUE, TOKEN, NEXT] = (["value", "token", "list"] as const).map((name) =>
  CHILD.offsetOf(name) / 4
);

/**
 * Finds for each next token the list of what comes after it: that of the longest kept context which the
 * list's own context and the token end with.
 */
export function linkPhrases(
  { lists, width, contexts, tokens, logProbabilities }: PhraseLists,
): PhraseWords {
  const slots = hashContexts(contexts, lists);
  const entries = new Uint32Array(ENTRY_WORDS * lists * width);
  const values = new Float32Array(entries.buffer);
  for (let list = 0; list < lists; list++) {
    const before = tokenOf(contexts[3 * list + 1]);
    const newest = tokenOf(contexts[3 * list + 2]);
    for (let place = list * width; place < (list + 1) * width; place++) {
      const token = tokens[place];
      const at = ENTRY_WORDS * place;
      values[at + VALUE] = logProbabilities[place];
      entries[at + TOKEN] = token;
      if (token !== NO_TOKEN) entries[at + NEXT] = listAfterTokens(slots, before, newest, token);
    }
  }
  return { slots, entries, width };
}

/**
 * The list of the longest kept context that these last tokens end with, 0 if none is; the newest token comes
 * last, and `ABSENT_TOKEN` stands for those that are not there.
 */
export function listAfterTokens(
  slots: Uint32Array,
  oldest: number,
  before: number,
  newest: number,
): number {
  let list = 0;
  if (oldest !== ABSENT_TOKEN) list = listOfContext(slots, oldest, before, newest);
  if (list === 0 && before !== ABSENT_TOKEN) {
    list = listOfContext(slots, ABSENT_TOKEN, before, newest);
  }
  if (list === 0) list = listOfContext(slots, ABSENT_TOKEN, ABSENT_TOKEN, newest);
  return list;
}

function tokenOf(id: number): number {
  return id === NO_TOKEN ? ABSENT_TOKEN : id;
}

/**
 * A table of slots with all contexts but the empty one. A context that finds no free slot near its hash is
 * left out, and its lists are not used: among contexts that were not made to collide about one in a million.
 */
function hashContexts(contexts: Uint32Array, lists: number): Uint32Array<ArrayBuffer> {
  const capacity = 2 ** Math.ceil(Math.log2(SLOTS_PER_LIST * lists));
  const slots = new Uint32Array(SLOT_WORDS * capacity).fill(EMPTY);
  for (let list = 1; list < lists; list++) {
    const [oldest, before, newest] = [0, 1, 2].map((i) => tokenOf(contexts[3 * list + i]));
    const at = slotOf(slots, lowWord(before, newest), highWord(oldest, before));
    if (at === null || slots[at + HIGH] !== EMPTY) continue;
    slots[at + LOW] = lowWord(before, newest);
    slots[at + HIGH] = highWord(oldest, before);
    slots[at + LIST] = list;
  }
  return slots;
}

function listOfContext(
  slots: Uint32Array,
  oldest: number,
  before: number,
  newest: number,
): number {
  const at = slotOf(slots, lowWord(before, newest), highWord(oldest, before));
  return at === null || slots[at + HIGH] === EMPTY ? 0 : slots[at + LIST];
}

/** Where the context's slot begins, or the empty one that it could have; null if there is neither. */
function slotOf(slots: Uint32Array, low: number, high: number): number | null {
  const last = slots.length / SLOT_WORDS - 1;
  const first = hashOfContext(low, high);
  for (let i = 0; i < MAX_PROBES; i++) {
    const at = SLOT_WORDS * ((first + i) & last);
    const isIt = slots[at + LOW] === low && slots[at + HIGH] === high;
    if (isIt || slots[at + HIGH] === EMPTY) return at;
  }
  return null;
}

function lowWord(before: number, newest: number): number {
  return (newest | before << 21) >>> 0;
}

function highWord(oldest: number, before: number): number {
  return (before >>> 11 | oldest << 10) >>> 0;
}

/** As last_tokens.wgsl has it. */
function hashOfContext(low: number, high: number): number {
  let hash = Math.imul(low ^ Math.imul(high, 0x9e3779b1), 0x85ebca6b);
  hash = Math.imul(hash ^ hash >>> 16, 0xc2b2ae35);
  return hash ^ hash >>> 13;
}
