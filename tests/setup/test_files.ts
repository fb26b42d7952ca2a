/** Which test files run, and in which order. */
import { sourceFiles } from "../structure/source.ts";

/** Ends the name of a file whose tests take minutes; they run by `deno task test:long`. */
const LONG_ENDING = "_long_test.ts";

/**
 * The files that take longest on two cores, on one of the drivers or on both, about the longest first.
 * They begin first, each by itself, so that no core is left alone with one of them in the end; the
 * order means nothing else.
 */
export const SLOWEST: readonly string[] = [
  "tests/model/goldens/architectures_long_test.ts",
  "tests/decode/lossless/lossless_long_test.ts",
  "tests/draft/equality/equality_long_test.ts",
  "tests/model/goldens/quantised_long_test.ts",
  "tests/model/batches/batches_long_test.ts",
  "tests/decode/demo/drafted_demo_model_long_test.ts",
  "tests/train/hidden_transfer/gradient_long_test.ts",
  "tests/decode/distribution/distribution_long_test.ts",
  "tests/decode/prompts/long_prompt_long_test.ts",
  "tests/setup/compile/compile_long_test.ts",
  "tests/cli/doctor/doctor_long_test.ts",
  "tests/ops/lane_order_long_test.ts",
  "tests/ops/kernels_test.ts",
  "tests/draft/equality/equality_test.ts",
  "tests/model/random_models_test.ts",
  "tests/model/goldens/architectures_test.ts",
  "tests/model/goldens/quantised_test.ts",
  "tests/cli/generate/hidden_transfer_test.ts",
  "tests/cli/train/train_test.ts",
  "tests/cli/train/train_phrases_test.ts",
  "tests/cli/demo_model_test.ts",
  "tests/ops/sweeps_test.ts",
  "tests/train/hidden_transfer/gradient_test.ts",
  "tests/decode/demo/drafted_demo_model_test.ts",
  "tests/decode/lossless/lossless_test.ts",
  "tests/decode/lossless/determinism_test.ts",
  "tests/cli/models/commands_test.ts",
  "tests/bench/compare/comparison_test.ts",
  "tests/draft/registry_test.ts",
  "tests/draft/hidden_transfer/hidden_transfer_test.ts",
  "tests/engine/library/examples_test.ts",
  "tests/bench/tuning/tuner_test.ts",
  "tests/train/trainer_test.ts",
  "tests/decode/demo/demo_model_test.ts",
  "tests/decode/parallel_decoder_test.ts",
  "tests/train/passes/backward_kernels_test.ts",
  "tests/model/demo_model_test.ts",
  "tests/ops/blocks_test.ts",
  "tests/train/medusa/medusa_gradient_test.ts",
  "tests/decode/distribution/distribution_test.ts",
];

/** What was asked for. */
export interface Selection {
  /** Files, or folders to be looked through. */
  paths: readonly string[];
  /** Whether folders stand for their long tests or for all others. */
  isLong: boolean;
}

/** What the text of a file has whose tests run something on the GPU, or are made for all kernels. */
const SIGNS = { gpu: /\/with_gpu\.ts/, kernels: /\b(DECODING_|TEXT_)?VARIANTS\b/ };

/**
 * All test files below tests/, or those of one kind, seen from the root. The slowest come first and then the
 * others on the GPU, so that in the end the cores share what is quick.
 */
export async function findTestFiles(kind?: keyof typeof SIGNS): Promise<string[]> {
  const files = await sourceFiles("tests", "_test.ts");
  const withSign = (kind: keyof typeof SIGNS) =>
    files.filter(({ text }) => SIGNS[kind].test(text)).map(({ path }) => path);
  const all = kind ? withSign(kind) : files.map(({ path }) => path);
  return [...new Set([...SLOWEST, ...withSign("gpu"), ...all])].filter((path) =>
    all.includes(path)
  );
}

/** Those of the files that are selected, in their order. A file that is named runs, long or not. */
export function selectTests(files: readonly string[], { paths, isLong }: Selection): string[] {
  const wanted = paths.map((path) => path.replace(/^\.\//, "").replace(/\/+$/, ""));
  return files.filter((file) =>
    wanted.some((path) =>
      file === path || (file.startsWith(`${path}/`) && file.endsWith(LONG_ENDING) === isLong)
    )
  );
}

/** Which kernels tests try that are made for all: the device's own, or those of other devices. */
export type TriedKernels = "own" | "others";

/** Test files that a process runs, one after the other. */
export interface TestGroup {
  files: readonly string[];
  /** All if left out. */
  kernels?: TriedKernels | undefined;
}

/** Other files that run in one process: enough to make up for its start, and to share kernels. */
const GROUP_SIZE = 8;

/** The files by the process that runs them: the slowest each have one, in their order. */
export function groupTests(files: readonly string[], kernels?: TriedKernels): TestGroup[] {
  const isAlone = (file: string) => SLOWEST.includes(file) || file.endsWith(LONG_ENDING);
  const groups = files.filter(isAlone).map((file) => [file]);
  const others = files.filter((file) => !isAlone(file));
  for (let at = 0; at < others.length; at += GROUP_SIZE) {
    groups.push(others.slice(at, at + GROUP_SIZE));
  }
  return groups.map((files) => ({ files, kernels }));
}

/**
 * What runs on the system's driver. Folders stand for their tests with this device's kernels or, with
 * `isLong`, for long tests and those with other devices' kernels. Files that are named try all kernels.
 */
export async function ownDriverGroups(
  paths: readonly string[],
  isLong: boolean,
): Promise<TestGroup[]> {
  const named = paths.filter((path) => path.endsWith(".ts"));
  const folders = paths.length > 0 ? paths.filter((path) => !named.includes(path)) : ["tests"];
  const files = await findTestFiles();
  const ofFolders = selectTests(files, { paths: folders, isLong });
  const ofOthers = selectTests(await findTestFiles("kernels"), { paths: folders, isLong: false });
  const groups = [
    ...groupTests(ofFolders, isLong ? undefined : "own"),
    ...(isLong ? groupTests(ofOthers, "others") : []),
    ...groupTests(selectTests(files, { paths: named, isLong })),
  ];
  return groups.sort((a, b) => placeOf(a) - placeOf(b));
}

/** Place among the slowest; behind them for all others. */
function placeOf({ files: [first] }: TestGroup): number {
  return SLOWEST.includes(first) ? SLOWEST.indexOf(first) : SLOWEST.length;
}

/** Folders about what runs on the GPU; of others the second driver would tell nothing new. */
const GPU_FOLDERS = ["decode", "draft", "gpu", "model", "ops", "train"].map((name) =>
  `tests/${name}`
);

/** What runs on the second driver: no long tests, but all kernels. */
export async function secondDriverGroups(paths: readonly string[]): Promise<TestGroup[]> {
  const wanted = paths.length > 0 ? paths : GPU_FOLDERS;
  return groupTests(selectTests(await findTestFiles("gpu"), { paths: wanted, isLong: false }));
}
