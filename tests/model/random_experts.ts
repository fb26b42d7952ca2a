/** The tensors of the experts of a random model. */
import type { ExpertTensors } from "../../src/model/architectures/architecture.ts";
import type { ExpertsPlan, ModelConfig } from "../../src/model/config.ts";

/** A tensor of a checkpoint, and what the oracle calls its parts. */
export interface Stored {
  name: string;
  shape: number[];
  /** Whether the file has it with rows and columns exchanged. */
  isTransposed?: boolean | undefined;
  /** Matrices below each other that the file has as one more dimension; none if left out. */
  stack?: number;
  /** Neighbouring rows under the oracle's names; the whole tensor is one if nothing is fused. */
  parts: StoredPart[];
}

/** Neighbouring rows of a tensor. */
export interface StoredPart {
  name: string;
  first: number;
  rows: number;
  headStride?: number | undefined;
  /** From one row to the next; 1 if left out. */
  step?: number | undefined;
  /** As the oracle has it, if not that of the rows. */
  shape?: number[] | undefined;
}

/** Those of the experts of a layer, `at` being what the oracle's names begin with. */
export function expertTensors(
  { hiddenSize }: ModelConfig,
  { count, intermediateSize, sharedSize, bias = false }: ExpertsPlan,
  { router, routerBias, stored: [names], shared }: ExpertTensors,
  at: string,
): Stored[] {
  const stored = new Map<string, Stored>();
  const add = (name: string, [rows, ...inner]: readonly number[], role: string, step = 1) => {
    const tensor = stored.get(name) ?? { name, shape: [0, ...inner], parts: [] };
    // Of two that alternate, the second begins behind the first's first row.
    const isSecond = step > 1 && tensor.parts.length % 2 === 1;
    const first = tensor.shape[0] - (isSecond ? rows - 1 : 0);
    tensor.parts.push({ name: `${at}.mlp.${role}`, first, rows, step });
    tensor.shape[0] += rows;
    stored.set(name, tensor);
  };
  const mlp = (expert: number, role: string) => {
    const step = names.alternate ? 2 : 1;
    const [inputs, output] = [[intermediateSize, hiddenSize], [hiddenSize, intermediateSize]];
    add(names.gate(expert), inputs, `${role}.gate_proj.weight`, step);
    add(names.up(expert), inputs, `${role}.up_proj.weight`, step);
    add(names.down(expert), output, `${role}.down_proj.weight`);
    if (!bias) return;
    add(names.biases!.inputs[0], [intermediateSize], `${role}.gate_proj.bias`, step);
    add(names.biases!.inputs[0], [intermediateSize], `${role}.up_proj.bias`, step);
    add(names.biases!.down, [hiddenSize], `${role}.down_proj.bias`);
  };
  for (let expert = 0; expert < count; expert++) mlp(expert, `experts.${expert}`);
  if (names.down(0) === names.down(1)) {
    for (const tensor of stored.values()) {
      tensor.stack = count;
      tensor.isTransposed = tensor.shape.length > 1 && names.areTransposed;
    }
  }
  add(router, [count, hiddenSize], "gate.weight");
  if (bias) add(routerBias!, [count], "gate.bias");
  if (shared && sharedSize !== null) {
    add(shared.router, [1, hiddenSize], "shared_expert_gate.weight");
    add(shared.gate, [sharedSize, hiddenSize], "shared_expert.gate_proj.weight");
    add(shared.up, [sharedSize, hiddenSize], "shared_expert.up_proj.weight");
    add(shared.down, [hiddenSize, sharedSize], "shared_expert.down_proj.weight");
  }
  return [...stored.values()];
}
