/** Rows of random logits to find the most probable tokens of. */
export interface TopCase {
  rows: number;
  vocabularySize: number;
  ranks: number;
  /** Whether logits are rounded to halves, so that many are equal. */
  hasTies?: boolean;
  /** Whether logits are weighed, as drafts of a text whose tokens are not drawn. */
  isWeighed?: boolean;
  /** Whether the logits are those of every third token; of all tokens if left out. */
  isListed?: boolean;
}

/** Every third token, one for each logit. */
export function listedTokens(count: number): Uint32Array<ArrayBuffer> {
  return Uint32Array.from({ length: count }, (_, i) => 3 * i + 1);
}

/** One token, more ranks than tokens, ties, vocabularies of one part and of several. */
export const TOP_CASES: readonly TopCase[] = [
  { rows: 1, vocabularySize: 1, ranks: 4 },
  { rows: 8, vocabularySize: 5, ranks: 32 },
  { rows: 3, vocabularySize: 101, ranks: 7, hasTies: true },
  { rows: 4, vocabularySize: 4096, ranks: 16, hasTies: true },
  { rows: 3, vocabularySize: 4099, ranks: 5 },
  { rows: 2, vocabularySize: 32000, ranks: 32, hasTies: true },
  { rows: 3, vocabularySize: 5, ranks: 8, isWeighed: true },
  { rows: 2, vocabularySize: 4099, ranks: 5, isWeighed: true },
  { rows: 3, vocabularySize: 4099, ranks: 5, hasTies: true, isWeighed: true, isListed: true },
  { rows: 2, vocabularySize: 5, ranks: 8, isListed: true },
];
