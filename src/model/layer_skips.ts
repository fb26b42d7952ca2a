/** Parts of layers that a pass leaves out: the residual stream goes past them unchanged. */
export interface LayerSkips {
  /** Layers without attention; their keys and values are left as they were. */
  attention: ReadonlySet<number>;
  /** Layers without MLP. */
  mlp: ReadonlySet<number>;
}

/** Every part of every layer takes part. */
export const NO_SKIPS: LayerSkips = { attention: new Set(), mlp: new Set() };

/** Whether anything is left of the layers `from` … `to` − 1. */
export function hasParts(from: number, to: number, { attention, mlp }: LayerSkips): boolean {
  for (let i = from; i < to; i++) if (!attention.has(i) || !mlp.has(i)) return true;
  return false;
}
