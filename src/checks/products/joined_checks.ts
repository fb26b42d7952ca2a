import type { Gpu } from "../../gpu/gpu.ts";
import { type MatmulInputs, outputStride, project } from "../../ops/products/matmul.ts";
import { joinMatrices } from "../../ops/products/joined.ts";
import { freeWeightMatrix } from "../../ops/products/weights.ts";
import type { FloatFormat } from "../../ops/products/codecs.ts";
import { textRow } from "../../ops/rows.ts";
import type { Findings } from "../check.ts";
import { randomNormals } from "../oracles/numbers/random.ts";
import { Workspace } from "../workspace.ts";

/** One product of joined rows to check. */
export interface JoinedCase {
  rows: number;
  /** Length of each half. */
  half: number;
  columns: number;
  format: FloatFormat;
}

/** Halves that no part of a sum ends with. */
export const JOINED_CASES: readonly JoinedCase[] = [
  { rows: 1, half: 72, columns: 88, format: "F16" },
  { rows: 3, half: 40, columns: 24, format: "F32" },
];

/** Rows that are joined where they are read give, bit for bit, what they give if they are stored so. */
export async function checkJoined(
  gpu: Gpu,
  { rows, half, columns, format }: JoinedCase,
  findings: Findings,
): Promise<void> {
  using workspace = new Workspace(gpu);
  const values = [1, 2].map((seed) => randomNormals(columns * half, seed, 1 / Math.sqrt(half)));
  const firsts = randomNormals(rows * half, 3);
  const second = randomNormals(half, 4);
  const seconds = new Float32Array(rows * half);
  for (let row = 0; row < rows; row++) seconds.set(second, row * half);
  const matrix = (values: Float32Array<ArrayBuffer>, inner: number) =>
    workspace.matrix(values, { columns, inner, format }).weights;

  // The last row comes first.
  const batch = workspace.batch(Array.from({ length: rows }, (_, i) => textRow(rows - 1 - i, i)));
  const stride = outputStride(columns);
  const run = async (inputs: Pick<MatmulInputs, "weights" | "input">) => {
    const output = workspace.rowFloats("output", rows, stride);
    workspace.run(...project(gpu, { batch, rowCount: rows, gather: true, output, ...inputs }));
    return await gpu.readFloats(output, 0, rows * stride);
  };
  const whole = await run({
    weights: matrix(beside(values, half), 2 * half),
    input: workspace.rowFloats("whole rows", rows, 2 * half, beside([firsts, seconds], half)),
  });
  const weights = joinMatrices(gpu, "joined", values.map((each) => matrix(each, half)))!;
  const joined = await run({
    weights,
    input: {
      first: workspace.rowFloats("first halves", rows, half, firsts),
      second: workspace.upload("second half", second),
    },
  });
  freeWeightMatrix(gpu, weights);
  const label = `matmul of joined rows, ${rows} rows × (${half} + ${half}) → ${columns} ${format}`;
  findings.equal(label, joined, whole);
}

/** Rows of `half` numbers beside each other. */
function beside([a, b]: readonly Float32Array[], half: number): Float32Array<ArrayBuffer> {
  const rows = new Float32Array(a.length + b.length);
  for (let at = 0; at < a.length; at += half) {
    rows.set(a.subarray(at, at + half), 2 * at);
    rows.set(b.subarray(at, at + half), 2 * at + half);
  }
  return rows;
}
