/** Counts with their nouns, for messages. */

/** `1 token`, `2 tokens`. */
export function count(amount: number, one: string, many = one + "s"): string {
  return `${amount} ${amount === 1 ? one : many}`;
}
