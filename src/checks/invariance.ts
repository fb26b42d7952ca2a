import type { Gpu } from "../gpu/gpu.ts";
import type { Findings } from "./check.ts";

/** Rows of a pool that one run of a kernel works on, in their order in the batch. */
export type Members = readonly number[];

/** Where a kernel wrote its results for the rows of a batch, one row after the other. */
export interface RowResults {
  buffer: GPUBuffer;
  /** Byte where the first row begins; 0 if left out. */
  byteOffset?: number;
  /** A multiple of four. */
  bytesPerRow: number;
}

/** Rows of every pool: as many as the largest batch has. */
export const POOL_SIZE = 64;

/** A kernel with a pool of rows to try it on. */
export interface PooledKernel {
  label: string;
  /** The row whose bits a row must have although they are described otherwise; itself if left out. */
  twinOf?: (member: number) => number;
  /** Queues a run on these rows. Every run must leave its results in the same buffers. */
  queue(members: Members): readonly RowResults[];
}

/** Batch sizes that fill tiles, miss them by one, and need several. */
export const BATCH_SIZES: readonly number[] = [2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 48, 64];

/** Some of them, for kernels of which only a part is their own. */
export const SOME_SIZES: readonly number[] = [3, 8, 17, 64];

/**
 * Runs every row of the pool alone, then batches of the given sizes with the rows in changing
 * places, and compares every row's bits with those of the row alone.
 */
export async function checkRowInvariance(
  gpu: Gpu,
  kernel: PooledKernel,
  sizes: readonly number[],
  findings: Findings,
): Promise<void> {
  const { label } = kernel;
  const twinOf = kernel.twinOf ?? ((member) => member);
  const alone = Array.from({ length: POOL_SIZE }, (_, member) => [member]);
  const batches = [...alone, ...sizes.map((size) => membersOf(size))];
  const runs = await gatherRuns(gpu, kernel, batches);
  batches.forEach((members, run) => {
    members.forEach((member, place) => {
      const found = runs[run][place];
      const expected = runs[twinOf(member)][0];
      findings.equal(
        `${label}, row ${member} at place ${place} of ${members.length}`,
        found,
        expected,
      );
    });
  });
}

/** `size` rows of the pool in strides that change with the size, so that rows meet other neighbours. */
function membersOf(size: number): Members {
  const stride = [1, 61, 27][size % 3]; // Odd, so that every row is reached.
  return Array.from({ length: size }, (_, i) => (11 * size + stride * i) % POOL_SIZE);
}

/** The members' rows of a pool's data [POOL_SIZE, width], in their order. */
export function gatherRows(
  data: Float32Array,
  width: number,
  members: Members,
): Float32Array<ArrayBuffer> {
  const rows = new Float32Array(members.length * width);
  members.forEach((member, place) => {
    rows.set(data.subarray(member * width, (member + 1) * width), place * width);
  });
  return rows;
}

/** The words of every row of every run: all runs are queued in turn and read back once. */
async function gatherRuns(
  gpu: Gpu,
  kernel: PooledKernel,
  batches: readonly Members[],
): Promise<Uint32Array[][]> {
  const rowCount = batches.reduce((sum, members) => sum + members.length, 0);
  let gathered: GPUBuffer | null = null;
  let bytes: number[] = []; // Of a row, for each kind of result.
  let end = 0;
  for (const members of batches) {
    const results = kernel.queue(members);
    bytes = results.map(({ bytesPerRow }) => bytesPerRow);
    gathered ??= gpu.storage("results of all runs", rowCount * bytes.reduce((a, b) => a + b));
    const encoder = gpu.device.createCommandEncoder({ label: "gather results" });
    for (const { buffer, byteOffset = 0, bytesPerRow } of results) {
      const length = members.length * bytesPerRow;
      encoder.copyBufferToBuffer(buffer, byteOffset, gathered, end, length);
      end += length;
    }
    gpu.device.queue.submit([encoder.finish()]);
  }
  const words = await gpu.readWords(gathered!);
  gpu.free(gathered!);
  return splitRuns(words, batches, bytes.map((count) => count / 4));
}

/** Splits [runs][kinds of results][rows] into the words of each row of each run. */
function splitRuns(
  words: Uint32Array,
  batches: readonly Members[],
  widths: readonly number[],
): Uint32Array[][] {
  const width = widths.reduce((a, b) => a + b);
  let first = 0;
  return batches.map((members) => {
    const rows = members.map(() => new Uint32Array(width));
    let column = 0;
    for (const own of widths) {
      for (const row of rows) {
        row.set(words.subarray(first, first + own), column);
        first += own;
      }
      column += own;
    }
    return rows;
  });
}
