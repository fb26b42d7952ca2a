import { DataError, malformed, quote } from "../format/errors.ts";
import { type JsonObject, parseJson, requireObject } from "../format/json.ts";
import type { WrittenKind } from "../format/safetensors/replaceable.ts";
import {
  Safetensors,
  type TensorData,
  writeSafetensors,
} from "../format/safetensors/safetensors.ts";
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

/** The kind of file that a checkpoint is. */
export const CHECKPOINT_KIND: WrittenKind = {
  format: "foretoken.training",
  purpose: "a checkpoint of training",
};
const { format: FORMAT, purpose: PURPOSE } = CHECKPOINT_KIND;

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
    seconds: String(state.seconds),
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
  identity: JsonObject,
  lengths: readonly number[],
): Promise<Checkpoint> {
  using tensors = await Safetensors.openFile(path, PURPOSE);
  const text = (key: string) => tensors.metadata.get(key);
  const fault = (key: string, expected: string) =>
    malformed({ file: path, where: `metadata key ${key}`, found: quote(text(key)), expected });
  const parsed = (key: string) => parseJson(text(key) ?? "", path, `metadata key ${key}`);
  if (text("format") !== FORMAT) throw fault("format", FORMAT);
  requireSame(requireObject(parsed("identity"), path, "metadata key identity"), identity, path);
  if (!/^\d{1,9}$/.test(text("step") ?? "")) throw fault("step", "a whole number");
  const seconds = Number(text("seconds") ?? 0);
  if (!(seconds >= 0)) throw fault("seconds", "a number that is not negative");
  const history = parsed("history");
  if (!isHistory(history)) throw fault("history", "a list of steps and losses");
  const state: ParameterState = { weights: [], firstMoments: [], secondMoments: [] };
  for (const [kind, name] of TENSORS) {
    for (const [i, length] of lengths.entries()) {
      state[kind].push(await readFloats(tensors, `${name}.${i}`, length));
    }
  }
  return { state: { step: Number(text("step")), seconds, ...state }, history };
}

function requireSame(saved: JsonObject, identity: JsonObject, path: string): void {
  for (const [name, value] of Object.entries(identity)) {
    const [found, expected] = [saved[name], value].map((one) => JSON.stringify(one) ?? "none");
    if (found === expected) continue;
    throw new DataError(
      `${path}: the run to resume had ${name} ${found}, this one has ${expected}; ` +
        `give the same flags, or start anew without --resume`,
    );
  }
}

function isHistory(value: unknown): value is HistoryPoint[] {
  return Array.isArray(value) &&
    value.every((point) => typeof point?.step === "number" && typeof point.loss === "number");
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
