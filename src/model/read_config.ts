import { openConfig, readSizes, readTextEnds } from "../format/config.ts";
import { quote } from "../format/errors.ts";
import type { Fields } from "../format/json.ts";
import type { Architecture } from "./architectures/architecture.ts";
import { ARCHITECTURES } from "./architectures/lookup.ts";
import { refuseForeign } from "./architectures/shared/foreign_fields.ts";
import { readTextPart, type TextPart, type Wrapper, WRAPPERS } from "./architectures/wrappers.ts";
import { readQuantization } from "./checkpoint/read_quantization.ts";
import type { ModelConfig } from "./config.ts";
import { originalContext } from "./context.ts";

/** All that can be read. */
const KNOWN: readonly (Architecture | Wrapper)[] = [...ARCHITECTURES, ...WRAPPERS];

/**
 * Reads the configuration of a model folder.
 *
 * @throws {NoInputError} when the folder or config.json is missing or not readable.
 * @throws {DataError} when a field is missing, malformed or asks for something unsupported.
 */
export async function readConfig(folder: string): Promise<ModelConfig> {
  const files = await openConfig(folder);
  const { config } = files;
  const { architecture, fields: own, seesPictures } = readArchitecture(config);
  const quantization = readQuantization(config) ?? readQuantization(own);
  const { defaults, otherNames = {}, derived = () => ({}) } = architecture;
  const given = own.withUsualNames(otherNames).withDefaults(defaults);
  const fields = given.withValues(derived(given));
  const sizes = readSizes(fields);
  refuseForeign(fields, architecture, sizes);
  const plan = architecture.plan(fields, sizes);
  const original = originalContext(plan) ?? Infinity;
  const { contextLength } = sizes;
  return {
    architecture: architecture.name,
    ...(seesPictures && { seesPictures }),
    ...(quantization && { quantization }),
    ...sizes,
    ...(original < contextLength && { contextLength: original, longestContext: contextLength }),
    ...plan,
    eosTokenIds: readTextEnds({ ...files, config: withEndsOf(config, own) }, sizes.vocabSize),
  };
}

/**
 * The architecture by its name; what `model_type` says must not contradict it. Files that were saved
 * without a model have no name, and the type alone says it. Of a model that sees pictures, too, it is that
 * of the text part.
 */
function readArchitecture(fields: Fields): TextPart & { seesPictures?: true } {
  const names = fields.value("architectures");
  const type = fields.text("model_type");
  const ofType = KNOWN.find(({ modelType }) => modelType === type);
  const found = names === undefined
    ? ofType
    : Array.isArray(names) && names.length === 1 && architectureOf(names[0], ofType);
  if (!found) {
    throw fields.fault(
      "architectures",
      `a list of one, of ${namesByEnding(KNOWN.map(({ name }) => name))}`,
      "other architectures are not supported",
    );
  }
  const { name, modelType } = found;
  if ((type ?? modelType) !== modelType) {
    throw fields.fault("model_type", quote(modelType), `that is the type of ${name}`);
  }
  return "texts" in found
    ? { ...readTextPart(fields, found), seesPictures: true }
    : { architecture: found, fields };
}

/** The architecture of that name, which is that of the type if it is saved under this name. */
function architectureOf(name: unknown, ofType?: Architecture | Wrapper) {
  const isSavedSo = ofType && "savedAs" in ofType && ofType.savedAs === name;
  return isSavedSo ? ofType : KNOWN.find((known) => known.name === name);
}

/** Names of architectures, their common endings once: "Gemma, Llama + ForCausalLM". */
function namesByEnding(names: readonly string[]): string {
  const byEnding = Map.groupBy(names, (name) => name.match(/(For|LMHead)\w*$/)?.[0] ?? "");
  return [...byEnding].map(([ending, names]) =>
    `${names.map((name) => name.slice(0, -ending.length)).join(", ")} + ${ending}`
  ).join(", or ");
}

/** The ends of texts stand in either part. */
function withEndsOf(fields: Fields, text: Fields): Fields {
  const key = "eos_token_id";
  return fields.withValues({ [key]: fields.value(key) ?? text.value(key) });
}
