import type { TrainingTexts } from "../../../src/train/texts/texts.ts";
import { randomNormals } from "../../../src/checks/oracles/numbers/random.ts";

/**
 * Texts in which each token decides the next one, three times of four: something that can be learnt.
 */
export function randomTexts(options: {
  count: number;
  length: number;
  vocabSize: number;
  seed: number;
}): TrainingTexts {
  const { count, length, vocabSize, seed } = options;
  const chances = randomNormals(2 * count * length, seed);
  const texts = Array.from({ length: count }, (_, i) => {
    const text = new Uint32Array(length);
    for (let n = 0; n < length; n++) {
      const at = 2 * (i * length + n);
      const isNew = n === 0 || chances[at] > 0.67;
      const drawn = Math.floor(Math.abs(chances[at + 1]) * 1e6);
      text[n] = (isNew ? drawn : 5 * text[n - 1] + 3) % vocabSize;
    }
    return text;
  });
  return { count, text: (index) => Promise.resolve(texts[index]) };
}
