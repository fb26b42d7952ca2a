import { openConfig, readSizes, readTextEnds } from "../format/config.ts";
import { quote } from "../format/errors.ts";
import type { Fields } from "../format/json.ts";
import type { Architecture } from "./architectures/architecture.ts";
import { architectureNamed, ARCHITECTURES } from "./architectures/lookup.ts";
import { refuseForeign } from "./architectures/shared/foreign_fields.ts";
import { readQuantization } from "./checkpoint/read_quantization.ts";
import type { ModelConfig } from "./config.ts";
import { originalContext } from "./context.ts";

/**
 * Reads the configuration of a model folder.
 *
 * @throws {NoInputError} when the folder or config.json is missing or not readable.
 * @throws {DataError} when a field is missing, malformed or asks for something unsupported.
 */
export async function readConfig(folder: string): Promise<ModelConfig> {
  const files = await openConfig(folder);
  const architecture = readArchitecture(files.config);
  const quantization = readQuantization(files.config);
  const fields = files.config.withDefaults(architecture.defaults);
  const sizes = readSizes(fields);
  refuseForeign(fields, architecture, sizes);
  const plan = architecture.plan(fields, sizes);
  const original = originalContext(plan) ?? Infinity;
  const { contextLength } = sizes;
  return {
    architecture: architecture.name,
    ...(quantization && { quantization }),
    ...sizes,
    ...(original < contextLength && { contextLength: original, longestContext: contextLength }),
    ...plan,
    ...readTextEnds(files, sizes.vocabSize),
  };
}

/**
 * The architecture by its name; what `model_type` says must not contradict it. Files that were saved
 * without a model have no name, and the type alone says it.
 */
function readArchitecture(fields: Fields): Architecture {
  const names = fields.value("architectures");
  const type = fields.text("model_type");
  const architecture = names === undefined
    ? ARCHITECTURES.find(({ modelType }) => modelType === type)
    : Array.isArray(names) && names.length === 1 && architectureNamed(names[0]);
  if (!architecture) {
    throw fields.fault(
      "architectures",
      ARCHITECTURES.map(({ name }) => `["${name}"]`).join(" or "),
      "other architectures are not supported",
    );
  }
  const { name, modelType } = architecture;
  if ((type ?? modelType) === modelType) return architecture;
  throw fields.fault("model_type", quote(modelType), `that is the type of ${name}`);
}
