/** Metadata of the files that are made for a model. */

import { type DataError, malformed, quote } from "../errors.ts";

/** Reads a file's metadata; every fault becomes a DataError that names file and key. */
export class MetadataFields {
  readonly #path: string;
  readonly #metadata: ReadonlyMap<string, string>;
  readonly #next: string;

  /** `next` says how such a file is made. */
  constructor(path: string, metadata: ReadonlyMap<string, string>, next: string) {
    this.#path = path;
    this.#metadata = metadata;
    this.#next = next;
  }

  /** The value of a key. */
  text(key: string): string | undefined {
    return this.#metadata.get(key);
  }

  /** Throws unless the file is of this kind and of one of the versions; `next` is said of other versions. */
  requireFormat(
    format: string,
    versions: readonly string[],
    next = "use the foretoken that wrote it",
  ): void {
    this.#requireOne("format", [format], this.#next);
    this.#requireOne("format_version", versions, next);
  }

  /** Throws unless the file says the fingerprint of the model that it was made for. */
  requireBaseFingerprint(): void {
    if (this.text("base_fingerprint")) return;
    throw this.fault("base_fingerprint", "the fingerprint of a model");
  }

  /** A whole number. Throws unless the key has one from `min` to `max`. */
  integer(key: string, min: number, max: number): number {
    const value = Number(this.text(key));
    if (/^\d+$/.test(this.text(key) ?? "") && value >= min && value <= max) return value;
    throw this.fault(key, `an integer from ${min} to ${max}`);
  }

  /** The error that says what the key has and what was expected. */
  fault(key: string, expected: string, next: string = this.#next): DataError {
    const where = `metadata key ${quote(key)}`;
    return malformed({ file: this.#path, where, found: quote(this.text(key)), expected, next });
  }

  #requireOne(key: string, values: readonly string[], next: string): void {
    if (values.includes(this.text(key) ?? "")) return;
    throw this.fault(key, values.map(quote).join(" or "), next);
  }
}
