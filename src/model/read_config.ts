import { readConfig as readRaw } from "../format/config.ts";
import type { ModelConfig } from "./config.ts";

export async function readConfig(folder: string): Promise<ModelConfig> {
  const raw = await readRaw(folder);
  const { ropeTheta, ropeScaling, ...rest } = raw;
  return {
    ...rest,
    embeddingScale: 1,
    logitScale: 1,
    logitSoftCap: null,
    layers: Array.from({ length: raw.layerCount }, () => ({
      norms: "before" as const,
      residualScale: 1,
      attention: {
        inputBias: false,
        outputBias: false,
        headNorm: "none" as const,
        scale: 1 / Math.sqrt(raw.headDim),
        softCap: null,
        window: null,
        rotation: { theta: ropeTheta, dimensions: raw.headDim, scaling: ropeScaling },
      },
      mlp: { bias: false, activation: "silu" as const },
    })),
  };
}
