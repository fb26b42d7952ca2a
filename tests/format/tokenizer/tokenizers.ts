/** Small tokenizer.json files of the kinds in use, made by hand. */

/** A tokenizer.json as a plain object. */
export type TokenizerJson = Record<string, unknown>;

const ADDED = { single_word: false, lstrip: false, rstrip: false, normalized: false };

/** The characters that stand for bytes in byte-level vocabularies: printable ones for themselves. */
function byteCharacters(): string[] {
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => {
    const isPrintable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte !== 173);
    return String.fromCodePoint(isPrintable ? byte : next++);
  });
}

/**
 * Byte-level BPE whose ids 0 to 255 are the bytes, 256 and 257 the merges "he" and "hel", 258 a
 * special and 259 an added token that is text.
 */
export function byteLevelTokenizer(): TokenizerJson {
  const tokens = [...byteCharacters(), "he", "hel"];
  return {
    added_tokens: [
      { ...ADDED, id: 258, content: "<|end|>", special: true },
      { ...ADDED, id: 259, content: "<tool>", special: false },
    ],
    normalizer: null,
    pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, use_regex: true },
    post_processor: null,
    decoder: { type: "ByteLevel" },
    model: {
      type: "BPE",
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges: ["h e", "he l"],
    },
  };
}

/** Number of ids of `byteLevelTokenizer`. */
export const BYTE_LEVEL_SIZE = 260;

/**
 * A tokenizer in the manner of SentencePiece: "▁" for spaces, one in front of every text and
 * dropped again from the front when decoding, bytes where the vocabulary lacks a character.
 * Ids: 0 unknown, 1 and 2 special, 3 to 258 the bytes, then "▁", "a", "b", "▁a", "ü".
 */
export function byteFallbackTokenizer(): TokenizerJson {
  const hex = (byte: number) => byte.toString(16).toUpperCase().padStart(2, "0");
  const bytes = Array.from({ length: 256 }, (_, byte) => `<0x${hex(byte)}>`);
  const tokens = ["<unk>", "<s>", "</s>", ...bytes, "▁", "a", "b", "▁a", "ü"];
  return {
    added_tokens: ["<unk>", "<s>", "</s>"].map((content, id) => ({
      ...ADDED,
      id,
      content,
      special: true,
    })),
    normalizer: {
      type: "Sequence",
      normalizers: [
        { type: "Prepend", prepend: "▁" },
        { type: "Replace", pattern: { String: " " }, content: "▁" },
      ],
    },
    pre_tokenizer: null,
    post_processor: {
      type: "TemplateProcessing",
      single: [{ SpecialToken: { id: "<s>", type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }],
      pair: [],
      special_tokens: { "<s>": { id: "<s>", ids: [1], tokens: ["<s>"] } },
    },
    decoder: {
      type: "Sequence",
      decoders: [
        { type: "Replace", pattern: { String: "▁" }, content: " " },
        { type: "ByteFallback" },
        { type: "Fuse" },
        { type: "Strip", content: " ", start: 1, stop: 0 },
      ],
    },
    model: {
      type: "BPE",
      unk_token: "<unk>",
      fuse_unk: true,
      byte_fallback: true,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges: ["▁ a"],
    },
  };
}

/** Number of ids of `byteFallbackTokenizer`. */
export const BYTE_FALLBACK_SIZE = 264;

/** A Unigram tokenizer with the Metaspace decoder. Ids: unknown, "▁", "a", "▁a", "b". */
export function unigramTokenizer(): TokenizerJson {
  return {
    added_tokens: [{ ...ADDED, id: 0, content: "<unk>", special: true }],
    normalizer: null,
    pre_tokenizer: { type: "Metaspace", replacement: "▁", prepend_scheme: "always" },
    post_processor: null,
    decoder: { type: "Metaspace", replacement: "▁", prepend_scheme: "always" },
    model: {
      type: "Unigram",
      unk_id: 0,
      vocab: [["<unk>", 0], ["▁", -2], ["a", -2], ["▁a", -1], ["b", -3]],
    },
  };
}

/** Number of ids of `unigramTokenizer`. */
export const UNIGRAM_SIZE = 5;
