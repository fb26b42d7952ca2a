import { malformed, quote } from "../format/errors.ts";
import type { Safetensors } from "../format/safetensors.ts";

/** Tensors that hold nothing of the model's own: they follow from the configuration. */
const DERIVED = [/\.rotary_emb\.inv_freq$/, /\.masked_bias$/];

/**
 * A tensor that nobody reads is a part of the model that would be missing from its arithmetic.
 * @throws DataError that names the first of them.
 */
export function requireAllRead(tensors: Safetensors, read: ReadonlySet<string>): void {
  const unread = tensors.names.filter((name) =>
    !read.has(name) && !DERIVED.some((pattern) => pattern.test(name))
  );
  if (unread.length === 0) return;
  const others = unread.length > 1 ? ` and ${unread.length - 1} more` : "";
  throw malformed({
    file: tensors.fileOf(unread[0]),
    where: `tensor ${quote(unread[0])}${others}`,
    found: "a part that this architecture does not have",
    expected: "only tensors that config.json's architecture reads",
    next: "check that config.json belongs to these weights",
  });
}
