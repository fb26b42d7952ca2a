import type { ModelConfig } from "../format/config.ts";

/**
 * Rotary position table [positions, headDim / 8, 2, 4] f32: four cosines, then their sines. Computed
 * in f64, so that it is the same on every device. Su et al., "RoFormer" (2021); the llama3 scaling is that of the
 * Llama 3.1 reference: long wavelengths are slowed by the factor, short ones kept, those between
 * blended.
 */
export function rotationTable(config: ModelConfig, positions: number): Float32Array<ArrayBuffer> {
  const half = config.headDim / 2;
  const table = new Float32Array(positions * half * 2);
  for (let i = 0; i < half; i++) {
    const frequency = scaledFrequency(config, config.ropeTheta ** (-2 * i / config.headDim));
    for (let position = 0; position < positions; position++) {
      const angle = position * frequency;
      const at = 2 * (position * half + i - i % 4) + i % 4;
      table[at] = Math.cos(angle);
      table[at + 4] = Math.sin(angle);
    }
  }
  return table;
}

function scaledFrequency({ ropeScaling }: ModelConfig, frequency: number): number {
  if (!ropeScaling) return frequency;
  if (ropeScaling.type === "linear") return frequency / ropeScaling.factor;
  const { factor, lowFrequencyFactor, highFrequencyFactor, originalContextLength } = ropeScaling;
  const turns = originalContextLength * frequency / (2 * Math.PI);
  if (turns < lowFrequencyFactor) return frequency / factor;
  if (turns > highFrequencyFactor) return frequency;
  const keep = (turns - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor);
  return frequency * (keep + (1 - keep) / factor);
}
