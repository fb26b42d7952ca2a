import { malformed, quote } from "../../format/errors.ts";
import type { Safetensors } from "../../format/safetensors/safetensors.ts";

/** What old checkpoints carry and follows from the configuration: frequencies of rotations, and masks. */
const DERIVED =
  /rotary_emb\.inv_freq$|^gpt_neox\..*\.attention\.(masked_)?bias$|^(transformer\.)?h\.\d+\.attn\.(attention\.)?(masked_)?bias$/;

/** Names of tensors that an error message holds. */
const NAMED = 3;

/**
 * A tensor that nothing reads is a part of the model that would be missing from its arithmetic.
 *
 * @param read names of the tensors that are read.
 * @throws {DataError} that names the first of the others.
 */
export function requireAllRead(tensors: Safetensors, read: ReadonlySet<string>): void {
  const unread = tensors.names.filter((name) => !read.has(name) && !DERIVED.test(name));
  if (unread.length === 0) return;
  const named = unread.slice(0, NAMED).map(quote).join(", ");
  const others = unread.length > NAMED ? ` and ${unread.length - NAMED} more` : "";
  throw malformed({
    file: tensors.fileOf(unread[0]),
    found: `${unread.length === 1 ? "tensor" : "tensors"} ${named}${others}`,
    expected: "nothing that the architecture in config.json does not read",
    next: "check that config.json belongs to these weights",
  });
}
