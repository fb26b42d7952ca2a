import { malformed } from "../../format/errors.ts";
import type { Safetensors } from "../../format/safetensors/safetensors.ts";
import type { ModelTensors } from "../architectures/architecture.ts";

/** Bytes of two tensors that are compared at once. */
const COMPARED_BYTES = 2 ** 22;

/** Which tensors are the embedding and the LM head, and whether they are one. */
export interface EmbeddingAndHead {
  embedding: string;
  head: string;
  isTied: boolean;
}

/**
 * Finds the embedding and the head among the tensors. Where the configuration ties them, either name
 * will do, both may stand there with the same numbers, and a head with other numbers is used as it
 * is: so does the transformers library.
 *
 * @throws {DataError} when the configuration does not tie them and there is no head.
 */
export async function findHead(
  tensors: Safetensors,
  { embedding, head }: ModelTensors,
  tieWordEmbeddings: boolean,
): Promise<EmbeddingAndHead> {
  const has = (name: string) => tensorsLike(tensors, name).length > 0;
  if (!tieWordEmbeddings) {
    if (has(head) || !has(embedding)) return { embedding, head, isTied: false };
    throw malformed({
      file: tensors.fileOf(embedding),
      found: `no tensor "${head}"`,
      expected: "one of this name, since config.json does not say tie_word_embeddings true",
      next: "if the head is the embedding, say so there",
    });
  }
  if (!has(head)) return { embedding, head: embedding, isTied: true };
  if (!has(embedding)) return { embedding: head, head, isTied: true };
  return { embedding, head, isTied: await areEqual(tensors, embedding, head) };
}

/**
 * Names of all tensors of a module's matrix, of which one or none is `name`, "X.weight": quantised weights have
 * others beside it or in its place. Its bias is none of them.
 */
export function tensorsLike(tensors: Safetensors, name: string): string[] {
  const prefix = name.replace(/weight$/, "");
  return tensors.names.filter((name) => name.startsWith(prefix) && name !== `${prefix}bias`);
}

/** Whether two modules' tensors hold the same bytes. */
async function areEqual(tensors: Safetensors, a: string, b: string): Promise<boolean> {
  const [ofA, ofB] = [a, b].map((name) => tensorsLike(tensors, name).sort());
  if (ofA.length !== ofB.length) return false;
  for (const [i, name] of ofA.entries()) {
    if (!await holdTheSame(tensors, name, ofB[i])) return false;
  }
  return true;
}

/** Whether two tensors hold the same bytes. */
async function holdTheSame(tensors: Safetensors, a: string, b: string): Promise<boolean> {
  const { dtype, shape, byteLength } = tensors.stored(a);
  const other = tensors.stored(b);
  if (other.dtype !== dtype || other.shape.join() !== shape.join()) return false;
  for (let start = 0; start < byteLength; start += COMPARED_BYTES) {
    const length = Math.min(COMPARED_BYTES, byteLength - start);
    const [left, right] = [
      await tensors.read(a, start, length),
      await tensors.read(b, start, length),
    ];
    if (left.some((byte, i) => byte !== right[i])) return false;
  }
  return true;
}
