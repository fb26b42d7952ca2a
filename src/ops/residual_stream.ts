/**
 * Where a residual stream stands in its buffer, in rows: before something is added to it, and after. Where
 * the two differ, what it was stays behind.
 */
export interface StreamRows {
  from: number;
  to: number;
}

/** A stream that stays where the buffer begins. */
export const STREAM_IN_PLACE: StreamRows = { from: 0, to: 0 };

/**
 * What is added to the residual stream through a norm:
 * hidden [rows, width] += scale · norm(added).
 */
export interface NormedAddition {
  /** [rows, width] f32. */
  added: GPUBuffer;
  /** [width] f32. */
  norm: GPUBuffer;
  epsilon: number;
  scale: number;
  hidden: GPUBuffer;
  stream: StreamRows;
  /** [width] f32, weight of the norm that comes next. */
  nextNorm: GPUBuffer;
}

/** Constants of residual_stream.wgsl. */
export function streamConstants({ from, to }: StreamRows) {
  return { FROM_ROW: from, TO_ROW: to };
}

/** The part of the buffer [rows, width] that begins with the stream of this row. */
export function streamAt(hidden: GPUBuffer, row: number, width: number): GPUBufferBinding {
  return { buffer: hidden, offset: 4 * width * row };
}
