import { DataError, malformed } from "../format/errors.ts";
import { parseJson } from "../format/json.ts";
import { Safetensors, type TensorData, writeSafetensors } from "../format/safetensors.ts";
import type { ParameterState } from "./parameters.ts";
import type { Accuracy, TrainingState } from "./trainer.ts";

/** What was measured at a step, for the curves. */
export interface HistoryPoint {
  step: number;
  /** Mean loss in nats of a text of that step. */
  loss: number;
  held?: Accuracy;
}

/** A run that can go on. */
export interface Checkpoint {
  state: TrainingState;
  history: HistoryPoint[];
}

const FORMAT = "foretoken.training";

/** What the tensors of each kind are called; a number follows. */
const TENSORS = [
  ["weights", "maps"],
  ["firstMoments", "firstMoments"],
  ["secondMoments", "secondMoments"],
] as const;

/** Writes a checkpoint as a whole. `identity` says what the run's numbers depend on. */
export async function writeCheckpoint(
  path: string,
  { state, history }: Checkpoint,
  identity: unknown,
): Promise<void> {
  const tensors = TENSORS.flatMap(([kind, name]) =>
    state[kind].map((numbers, i): TensorData => ({
      name: `${name}.${i}`,
      dtype: "F32",
      shape: [numbers.length],
      data: new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength),
    }))
  );
  await writeSafetensors(path, tensors, {
    format: FORMAT,
    step: String(state.step),
    history: JSON.stringify(history),
    identity: JSON.stringify(identity),
  });
}

/**
 * Reads the checkpoint of a run of the same identity, with parameters of these lengths.
 *
 * @throws DataError if it is none, or of another run; NoInputError if it is not there.
 */
export async function readCheckpoint(
  path: string,
  identity: Readonly<Record<string, unknown>>,
  lengths: readonly number[],
): Promise<Checkpoint> {
  using tensors = await Safetensors.openFile(path);
  const { metadata } = tensors;
  if (metadata.get("format") !== FORMAT) {
    const found = JSON.stringify(metadata.get("format"));
    throw malformed({ file: path, where: "metadata key format", found, expected: FORMAT });
  }
  const parsed = (key: string, otherwise: string) =>
    parseJson(metadata.get(key) ?? otherwise, `${path}: metadata key ${key}`);
  const saved = Object(parsed("identity", "{}"));
  for (const [name, value] of Object.entries(identity)) {
    if (JSON.stringify(saved[name]) === JSON.stringify(value)) continue;
    throw new DataError(
      `${path}: the run to resume had ${name} ${JSON.stringify(saved[name])}, this one has ` +
        `${JSON.stringify(value)}; give the same flags, or start anew without --resume`,
    );
  }
  const state: ParameterState = { weights: [], firstMoments: [], secondMoments: [] };
  for (const [kind, name] of TENSORS) {
    for (const [i, length] of lengths.entries()) {
      state[kind].push(await readFloats(tensors, `${name}.${i}`, length));
    }
  }
  return {
    state: { step: Number(metadata.get("step")), ...state },
    history: parsed("history", "[]") as HistoryPoint[],
  };
}

async function readFloats(
  tensors: Safetensors,
  name: string,
  length: number,
): Promise<Float32Array<ArrayBuffer>> {
  const { dtype, byteLength } = tensors.get(name, [length]);
  if (dtype !== "F32") {
    const file = tensors.fileOf(name);
    throw malformed({ file, where: name, found: dtype, expected: "F32" });
  }
  const bytes = await tensors.read(name, 0, byteLength);
  return new Float32Array(bytes.slice().buffer);
}
