/** Fields with which an architecture is refused, and parts of the message after the file. */
export type Refusal = readonly [
  /** Its usual ending left out. */
  architecture: string,
  fields: Record<string, unknown>,
  parts: readonly string[],
];
