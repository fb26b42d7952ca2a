import type { Gpu } from "../../gpu/gpu.ts";
import { type ChoiceBuffers, chooseCandidates, filterLogits, writeText } from "../../ops/choose.ts";
import { textRow } from "../../ops/rows.ts";
import type { Sampling } from "../oracles/sampling.ts";
import type { DraftTree } from "../oracles/drafts/tree.ts";
import { Workspace } from "../workspace.ts";

/** The token that a row chose and the score that it had. */
export interface Choice {
  token: number;
  value: number;
}

/** Rows to filter and to choose from. */
export interface SamplingInput {
  /** [rows, vocabularySize]. */
  logits: Float32Array;
  vocabularySize: number;
  settings: Sampling;
  /** Tokens of the context. */
  seen: readonly number[];
  /** Position of each row; its choice is for the next position. */
  positions: readonly number[];
  /** The tree that the rows are the nodes of, if any. */
  tree?: DraftTree;
  /** Whether the kernel is compiled for a temperature of 0. */
  greedy?: boolean;
}

/** What each row chose, and the least value that its filter kept. */
export interface Sampled {
  choices: Choice[];
  thresholds: Float32Array;
}

/** Runs filter and choice over rows of logits. */
export async function runSampling(gpu: Gpu, input: SamplingInput): Promise<Sampled> {
  using workspace = new Workspace(gpu);
  const { logits, vocabularySize, settings, seen, positions, tree } = input;
  const rowCount = positions.length;
  const buffers = workspace.choice(rowCount, vocabularySize);
  writeText(gpu, buffers, { sampling: settings, ids: seen });
  const inputs = {
    batch: workspace.batch(positions.map((position, i) => textRow(tree?.tokens[i] ?? 0, position))),
    rowCount,
    logits: workspace.logits(logits, vocabularySize),
    buffers,
    parents: tree && workspace.upload("parents", parentsOf(tree)),
  };
  const filtered = settings.temperature > 0;
  workspace.run(
    ...(filtered ? [filterLogits(gpu, inputs)] : []),
    chooseCandidates(gpu, { ...inputs, greedy: input.greedy }),
  );
  const thresholds = await gpu.readFloats(buffers.thresholds, 0, rowCount);
  return { choices: await readChoices(gpu, buffers, rowCount), thresholds };
}

/** The node before each, as the kernels read it. */
function parentsOf({ parents }: DraftTree): Uint32Array<ArrayBuffer> {
  return Uint32Array.from(parents, (parent) => Math.max(0, parent));
}

/** The best candidate of each row. */
async function readChoices(gpu: Gpu, buffers: ChoiceBuffers, rowCount: number): Promise<Choice[]> {
  const words = await gpu.readWords(buffers.candidates);
  const values = new Float32Array(words.buffer);
  const perRow = candidatesPerRow(buffers, rowCount);
  return Array.from({ length: rowCount }, (_, row) => {
    const candidates = Array.from({ length: perRow }, (_, i) => {
      const at = 2 * (row * perRow + i);
      return { value: values[at], token: words[at + 1] };
    });
    return candidates.reduce((best, other) =>
      other.value > best.value || (other.value === best.value && other.token < best.token)
        ? other
        : best
    );
  });
}

/** Candidates of a row in the buffer, one per chunk of the vocabulary. */
export function candidatesPerRow(buffers: ChoiceBuffers, rowCapacity: number): number {
  return Math.floor(buffers.candidates.size / 8 / rowCapacity);
}
