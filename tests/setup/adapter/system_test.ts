import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { canInstall, driverAdvice, parseDistribution, readSystem, type System } from "./system.ts";

const DEBIAN: System = { os: "linux", distribution: ["debian"], isRoot: true };

Deno.test("the distribution is read with and without quotes, its relatives after it", () => {
  assertEquals(parseDistribution('NAME="Debian"\nVERSION_ID="12"\nID=debian\n'), ["debian"]);
  assertEquals(parseDistribution('ID="rocky"\nID_LIKE="rhel centos fedora"\n'), [
    "rocky",
    "rhel",
    "centos",
    "fedora",
  ]);
  assertEquals(parseDistribution("ID=pop\nID_LIKE='ubuntu debian'"), ["pop", "ubuntu", "debian"]);
  assertEquals(parseDistribution(""), []);
});

Deno.test("only a root user of Debian's family gets packages installed unasked", () => {
  assert(canInstall(DEBIAN));
  assert(canInstall({ ...DEBIAN, distribution: ["pop", "ubuntu", "debian"] }));
  assert(!canInstall({ ...DEBIAN, isRoot: false }));
  assert(!canInstall({ ...DEBIAN, distribution: ["fedora"] }));
  assert(!canInstall({ os: "darwin", distribution: [], isRoot: true }));
});

Deno.test({
  name: "root is who has the system's number zero",
  ignore: Deno.build.os === "windows",
  async fn() {
    const { stdout } = await new Deno.Command("sh", { args: ["-c", "id -u"] }).output();
    assertEquals(readSystem().isRoot, new TextDecoder().decode(stdout) === "0\n");
  },
});

Deno.test("every system is told its own command, with sudo for a user who is not root", () => {
  const cases: [Partial<System>, string][] = [
    [{}, "with: apt-get update && apt-get install -y libvulkan1 mesa-vulkan-drivers"],
    [
      { isRoot: false },
      "with: sudo apt-get update && sudo apt-get install -y libvulkan1 mesa-vulkan-drivers",
    ],
    [{ distribution: ["mint", "ubuntu", "debian"] }, "apt-get install -y libvulkan1"],
    [
      { distribution: ["fedora"], isRoot: false },
      "with: sudo dnf install -y vulkan-loader mesa-vulkan-drivers",
    ],
    [{ distribution: ["rocky", "rhel"] }, "with: dnf install -y"],
    [{ distribution: ["manjaro", "arch"] }, "with: pacman -S --needed vulkan-icd-loader"],
    [{ distribution: ["alpine"] }, "with: apk add vulkan-loader"],
    [{ distribution: ["opensuse-tumbleweed", "suse"] }, "with: zypper install -y"],
    [{ distribution: ["plan9"] }, "install the Vulkan loader and a Vulkan driver"],
    [{ os: "darwin", distribution: [] }, "Metal"],
    [{ os: "windows", distribution: [] }, "Direct3D 12"],
  ];
  for (const [difference, expected] of cases) {
    assertStringIncludes(driverAdvice({ ...DEBIAN, ...difference }), expected);
  }
});
