/** Metadata of the files that are made for a model. */

import { DataError, malformed, quote } from "../errors.ts";

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

  /** Throws unless the file is of this kind and version, and was made for this base model. */
  requireKind(format: string, version: string, baseFingerprint: string): void {
    this.requireFormat(format, version);
    this.#requireBase(baseFingerprint);
  }

  /** Throws unless the file is of this kind and version. */
  requireFormat(format: string, version: string): void {
    this.#require("format", format, this.#next);
    this.#require("format_version", version, "use the foretoken that wrote it");
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

  #requireBase(expected: string): void {
    const found = this.text("base_fingerprint");
    if (found === expected) return;
    const [theirs, ours] = [found ?? "none", expected].map((print) => print.slice(0, 12));
    throw new DataError(
      `${this.#path}: made for another model, or for other weights of this one ` +
        `(found base fingerprint ${theirs}, expected ${ours}); ${this.#next}`,
    );
  }

  #require(key: string, value: string, next: string): void {
    if (this.text(key) !== value) throw this.fault(key, quote(value), next);
  }
}
