/**
 * Runs tests with exactly the permissions they need, after making sure that there is an adapter.
 *
 *   run_tests.ts [--long | --swiftshader] [deno test's own flags] [files or folders under tests/]
 *
 * Folders stand for the tests of this device's kernels. With `--long` they stand for the others: those whose
 * files are named so, which take minutes, and those of kernels that other devices have. With
 * `--swiftshader` the tests of what runs on the GPU that are not long, from single kernels to decoding and
 * training, run on that driver instead of the system's, with all kernels. Exits with deno test's code, or
 * with 69 (unavailable) where the driver cannot be had: tests never skip themselves for want of an adapter.
 */
import { fromFileUrl, join } from "@std/path";
import { DRIVER_VARIABLES, prepareDriverEnvironment } from "../../src/gpu/driver_environment.ts";
import { EXIT_UNAVAILABLE } from "./adapter/adapter.ts";
import { runApart } from "./apart.ts";
import { ensureAdapter } from "./adapter/ensure_adapter.ts";
import { swiftShaderEnvironment } from "./adapter/swiftshader.ts";
import { ownDriverGroups, secondDriverGroups, type TestGroup } from "./test_files.ts";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));

/** Environment variables that tests and the code under test may read. */
const READABLE_VARIABLES = [
  "REQUIRE_GPU", // a missing adapter is a failure
  "SECOND_DRIVER", // long tests do less
  "TRIED_KERNELS", // whose kernels are tried
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
  const paths = args.filter((arg) => arg.startsWith("tests") || arg.startsWith("./tests"));
  const flags = args.filter((arg) => !paths.includes(arg) && !OWN_FLAGS.includes(arg));
  const groups = isSecondDriver
    ? await secondDriverGroups(paths)
    : await ownDriverGroups(paths, args.includes("--long"));
  if (groups.length === 0) {
    console.error(`foretoken: no such tests in ${paths.join(" ")}`);
    return 1;
  }

  await Deno.mkdir(join(ROOT, ".cache"), { recursive: true });
  const scratch = await Deno.makeTempDir({ dir: join(ROOT, ".cache"), prefix: "tests-" });
  const start = { flags, scratch, driver, isSecondDriver };
  try {
    return groups.length === 1 ? await runAtOnce(groups[0], start) : await runGroups(groups, start);
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
}

/** Part of the name of each test with kernels of other devices, see tests/gpu/with_gpu.ts. */
const OTHER_KERNELS = "kernels for ";

/** Runs several files, which are its arguments. */
const GROUP = "tests/setup/group.ts";

/** Flags of this program, not of deno test. */
const OWN_FLAGS: readonly string[] = ["--long", "--swiftshader"];

/** What every start of deno test has. */
interface Start {
  flags: readonly string[];
  /** The only folder that may be written. */
  scratch: string;
  /** Environment variables that choose the driver. */
  driver: Record<string, string>;
  isSecondDriver: boolean;
}

/** Few files, in one process, with everything said as it happens. */
async function runAtOnce(group: TestGroup, start: Start): Promise<number> {
  return (await testCommand(group, start).spawn().status).code;
}

/**
 * How many processes run at once for each core. A process waits for a third of its time, for the most
 * part until it is told that the device is done, and another can work meanwhile.
 */
const PROCESSES_PER_CORE = 2;

/**
 * Each group of files in a process of its own, several at once. One process with threads would not do:
 * Deno begins files in an order of its own, the slowest among the last, and SwiftShader compiles one
 * kernel at a time in a process, which is much of what it does here. Ends with a line like deno test's.
 */
async function runGroups(groups: readonly TestGroup[], start: Start): Promise<number> {
  const began = performance.now();
  const { passed, failed } = await runApart(
    groups,
    PROCESSES_PER_CORE * navigator.hardwareConcurrency,
    (group) => testCommand(group, start),
    (output) => console.log(output.trim()),
  );
  const seconds = Math.round((performance.now() - began) / 1000);
  const verdict = failed === 0 ? "ok" : "FAILED";
  console.log(`\n${verdict} | ${passed} passed | ${failed} failed (${seconds}s)`);
  return failed === 0 ? 0 : 1;
}

function testCommand(
  { files, kernels }: TestGroup,
  { flags, scratch, driver, isSecondDriver }: Start,
): Deno.Command {
  const filter = kernels === "others" ? [`--filter=${OTHER_KERNELS}`] : [];
  const tests = files.length === 1 ? files : [GROUP, "--", ...files];
  return new Deno.Command(Deno.execPath(), {
    args: [
      "test",
      "--no-prompt",
      "--no-check",
      ...permissions(scratch),
      ...filter,
      ...flags,
      ...tests,
    ],
    cwd: ROOT,
    env: {
      SECOND_DRIVER: isSecondDriver ? "1" : "0",
      TRIED_KERNELS: kernels ?? "",
      REQUIRE_GPU: "1",
      TMPDIR: scratch,
      TMP: scratch,
      TEMP: scratch,
      XDG_STATE_HOME: join(scratch, "state"),
      ...driver,
    },
  });
}

/** No variables are needed for the system's own driver; null where there is none. */
async function systemDriver(): Promise<Record<string, string> | null> {
  return await ensureAdapter() === 0 ? {} : null;
}

/** Files that describe the system to the tests of the setup. */
const SYSTEM_FILES = ["/etc/os-release"];

/**
 * Temporary files go to a scratch folder inside the project, the only place that may be written. It goes with
 * the run: tests need not remove what they made.
 */
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
