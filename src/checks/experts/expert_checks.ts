import type { Gpu } from "../../gpu/gpu.ts";
import { addExperts, logitStride, routeRows } from "../../ops/experts.ts";
import { project } from "../../ops/products/matmul.ts";
import { preparedStride } from "../../ops/products/product_input.ts";
import { textRow, writeRowCount } from "../../ops/rows.ts";
import type { Findings } from "../check.ts";
import { preparedTolerance, prepareRows } from "../norms/prepared.ts";
import { routeRow } from "../oracles/experts.ts";
import { matmul, matmulTolerance } from "../oracles/matmul.ts";
import { randomNormals } from "../oracles/numbers/random.ts";
import { EPSILON, expUlps, sumUlps } from "../precision.ts";
import { describeStorage } from "../products/storages.ts";
import { Workspace } from "../workspace.ts";
import type { AddExpertsCase, ExpertProductCase, RoutingCase } from "./expert_cases.ts";
import { pairTiles, routingBuffers } from "./routing_buffers.ts";

/** Experts and weights are the oracle's, and every pair stands among those of its expert in one place. */
export async function checkRouting(
  gpu: Gpu,
  { rows, hasTies = false, ...sizes }: RoutingCase,
  findings: Findings,
): Promise<void> {
  using workspace = new Workspace(gpu);
  const { experts, chosen, ofChosen } = sizes;
  const shape = { ...sizes, isShared: false };
  const normals = randomNormals(rows * experts, 1, 2);
  const logits = hasTies ? normals.map(Math.round) : normals;
  const { routing } = routingBuffers(workspace, shape, rows);
  gpu.write(routing.logits, 0, spread(logits, experts, logitStride(shape)));
  const { tileRows } = pairTiles(workspace, { ...shape, rowCount: rows });
  const batch = workspace.batch(Array.from({ length: rows }, (_, i) => textRow(0, i)));
  const dispatches = routeRows(gpu, { batch, rowCount: rows, shape, routing, tileRows });
  workspace.run(...dispatches);
  const found = await gpu.readWords(routing.chosen, 0, rows * chosen);
  const weights = await gpu.readFloats(routing.weights, 0, rows * chosen);
  const label = `${chosen} of ${experts} experts for ${rows} rows`;
  for (let row = 0; row < rows; row++) {
    const own = logits.subarray(row * experts, (row + 1) * experts);
    const expected = routeRow(own, chosen, ofChosen ? "chosen" : "all");
    const range = [row * chosen, (row + 1) * chosen] as const;
    findings.equal(`${label}, row ${row}`, found.subarray(...range), expected.experts);
    const spreadOf = Math.max(...own) - Math.min(...own);
    const ulps = 2 * (expUlps(spreadOf) + spreadOf) + sumUlps(experts) + 3;
    const room = expected.weights.map((weight) => ulps * EPSILON * weight);
    findings.close(
      `${label}, weights of row ${row}`,
      weights.subarray(...range),
      expected.weights,
      room,
    );
  }
  const places = await gpu.readWords(routing.places, 0, rows * chosen);
  const [count, ...pairs] = await gpu.readWords(routing.pairs.rows);
  const pairOf = (place: number) => pairs.slice(4 * place, 4 * place + 2);
  const expected = Array.from(found, (expert, i) => [Math.floor(i / chosen), expert]);
  findings.equal(`${label}, pairs`, Array.from(places).flatMap(pairOf), expected.flat());
  findings.claim(new Set(places).size === places.length, `${label}: two pairs in one place`);
  findings.claim(places.every((place) => place < count), `${label}: a pair behind the others`);
  const tiles = Array.from({ length: count }, (_, i) => pairOf(i - i % tileRows)[1]);
  const own = Array.from({ length: count }, (_, i) => pairOf(i)[1]);
  findings.equal(`${label}, experts of tiles of ${tileRows}`, own, tiles);
  const fillers = Array.from({ length: count }, (_, i) => pairs[4 * i + 3]);
  const filled = fillers.reduce((sum, prefix) => sum + prefix, 0);
  findings.claim(count - filled === places.length, `${label}: ${filled} of ${count} fill tiles`);
  const areBehind = fillers.every((prefix, i) => i % tileRows === 0 || prefix >= fillers[i - 1]);
  findings.claim(areBehind, `${label}: a pair behind what fills its tile`);
  writeRowCount(gpu, batch, 0);
  workspace.run(...dispatches);
  const [left] = await gpu.readWords(routing.pairs.rows, 0, 1);
  findings.claim(left === 0, `${label}: pairs where there are no rows`);
}

