/** The part of `@std/path` that this project uses, as published in npm's `deno-std`. */

/** Last part of a path. */
export function basename(path: string, suffix?: string): string;
/** Path without its last part. */
export function dirname(path: string): string;
/** Path of a file URL. */
export function fromFileUrl(url: URL | string): string;
/** Parts joined and normalised. */
export function join(...parts: string[]): string;
/** Path that leads from `from` to `to`. */
export function relative(from: string, to: string): string;
/** Absolute path of the parts, seen from the working directory. */
export function resolve(...parts: string[]): string;
