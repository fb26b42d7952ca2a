import { openConfig, readSizes, readTextEnds } from "../format/config.ts";
import type { Fields } from "../format/json.ts";
import type { Architecture } from "./architectures/architecture.ts";
import { architectureNamed, ARCHITECTURES } from "./architectures/registry.ts";
import type { ModelConfig } from "./config.ts";

/**
 * Reads the configuration of a model folder.
 *
 * @throws {NoInputError} when the folder or config.json is missing or not readable.
 * @throws {DataError} when a field is missing, malformed or asks for something unsupported.
 */
export async function readConfig(folder: string): Promise<ModelConfig> {
  const files = await openConfig(folder);
  const architecture = readArchitecture(files.config);
  refuseQuantized(files.config);
  const fields = files.config.withDefaults(architecture.defaults);
  const sizes = readSizes(fields);
  return {
    architecture: architecture.name,
    ...sizes,
    ...architecture.plan(fields, sizes),
    ...readTextEnds(files, sizes.vocabSize),
  };
}

function readArchitecture(fields: Fields): Architecture {
  const names = fields.value("architectures");
  const named = Array.isArray(names) && names.length === 1 && architectureNamed(names[0]);
  if (named) return named;
  throw fields.fault(
    "architectures",
    ARCHITECTURES.map(({ name }) => `["${name}"]`).join(" or "),
    "other architectures are not supported",
  );
}

function refuseQuantized(fields: Fields): void {
  if (fields.value("quantization_config") === undefined) return;
  const next = "get the model with F32, F16 or BF16 weights";
  throw fields.fault("quantization_config", "nothing", next);
}
