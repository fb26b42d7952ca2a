/** Counts and lists with their words, for messages. */

/** `1 token`, `2 tokens`. */
export function count(amount: number, one: string, many = one + "s"): string {
  return `${amount} ${amount === 1 ? one : many}`;
}

const LIST = new Intl.ListFormat("en-GB");

/** `a`, `a and b`, `a, b and c` */
export function list(names: Iterable<string>): string {
  return LIST.format(names);
}
