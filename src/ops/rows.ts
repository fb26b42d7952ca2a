import rowsCode from "../../wgsl/shared/rows.wgsl" with { type: "text" };
import type { Bytes, Gpu } from "../gpu/gpu.ts";
import { StructLayout } from "../gpu/layout.ts";
import { MAX_ROW_TILE } from "./profiles.ts";

/** A row of a forward pass, described by data. */
export interface Row {
  token: number;
  /** Logical position: decides the rotation and what the row sees. */
  position: number;
  /** Cache slot that receives the row's key and value. */
  slot: number;
  /** Positions below this lie in the cache slot of the same number. */
  prefix: number;
  /** Cache slots of the positions from `prefix` to `position`; the row's own slot last. */
  ancestors: readonly number[];
}

/** A row of plain text: its position is its slot, and so is that of everything before it. */
export function textRow(token: number, position: number): Row {
  return { token, position, slot: position, prefix: position + 1, ancestors: [] };
}

/** Rows in a buffer: how many there are, then what `Row` says of each but its ancestors. */
const ROWS: StructLayout<{ count: number; row: readonly Omit<Row, "ancestors">[] }> =
  new StructLayout(rowsCode, "Rows");

/** The rows of a forward pass on the GPU: what the kernels read as `rows` and `ancestors`. */
export interface RowBatch {
  /** See `ROWS`. */
  rows: GPUBuffer;
  /** [capacity, ancestorRoom] u32. */
  ancestors: GPUBuffer;
  /** Greatest number of rows. */
  capacity: number;
  /** Greatest number of ancestors of a row. */
  ancestorRoom: number;
  /**
   * Whether passes often have fewer rows than they were recorded for. Products then take the time of
   * those that are there, where the device has it so, and longer to compile.
   */
  oftenFewer?: boolean;
}

/** Buffers for up to `capacity` rows; tiles may reach past the last row, so there is room behind. */
export function createRowBatch(gpu: Gpu, capacity: number, ancestorRoom: number): RowBatch {
  return {
    rows: gpu.storage("rows", ROWS.byteLength(padRows(capacity))),
    ancestors: gpu.storage("ancestors", 4 * ancestorRoom * padRows(capacity)),
    capacity,
    ancestorRoom,
  };
}

/** Rows that the buffers must hold so that a tile of any size stays inside them. */
export function padRows(capacity: number): number {
  return Math.ceil(capacity / MAX_ROW_TILE) * MAX_ROW_TILE;
}

/** Bytes of the first `count` rows in a batch's buffer, with their number. */
export function rowsBytes(count: number): number {
  return ROWS.byteLength(count);
}

/** The tokens of the rows in words that were read back of that buffer, as far as they go. */
export function rowTokens(words: Uint32Array): number[] {
  const [first, second] = [0, 1].map((row) => ROWS.offsetOf("row", row) / 4);
  return Array.from({ length: words[0] }, (_, row) => words[first + row * (second - first)]);
}

/** Queues the rows as the next forward pass's batch. */
export function writeRows(gpu: Gpu, batch: RowBatch, rows: readonly Row[]): void {
  if (rows.length > batch.capacity) {
    throw new RangeError(`${rows.length} rows in a batch of at most ${batch.capacity}`);
  }
  gpu.write(batch.rows, 0, ROWS.pack({ count: rows.length, row: rows }));
  if (rows.every((row) => row.ancestors.length === 0)) return;
  gpu.write(batch.ancestors, 0, packAncestors(rows, batch.ancestorRoom));
}

/** Queues rows whose tokens name rows of other buffers, to be gathered from there. */
export function writeNames(gpu: Gpu, batch: RowBatch, named: readonly number[]): void {
  const row = { position: 0, slot: 0, prefix: 0, ancestors: [] };
  writeRows(gpu, batch, named.map((token) => ({ ...row, token })));
}

/** A batch whose tokens name rows of other buffers. */
export function createNames(gpu: Gpu, named: readonly number[]): RowBatch {
  const batch = createRowBatch(gpu, named.length, 1);
  writeNames(gpu, batch, named);
  return batch;
}

/** Queues row `i` of the batch in place of the one that is there; its ancestors stay. */
export function writeRow(gpu: Gpu, batch: RowBatch, i: number, row: Omit<Row, "ancestors">): void {
  const [from, to] = [0, 1].map((element) => ROWS.offsetOf("row", element) / 4);
  const words = ROWS.pack({ count: 0, row: [row] }).slice(from, to);
  gpu.write(batch.rows, ROWS.offsetOf("row", i), words);
}

/** Queues another number of rows, of those that the batch holds; 0 makes kernels do nothing. */
export function writeRowCount(gpu: Gpu, batch: RowBatch, count: number): void {
  gpu.write(batch.rows, ROWS.offsetOf("count"), Uint32Array.of(count));
}

function packAncestors(rows: readonly Row[], room: number): Bytes {
  const words = new Uint32Array(rows.length * room);
  rows.forEach(({ ancestors }, i) => {
    if (ancestors.length > room) {
      throw new RangeError(`${ancestors.length} ancestors where there is room for ${room}`);
    }
    words.set(ancestors, i * room);
  });
  return words;
}