/** outputs [pairs, columns] = the row of each pair · its expert's matrixᵀ, plus that expert's bias. */
export async function checkExpertProducts(
  gpu: Gpu,
  product: ExpertProductCase,
  findings: Findings,
): Promise<void> {
  using workspace = new Workspace(gpu);
  const { rows, experts, chosen, inner, columns, columnsPerSlice, biased } = product;
  const shape = { experts, chosen, ofChosen: true, isShared: false };
  const { routing, pairCapacity } = routingBuffers(workspace, shape, rows);
  const { tileRows } = pairTiles(workspace, { ...shape, rowCount: rows });
  const logits = randomNormals(rows * experts, 1);
  gpu.write(routing.logits, 0, spread(logits, experts, logitStride(shape)));
  const x = randomNormals(rows * inner, 2);
  const values = randomNormals(experts * columns * inner, 3, 1 / Math.sqrt(inner));
  const all = { ...product, columns: experts * columns };
  const { weights, stored } = workspace.matrix(values, all, columnsPerSlice);
  const biases = biased ? randomNormals(experts * columns, 4) : undefined;
  const outputs = workspace.rowFloats("outputs", pairCapacity, columns);
  const batch = workspace.batch(Array.from({ length: rows }, (_, i) => textRow(0, i)));
  workspace.run(
    ...routeRows(gpu, { batch, rowCount: rows, shape, routing, tileRows }),
    ...project(gpu, {
      batch: routing.pairs,
      rowCount: pairCapacity,
      gather: true,
      weights,
      bias: biases && workspace.upload("bias", biases),
      experts: { count: experts, tileRows },
      input: workspace.rowFloats("input", rows, inner, x),
      output: outputs,
    }),
  );
  const places = await gpu.readWords(routing.places);
  const found = await gpu.readFloats(outputs);
  const sizes = { rows: 1, inner, columns };
  for (let row = 0; row < rows; row++) {
    const input = x.subarray(row * inner, (row + 1) * inner);
    const own = logits.subarray(row * experts, (row + 1) * experts);
    routeRow(own, chosen, "chosen").experts.forEach((expert, i) => {
      const place = places[row * chosen + i];
      const matrix = stored.subarray(expert * columns * inner, (expert + 1) * columns * inner);
      const biasOf = (column: number) => biases?.[expert * columns + column] ?? 0;
      const expected = matmul(input, matrix, sizes).map((sum, column) => sum + biasOf(column));
      const tolerance = matmulTolerance(input, matrix, sizes);
      findings.close(
        `row ${row} of ${rows} × expert ${expert} of ${experts}, ${inner} → ${columns} ${
          describeStorage(product)
        }${biased ? ", bias" : ""}`,
        found.subarray(place * columns, (place + 1) * columns),
        expected,
        tolerance.map((room, column) => room + EPSILON * Math.abs(expected[column])),
      );
    });
  }
}

/** hidden += scale · (Σ weight · output + sigmoid(logit) · shared output), and the next norm's input. */
export async function checkAddExperts(
  gpu: Gpu,
  { rows, chosen, width, isShared, scale }: AddExpertsCase,
  findings: Findings,
): Promise<void> {
  using workspace = new Workspace(gpu);
  const shape = { experts: chosen, chosen, ofChosen: true, isShared };
  const { routing } = routingBuffers(workspace, shape, rows);
  const pairs = rows * chosen;
  const [outputs, weights] = [randomNormals(pairs * width, 1), randomNormals(pairs, 2)];
  const [logits, shared] = [randomNormals(rows, 3), randomNormals(rows * width, 4)];
  const [before, normWeight] = [randomNormals(rows * width, 5), randomNormals(width, 6)];
  gpu.write(routing.weights, 0, weights);
  gpu.write(routing.places, 0, Uint32Array.from(weights, (_, i) => pairs - 1 - i));
  const stride = logitStride(shape);
  const gates = Float32Array.from(
    { length: rows * stride },
    (_, i) => i % stride === chosen ? logits[Math.floor(i / stride)] : NaN,
  );
  gpu.write(routing.logits, 0, gates);
  const hidden = workspace.rowFloats("hidden", rows, width, before);
  const prepared = workspace.rowFloats("prepared", rows, preparedStride(width));
  workspace.run(addExperts(gpu, {
    batch: workspace.batch(Array.from({ length: rows }, (_, i) => textRow(0, i))),
    rowCount: rows,
    width,
    shape,
    routing,
    outputs: workspace.upload("outputs", outputs),
    sharedOutput: workspace.upload("shared output", shared),
    hidden,
    prepared,
    nextNorm: workspace.upload("norm", normWeight),
    scale,
  }));
  const terms = (i: number) => {
    const [row, column] = [Math.floor(i / width), i % width];
    const ofExperts = Array.from(
      { length: chosen },
      (_, j) =>
        weights[row * chosen + j] * outputs[(pairs - 1 - row * chosen - j) * width + column],
    );
    const gate = 1 / (1 + Math.exp(-logits[row]));
    return isShared ? [...ofExperts, gate * shared[i]] : ofExperts;
  };
  const expected = Float64Array.from(
    before,
    (value, i) => value + scale * terms(i).reduce((sum, term) => sum + term),
  );
  const room = expected.map((value, i) => {
    const size = terms(i).reduce((sum, term) => sum + Math.abs(term), 0);
    const gateUlps = expUlps(Math.max(...logits.map(Math.abs))) + 4;
    return EPSILON * (Math.abs(value) + scale * size * (chosen + 3 + gateUlps));
  });
  const label = `${chosen} experts added, ${rows} × ${width}${isShared ? " and a shared one" : ""}`;
  const found = await gpu.readFloats(hidden, 0, rows * width);
  findings.close(label, found, expected, room);
  const follows = prepareRows(found, normWeight);
  const foundPrepared = await gpu.readFloats(prepared, 0, rows * preparedStride(width));
  findings.close(`${label}, prepared`, foundPrepared, follows, preparedTolerance(follows));
}

/** Rows of `width` numbers, `stride` apart; what is between must never be chosen. */
function spread(rows: Float32Array, width: number, stride: number): Float32Array<ArrayBuffer> {
  const padded = new Float32Array(rows.length / width * stride).fill(1e30);
  for (let row = 0; row < rows.length / width; row++) {
    padded.set(rows.subarray(row * width, (row + 1) * width), row * stride);
  }
  return padded;
}
