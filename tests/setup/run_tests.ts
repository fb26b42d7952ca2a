/**
 * Runs the tests with exactly the permissions they need, after making sure that there is an adapter.
 *
 *   run_tests.ts [--swiftshader] [deno test's own flags] [files or folders under tests/]
 *
 * With `--swiftshader` the tests of what runs on the GPU, from single kernels to decoding and training,
 * run on that driver instead of the system's. Exits with deno test's code, or with 69 (unavailable) where the driver cannot be had:
 * tests never skip themselves for want of an adapter.
 */
import { fromFileUrl, join } from "@std/path";
import { DRIVER_VARIABLES, prepareDriverEnvironment } from "../../src/gpu/driver_environment.ts";
import { EXIT_UNAVAILABLE } from "./adapter.ts";
import { ensureAdapter } from "./ensure_adapter.ts";
import { swiftShaderEnvironment } from "./swiftshader.ts";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));

/** Folders under tests/ about what runs on the GPU; of the rest the second driver would tell nothing new. */
const GPU_FOLDERS = ["decode", "draft", "gpu", "model", "ops", "train"];

/** Environment variables that tests and the code under test may read. */
const READABLE_VARIABLES = [
  "REQUIRE_GPU", // a missing adapter is a failure
  "SECOND_DRIVER", // long tests do less
  "VK_DRIVER_FILES", // which driver the tests of the setup start from
  ...DRIVER_VARIABLES,
  "XDG_STATE_HOME",
  "HOME",
  "NO_COLOR",
  "TERM",
];

/** Programs that tests start: foretoken itself, and shells that pipe it or run the CI script. */
const PROGRAMS = [Deno.execPath(), "sh", "bash"];

async function main(args: readonly string[]): Promise<number> {
  prepareDriverEnvironment(); // For the children too.
  const isSecondDriver = args.includes("--swiftshader");
  const driver = isSecondDriver ? await swiftShaderEnvironment() : await systemDriver();
  if (!driver) return EXIT_UNAVAILABLE;
  const testArgs = args.filter((arg) => arg !== "--swiftshader");
  const isSelected = testArgs.some((arg) => arg.startsWith("tests"));
  const folders = isSecondDriver ? GPU_FOLDERS.map((name) => `tests/${name}`) : ["tests"];
  if (!isSelected) testArgs.push(...folders);

  await Deno.mkdir(join(ROOT, ".cache"), { recursive: true });
  const scratch = await Deno.makeTempDir({ dir: join(ROOT, ".cache"), prefix: "tests-" });
  try {
    const { code } = await new Deno.Command(Deno.execPath(), {
      args: [
        "test",
        "--parallel",
        "--no-prompt",
        "--no-check",
        ...permissions(scratch),
        ...testArgs,
      ],
      cwd: ROOT,
      env: {
        SECOND_DRIVER: isSecondDriver ? "1" : "0",
        REQUIRE_GPU: "1",
        TMPDIR: scratch,
        TMP: scratch,
        TEMP: scratch,
        ...driver,
      },
    }).spawn().status;
    return code;
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
}

/** No variables are needed for the system's own driver; null where there is none. */
async function systemDriver(): Promise<Record<string, string> | null> {
  return await ensureAdapter() === 0 ? {} : null;
}

/** Files that describe the system to the tests of the setup. */
const SYSTEM_FILES = ["/etc/os-release"];

/** Temporary files go to a scratch folder inside the project, the only place that may be written. */
function permissions(scratch: string): string[] {
  return [
    `--allow-read=${[ROOT, scratch, ...SYSTEM_FILES].join(",")}`,
    `--allow-write=${scratch}`,
    `--allow-env=${READABLE_VARIABLES.join(",")}`,
    "--allow-net=127.0.0.1,localhost",
    "--allow-sys=uid",
    `--allow-run=${PROGRAMS.join(",")}`,
  ];
}

if (import.meta.main) Deno.exit(await main(Deno.args));
