/** Floats to integers of four or eight bits with a scale and a bias for each group. */

import type { FloatFormat } from "../../ops/products/codecs.ts";

/** How weights are quantised. */
export interface AffineQuantisation {
  bits: 4 | 8;
  /** Weights of a group, which have a scale and a bias of their own. */
  group: number;
}

/** Quantised weights: weight ≈ scale · code + bias. */
export interface AffineRows {
  /** A code in each byte. */
  codes: Uint8Array<ArrayBuffer>;
  /** For each group in turn, exact in the format that was asked for. */
  scales: Float32Array<ArrayBuffer>;
  biases: Float32Array<ArrayBuffer>;
  /** Sum of the squares of what the codes are off by. */
  squaredError: number;
}

/**
 * Parts of a group's range that are tried for its codes to span: outliers are worth cutting off where
 * there are few codes.
 */
const SPANS: Readonly<Record<AffineQuantisation["bits"], readonly number[]>> = {
  4: [1, 0.92, 0.84, 0.76],
  8: [1],
};

/** Times that the scale and the bias are fitted to the codes, and the codes to them. */
const FITS: Readonly<Record<AffineQuantisation["bits"], number>> = { 4: 3, 8: 1 };

/**
 * Quantises weights, whole groups of them. Of each group the scale and the bias are searched for that
 * make the sum of squared errors least: from several spans on, codes are the nearest, and scale and bias
 * those of a line through the points (code, weight) by least squares, in turn.
 *
 * @param format of the scales and biases; the errors are those with the rounded ones.
 */
export function quantiseAffine(
  weights: Float32Array,
  { bits, group }: AffineQuantisation,
  format: FloatFormat,
): AffineRows {
  const groups = weights.length / group;
  const rows: AffineRows = {
    codes: new Uint8Array(weights.length),
    scales: new Float32Array(groups),
    biases: new Float32Array(groups),
    squaredError: 0,
  };
  const search = new GroupSearch(bits, format);
  for (let i = 0; i < groups; i++) {
    const own = weights.subarray(i * group, (i + 1) * group);
    const { scale, bias, squaredError } = search.best(own);
    rows.scales[i] = scale;
    rows.biases[i] = bias;
    rows.squaredError += squaredError;
    for (let j = 0; j < group; j++) {
      rows.codes[i * group + j] = nearest((own[j] - bias) / scale, search.largest);
    }
  }
  return rows;
}

/** A scale and a bias, and what they leave. */
interface Fit {
  scale: number;
  bias: number;
  squaredError: number;
}

/** Finds the scale and the bias of one group after the other. */
class GroupSearch {
  /** The largest code. */
  readonly largest: number;
  readonly #bits: AffineQuantisation["bits"];
  readonly #round: (value: number) => number;

  constructor(bits: AffineQuantisation["bits"], format: FloatFormat) {
    this.#bits = bits;
    this.largest = 2 ** bits - 1;
    this.#round = ROUND[format];
  }

  best(weights: Float32Array): Fit {
    let [least, most] = [Infinity, -Infinity];
    for (const weight of weights) {
      least = Math.min(least, weight);
      most = Math.max(most, weight);
    }
    // Where all are alike, any scale will do but 0.
    let best = this.#measured(weights, most > least ? (most - least) / this.largest : 1, least);
    for (const span of most > least ? SPANS[this.#bits] : []) {
      const width = (most - least) * span;
      let [scale, bias] = [width / this.largest, (least + most - width) / 2];
      for (let i = 0; i < FITS[this.#bits]; i++) {
        const line = this.#line(weights, scale, bias);
        if (line === null) break;
        [scale, bias] = line;
      }
      const fit = this.#measured(weights, scale, bias);
      if (fit.squaredError < best.squaredError) best = fit;
    }
    return best;
  }

  /** Scale and bias of the line through (code, weight); null where all codes are one. */
  #line(weights: Float32Array, scale: number, bias: number): [number, number] | null {
    let [codes, squares, sum, products] = [0, 0, 0, 0];
    for (const weight of weights) {
      const code = nearest((weight - bias) / scale, this.largest);
      codes += code;
      squares += code * code;
      sum += weight;
      products += code * weight;
    }
    const { length } = weights;
    const slope = (length * products - codes * sum) / (length * squares - codes * codes);
    return slope > 0 && slope < Infinity ? [slope, (sum - slope * codes) / length] : null;
  }

  /** The rounded scale and bias, with what they leave. */
  #measured(weights: Float32Array, scale: number, bias: number): Fit {
    const fit = { scale: this.#round(scale), bias: this.#round(bias), squaredError: 0 };
    if (fit.scale === 0) fit.scale = SMALLEST;
    for (const weight of weights) {
      const code = nearest((weight - fit.bias) / fit.scale, this.largest);
      fit.squaredError += (fit.scale * code + fit.bias - weight) ** 2;
    }
    return fit;
  }
}

/** A scale that every format holds, for groups whose range is next to nothing. */
const SMALLEST = 2 ** -14;

function nearest(value: number, largest: number): number {
  return Math.min(largest, Math.max(0, Math.round(value)));
}

const WORD = new Float32Array(1);
const WORD_BITS = new Uint32Array(WORD.buffer);

/** The nearest number that a format holds. */
const ROUND: Readonly<Record<FloatFormat, (value: number) => number>> = {
  F32: Math.fround,
  F16: Math.f16round,
  BF16(value) {
    WORD[0] = value;
    // To the upper half, halves to even.
    WORD_BITS[0] = (WORD_BITS[0] + 0x7fff + (WORD_BITS[0] >>> 16 & 1)) & 0xffff0000;
    return WORD[0];
  },
};
