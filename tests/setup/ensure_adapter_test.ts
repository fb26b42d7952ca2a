import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { DRIVER_VARIABLES } from "../../src/gpu/driver_environment.ts";
import { canInstall, driverAdvice, readSystem } from "./system.ts";

const SCRIPT = fromFileUrl(new URL("./ensure_adapter.ts", import.meta.url));
const SYSTEM = readSystem();
/** These tests hide the drivers by the Vulkan loader's own means, which only Linux has. */
const needsLinux = SYSTEM.os !== "linux";
const needsDebianRoot = !canInstall(SYSTEM);

/** Copies a description of a driver that works here to where the test looks for one. */
const INSTALL_REAL_DRIVER =
  `cp "$(ls /usr/share/vulkan/icd.d/lvp* /usr/share/vulkan/icd.d/nvidia* /etc/vulkan/icd.d/* ` +
  `2>/dev/null | head -n 1)" DRIVER`;

/**
 * Runs the setup where no driver is found, with a program named apt-get of our own: it writes down
 * its arguments, says something on stdout, and `install` is what it does when asked to install.
 */
async function setUpWithoutDriver(install: string) {
  const folder = await Deno.makeTempDir();
  try {
    const driver = join(folder, "driver.json");
    const log = join(folder, "log");
    const aptGet = join(folder, "apt-get");
    await Deno.writeTextFile(
      aptGet,
      `#!/bin/sh\necho "$@" >> '${log}'\necho chatter\n` +
        `case "$*" in *install*) ${install.replace("DRIVER", `'${driver}'`)};; esac\n`,
      { mode: 0o755 },
    );
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--quiet", "--no-prompt", `--allow-env=${DRIVER_VARIABLES}`, "--allow-sys=uid"],
        ...["--allow-read=/etc/os-release", `--allow-run=${aptGet},${Deno.execPath()}`, SCRIPT],
      ],
      env: {
        PATH: `${folder}:/usr/bin:/bin`,
        DENO_WEBGPU_BACKEND: "vulkan",
        VK_DRIVER_FILES: driver,
        VK_ICD_FILENAMES: driver,
      },
    }).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    const commands = await Deno.readTextFile(log).catch(() => "");
    return { code, stdout: text(stdout), stderr: text(stderr), commands };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test({
  name: "without a driver the setup ends with 69 and the command for this system, no stack trace",
  ignore: needsLinux,
  async fn() {
    const { code, stdout, stderr } = await setUpWithoutDriver("exit 100");
    assertEquals(code, 69);
    assertEquals(stdout, "");
    assertStringIncludes(stderr, driverAdvice(SYSTEM));
    assert(!/^\s+at /m.test(stderr), stderr);
  },
});

Deno.test({
  name: "a root user of Debian gets the driver installed, and the second look finds the adapter",
  ignore: needsDebianRoot,
  async fn() {
    const { code, stdout, stderr, commands } = await setUpWithoutDriver(INSTALL_REAL_DRIVER);
    assertEquals(code, 0, stderr);
    const quiet = "-qq -o Dpkg::Use-Pty=0";
    assertEquals(
      commands,
      `${quiet} update\n${quiet} install -y libvulkan1 mesa-vulkan-drivers\n`,
    );
    assertMatch(stderr, /^foretoken: no WebGPU adapter; installing libvulkan1 and mesa/);
    assertEquals(stdout, "", "stdout belongs to the answer of the model");
  },
});

Deno.test({
  name: "an installation that gives no adapter is reported as just that",
  ignore: needsDebianRoot,
  async fn() {
    const { code, stderr } = await setUpWithoutDriver("true");
    assertEquals(code, 69);
    assertStringIncludes(stderr, "the driver is installed, but there is still no WebGPU adapter");
  },
});

Deno.test("with an adapter the setup says nothing", async () => {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", `--allow-env=${DRIVER_VARIABLES}`, SCRIPT],
  }).output();
  assertEquals([code, stdout.length, new TextDecoder().decode(stderr)], [0, 0, ""]);
});
