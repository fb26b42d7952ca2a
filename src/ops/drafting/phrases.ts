import lastTokensCode from "../../../wgsl/drafting/last_tokens.wgsl" with { type: "text" };
import phrasesCode from "../../../wgsl/drafting/phrases.wgsl" with { type: "text" };
import type { Gpu } from "../../gpu/gpu.ts";
import { constantOf, StructLayout } from "../../gpu/layout.ts";

/** In place of a token that is not there. */
export const ABSENT_TOKEN: number = constantOf(lastTokensCode, "ABSENT_TOKEN");

/** Slots after its hash that a context may stand in. */
export const MAX_PROBES: number = constantOf(phrasesCode, "MAX_PROBES");

/** Where a context of up to three tokens is found, in a buffer. */
export const PHRASE_SLOT: StructLayout<{ low: number; high: number; list: number }> =
  new StructLayout(phrasesCode, "Slot");

/** Lists of next tokens, linked and hashed, as kernels read them. */
export interface PhraseWords {
  /** [capacity, a power of two] `PHRASE_SLOT`. */
  slots: Uint32Array<ArrayBuffer>;
  /** [lists, width] `CHILD`: of each context, the most probable next tokens; list 0 is the empty one's. */
  entries: Uint32Array<ArrayBuffer>;
  /** Next tokens of a list, at most. */
  width: number;
}

/** The same on the GPU. */
export interface PhraseBuffers {
  /** [capacity] `PHRASE_SLOT`. */
  slots: GPUBuffer;
  /** [lists, width] `CHILD`. */
  phrases: GPUBuffer;
  /** Next tokens of a list, at most. */
  width: number;
}

/**
 * Puts phrases on the GPU.
 * @throws OutOfMemoryError if the device has no buffer of that size.
 */
export function uploadPhrases(gpu: Gpu, { slots, entries, width }: PhraseWords): PhraseBuffers {
  return {
    slots: gpu.upload("contexts of phrases", slots),
    phrases: gpu.upload("phrases", entries),
    width,
  };
}

/** Frees the buffers. */
export function freePhrases(gpu: Gpu, { slots, phrases }: PhraseBuffers): void {
  gpu.free(slots, phrases);
}

/** The bindings of kernels that read phrases. */
export function phraseBindings({ slots, phrases }: PhraseBuffers) {
  return { phrase_slots: slots, phrases };
}
