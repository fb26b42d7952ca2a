import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { DRIVER_VARIABLES } from "../../../src/gpu/driver_environment.ts";
import { quoted } from "../../cli/terminal/pseudo_terminal.ts";
import { canInstall, driverAdvice, readSystem, type System } from "./system.ts";

const SETUP = new URL("./ensure_adapter.ts", import.meta.url);
const RUN_TESTS = fromFileUrl(new URL("../run_tests.ts", import.meta.url));
const SYSTEM_TEST = "tests/setup/adapter/system_test.ts";

/** These tests hide libraries by the dynamic linker's own means. */
const needsLinux = Deno.build.os !== "linux";

const ROOT: System = { os: "linux", distribution: ["debian"], isRoot: true };
const USER: System = { ...ROOT, isRoot: false };

/** A machine on which no Vulkan loader is found. */
interface Situation {
  /** Whether OpenGL, where this machine has it, is there to be taken by mistake. */
  hasEgl: boolean;
  /** What `apt-get install` does, as lines of a shell in which `$LIBRARIES` is where libraries hide. */
  install: string;
}

/** Brings this machine's own Vulkan loader to light again. */
const REVEAL_VULKAN = 'rm "$LIBRARIES/libvulkan.so.1"';

/** Runs the setup in the situation, as if on this system. */
async function setUp(system: System, situation: Situation) {
  const main = await Deno.makeTempFile({ suffix: ".ts" });
  await Deno.writeTextFile(
    main,
    `import { ensureAdapter } from ${JSON.stringify(SETUP)};\n` +
      `Deno.exit(await ensureAdapter(${JSON.stringify(system)}));\n`,
  );
  return await runIn(situation, [main]);
}

/**
 * Runs a script in the situation, with a program named apt-get of our own, which writes down its
 * arguments and says something on stdout. Empty files in front of the libraries hide them.
 */
async function runIn({ hasEgl, install }: Situation, script: readonly string[]) {
  const folder = await Deno.makeTempDir();
  const hidden = ["libvulkan.so.1", ...hasEgl ? [] : ["libEGL.so.1", "libEGL.so"]];
  for (const name of hidden) await Deno.writeTextFile(join(folder, name), "");
  const [log, aptGet] = [join(folder, "log"), join(folder, "apt-get")];
  const stub = `#!/bin/sh\nLIBRARIES=${quoted(folder)}\necho "$@" >> ${quoted(log)}\n` +
    `echo chatter\ncase "$*" in *install*) ${install};; esac\n`;
  await Deno.writeTextFile(aptGet, stub, { mode: 0o755 });
  const command = [
    Deno.execPath(),
    ...["run", "--quiet", "--no-prompt", `--allow-env=${DRIVER_VARIABLES}`, "--allow-sys=uid"],
    ...["--config", fromFileUrl(new URL("../../../deno.json", import.meta.url))],
    "--allow-read=.,/etc/os-release",
    ...["--allow-run", ...script], // Nothing less may start programs under that variable.
  ].map(quoted).join(" ");
  // A shell sets the linker's variable, since Deno starts no program with it.
  const { code, stdout, stderr } = await new Deno.Command("sh", {
    args: ["-c", `LD_LIBRARY_PATH=${quoted(folder)} exec ${command}`],
    env: { PATH: `${folder}:/usr/bin:/bin`, DENO_WEBGPU_BACKEND: "", XDG_RUNTIME_DIR: "" },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  const commands = await Deno.readTextFile(log).catch(() => "");
  return { code, stdout: text(stdout), stderr: text(stderr), commands };
}

for (const hasEgl of [false, true]) {
  const where = `without a Vulkan loader, ${hasEgl ? "but with" : "and without"} EGL,`;

  Deno.test({
    name: `${where} a user gets the command for this system and 69, and nothing is installed`,
    ignore: needsLinux,
    async fn() {
      const { code, stdout, stderr, commands } = await setUp(USER, {
        hasEgl,
        install: REVEAL_VULKAN,
      });
      assertEquals([code, stdout, commands], [69, "", ""]);
      assertEquals(stderr, `foretoken: no WebGPU adapter; ${driverAdvice(USER)}\n`);
      assertStringIncludes(stderr, "sudo apt-get install");
    },
  });

  Deno.test({
    name: `${where} root gets the driver installed, and the second look finds the adapter`,
    ignore: needsLinux,
    async fn() {
      const { code, stdout, stderr, commands } = await setUp(ROOT, {
        hasEgl,
        install: REVEAL_VULKAN,
      });
      assertEquals(code, 0, stderr);
      const quiet = "-qq -o Dpkg::Use-Pty=0";
      assertEquals(
        commands,
        `${quiet} update\n${quiet} install -y libvulkan1 mesa-vulkan-drivers\n`,
      );
      assertEquals(stdout, "", "stdout belongs to the answer of the model");
      assertStringIncludes(stderr, "foretoken: no WebGPU adapter; installing libvulkan1 and mesa");
    },
  });

  Deno.test({
    name: `${where} an installation that fails or helps nothing is reported as just that`,
    ignore: needsLinux,
    async fn() {
      const cases = [["exit 100", "not installed, so there is"], [
        "true",
        "installed, but there is still",
      ]];
      for (const [install, outcome] of cases) {
        const { code, stderr } = await setUp(ROOT, { hasEgl, install });
        assertEquals(code, 69);
        assertStringIncludes(stderr, `the driver is ${outcome} no WebGPU adapter`);
        assertStringIncludes(stderr, driverAdvice(ROOT));
        assert(!/^\s+at /m.test(stderr), stderr);
      }
    },
  });

  Deno.test({
    name: `${where} the tests do not begin, on this machine and for this user`,
    ignore: needsLinux,
    async fn() {
      const situation = { hasEgl, install: "exit 100" };
      const { code, stdout, stderr, commands } = await runIn(situation, [RUN_TESTS, SYSTEM_TEST]);
      assertEquals([code, stdout], [69, ""]);
      assertMatch(stderr, /^foretoken: no WebGPU adapter; /);
      assertStringIncludes(stderr, driverAdvice(readSystem()));
      assertEquals(commands !== "", canInstall(readSystem()), "packages are for root alone");
    },
  });
}

Deno.test("with an adapter the setup says nothing", async () => {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-prompt", `--allow-env=${DRIVER_VARIABLES}`, "--allow-sys=uid"],
      ...["--allow-read=/etc/os-release", fromFileUrl(SETUP)],
    ],
  }).output();
  assertEquals([code, stdout.length, new TextDecoder().decode(stderr)], [0, 0, ""]);
});
