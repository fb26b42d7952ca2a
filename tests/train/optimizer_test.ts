import { assert, assertEquals } from "@std/assert";
import { Workspace } from "../../src/checks/workspace.ts";
import { addSumOfRows } from "../../src/ops/train/medusa.ts";
import { addOuterProduct } from "../../src/ops/train/optimizer.ts";
import { Parameters } from "../../src/train/parameters.ts";
import { VARIANTS, withGpu } from "../gpu/with_gpu.ts";
import { randomNormals } from "../../src/checks/oracles/numbers/random.ts";
import { assertClose } from "./assert_close.ts";
import { adamStep, outerProducts } from "./passes/backward_oracles.ts";

withGpu("steps of Adam are those of the paper, and clear the gradient", async (gpu) => {
  // One small parameter, and one with more workgroups than a row of the grid has.
  const lengths = [36, 2 ** 18 + 4];
  const noise = randomNormals(1021, 1);
  const numbers = (length: number, seed: number) =>
    Float32Array.from({ length }, (_, i) => noise[(i + 311 * seed) % noise.length]);
  const starts = lengths.map((length) => numbers(length, 0));
  const buffers = lengths.map((length, i) => gpu.storage(`parameter ${i}`, 4 * length));
  using parameters = new Parameters(
    gpu,
    buffers.map((buffer, i) => ({ label: `parameter ${i}`, buffer })),
  );
  parameters.write({ weights: starts });
  const states = starts.map((start) => ({
    weights: Float64Array.from(start),
    first: new Float64Array(start.length),
    second: new Float64Array(start.length),
  }));
  for (let step = 1; step <= 4; step++) {
    const rate = 0.01 * step;
    for (const [i, length] of lengths.entries()) {
      const gradient = numbers(length, 5 * step + i);
      gpu.write(parameters.gradients[i], 0, gradient);
      adamStep(states[i], gradient, { rate, step });
    }
    parameters.update(rate, step);
  }
  const found = await parameters.read();
  for (const [i, { weights, first, second }] of states.entries()) {
    assertClose(found.weights[i], weights, { what: `weights ${i}`, terms: 4 });
    assertClose(found.firstMoments[i], first, { what: `first moments ${i}`, terms: 4 });
    assertClose(found.secondMoments[i], second, { what: `second moments ${i}`, terms: 4 });
    assert((await gpu.readFloats(parameters.gradients[i])).every((value) => value === 0));
  }
});

for (const { title, options } of VARIANTS) {
  withGpu(`${title}: outer products are added up row by row`, async (gpu) => {
    const [leftSize, rightSize, count, firstLeft, firstRight] = [40, 72, 23, 5, 2];
    using workspace = new Workspace(gpu);
    const left = randomNormals((firstLeft + count) * leftSize, 1);
    const right = randomNormals((firstRight + count) * rightSize, 2);
    const before = randomNormals(leftSize * rightSize, 3);
    const sums = workspace.upload("sums", before);
    workspace.run(addOuterProduct(gpu, {
      left: {
        buffer: workspace.rowFloats("left", firstLeft + count, leftSize, left),
        size: leftSize,
        firstRow: firstLeft,
      },
      right: {
        buffer: workspace.rowFloats("right", firstRight + count, rightSize, right),
        size: rightSize,
        firstRow: firstRight,
      },
      count,
      sums,
    }));
    const products = outerProducts(
      left.subarray(firstLeft * leftSize),
      leftSize,
      right.subarray(firstRight * rightSize),
      rightSize,
    );
    const expected = products.map((product, i) => before[i] + product);
    assertClose(await gpu.readFloats(sums), expected, { what: "sums", terms: count });
  }, options);

  withGpu(`${title}: rows are added up`, async (gpu) => {
    const [width, count] = [44, 23];
    using workspace = new Workspace(gpu);
    const values = randomNormals((count + 1) * width, 1); // The last row takes no part.
    const before = randomNormals(width, 2);
    const sums = workspace.upload("sums", before);
    workspace.run(addSumOfRows(gpu, {
      width,
      count,
      values: workspace.upload("values", values),
      sums,
    }));
    const expected = Float64Array.from(before);
    for (let i = 0; i < count * width; i++) expected[i % width] += values[i];
    const found = await gpu.readFloats(sums);
    assertEquals(found.length, width);
    assertClose(found, expected, { what: "sums", terms: count });
  }, options);
}
