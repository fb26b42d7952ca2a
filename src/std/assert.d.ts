/** The part of `@std/assert` that this project uses, as published in npm's `deno-std`. */
// deno-lint-ignore-file no-explicit-any
type ErrorClass<E extends Error> = abstract new (...args: any[]) => E;

/** Throws unless `condition` is truthy. */
export function assert(condition: unknown, message?: string): asserts condition;
/** Throws unless `actual` and `expected` differ by at most `tolerance`. */
export function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance?: number,
  message?: string,
): void;
/** Throws unless both are deeply equal. */
export function assertEquals<T>(actual: T, expected: T, message?: string): void;
/** Throws unless `actual` matches the pattern. */
export function assertMatch(actual: string, expected: RegExp, message?: string): void;
/** Throws if both are deeply equal. */
export function assertNotEquals<T>(actual: T, expected: T, message?: string): void;
/** Throws unless the promise rejects, with the class and message part if given. */
export function assertRejects<E extends Error = Error>(
  run: () => PromiseLike<unknown>,
  errorClass?: ErrorClass<E>,
  messageIncludes?: string,
  message?: string,
): Promise<E>;
/** Throws unless `actual` contains `expected`. */
export function assertStringIncludes(actual: string, expected: string, message?: string): void;
/** Throws unless the function throws, with the class and message part if given. */
export function assertThrows<E extends Error = Error>(
  run: () => unknown,
  errorClass?: ErrorClass<E>,
  messageIncludes?: string,
  message?: string,
): E;
