/** Passes of training against what they are defined to compute. */

import { assert, assertEquals } from "@std/assert";
import { randomNormals } from "../../src/checks/oracles/numbers/random.ts";
import type { Gpu } from "../../src/gpu/gpu.ts";
import type { Parameters } from "../../src/train/parameters.ts";
import type { LossPass } from "../../src/train/trainee.ts";
import { directionalDerivative } from "../reference/numeric_gradient.ts";

/** A pass of training, and the loss that it is defined to have. */
export interface DefinedPass {
  pass: LossPass;
  parameters: Parameters;
  /** Values of the parameters. */
  starts: readonly Float32Array<ArrayBuffer>[];
  tokens: readonly number[];
  /** The loss of the text with these parameters, in plain TypeScript. */
  lossOf: (parameters: Float64Array[]) => number;
  /** How many numbers of a parameter mean something, the first ones; all of them if left out. */
  meant?: number;
}

/** The loss of a text, with gradients and without, and the gradient of every parameter are those of the definition. */
export async function assertDefinition(gpu: Gpu, defined: DefinedPass): Promise<void> {
  const { pass, parameters, starts, tokens, lossOf, meant } = defined;
  parameters.write({ weights: [...starts] });
  await pass.text.run(tokens, { withGradients: false });
  const measured = await gpu.read(pass.rows.results);
  for (const gradient of parameters.gradients) {
    assert((await gpu.readFloats(gradient)).every((value) => value === 0));
  }
  await pass.text.run(tokens, { withGradients: true });
  const results = new DataView(await gpu.read(pass.rows.results));
  assertEquals(results.buffer, measured);
  const steps = [...pass.rows.rowSteps];
  const count = steps.filter((step) => step > 0).length;
  const own = steps.reduce((sum, _, i) => sum + results.getFloat32(8 * i, true), 0) / count;
  const exact = starts.map((start) => Float64Array.from(start));
  const loss = lossOf(exact);
  assert(Math.abs(own - loss) < 2e-5 * (1 + loss), `loss ${own}, expected ${loss}`);
  for (const [i, start] of exact.entries()) {
    const gradient = await gpu.readFloats(parameters.gradients[i]);
    const direction = Float64Array.from(randomNormals(start.length, 100 + i));
    direction.fill(0, meant ?? start.length);
    const f = (x: Float64Array) => lossOf(exact.map((one, j) => j === i ? x : one));
    const expected = directionalDerivative(f, start, direction);
    assertSlope(`parameter ${i}`, gradient, direction, expected);
  }
}

/** The slope along `direction` that a gradient of floats has is the expected one. */
function assertSlope(
  what: string,
  gradient: Float32Array,
  direction: Float64Array,
  expected: number,
): void {
  const found = direction.reduce((sum, d, j) => sum + gradient[j] * d, 0);
  const length = Math.min(Math.hypot(...direction), Math.sqrt(direction.length));
  const norm = Math.hypot(...gradient) * length;
  assert(norm > 0, `${what} has no gradient`);
  assert(
    Math.abs(found - expected) < 2e-5 * norm,
    `${what}: slope ${found}, expected ${expected}, of ${norm}`,
  );
}
