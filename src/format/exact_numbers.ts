/**
 * Numbers of JSON that JavaScript's own cannot hold: that 2.0 is a float, and every digit of large
 * integers. Templates write them as Python does, which tells them apart.
 */

/** A number as its text has it. `JSON.stringify` writes it so. */
export interface ExactNumber {
  readonly rawJSON: string;
}

/** What the language has, and its type declarations lack. */
const host = JSON as unknown as {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): ExactNumber;
  isRawJSON(value: unknown): value is ExactNumber;
};

/** Whether the value is such a number. */
export const isExactNumber: (value: unknown) => value is ExactNumber = host.isRawJSON;

/** An exact number as an integer of any size, or as a float. */
export function valueOfExact({ rawJSON: text }: ExactNumber): bigint | number {
  return isInteger(text) ? BigInt(text) : Number(text);
}

/**
 * JSON in which the numbers below keys of one name are exact where plain ones would not be.
 *
 * @throws {SyntaxError} when the text is not JSON.
 */
export function parseWithExact(text: string, name: string): unknown {
  const exact = host.parse(text, (_key, value, { source = "" }) => {
    if (typeof value !== "number") return value;
    const isKept = isInteger(source) ? Number.isSafeInteger(value) : !Number.isInteger(value);
    return isKept ? value : host.rawJSON(source);
  });
  return plainOutside(exact, name);
}

function isInteger(text: string): boolean {
  return /^-?\d+$/.test(text);
}

function plainOutside(value: unknown, name: string): unknown {
  if (isExactNumber(value)) return Number(value.rawJSON);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => plainOutside(item, name));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      key === name ? item : plainOutside(item, name),
    ]),
  );
}
