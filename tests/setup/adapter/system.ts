/** What kind of system this is, and how a Vulkan driver is had on it. */

/** The facts that decide how a driver is installed. */
export interface System {
  /** Operating system as Deno names it: "linux", "darwin", "windows", … */
  os: string;
  /** `ID` and `ID_LIKE` of /etc/os-release, most specific first; empty elsewhere. */
  distribution: readonly string[];
  /** Whether the user may install packages without sudo. */
  isRoot: boolean;
}

/** Debian's packages: the Vulkan loader, and Mesa's drivers with the software one among them. */
export const DEBIAN_PACKAGES: readonly string[] = ["libvulkan1", "mesa-vulkan-drivers"];

/** Commands per distribution family, as a root user types them. */
const INSTALL_COMMANDS: ReadonlyMap<string, string> = new Map([
  ["debian", `apt-get update && apt-get install -y ${DEBIAN_PACKAGES.join(" ")}`],
  ["ubuntu", `apt-get update && apt-get install -y ${DEBIAN_PACKAGES.join(" ")}`],
  ["fedora", "dnf install -y vulkan-loader mesa-vulkan-drivers"],
  ["rhel", "dnf install -y vulkan-loader mesa-vulkan-drivers"],
  ["arch", "pacman -S --needed vulkan-icd-loader vulkan-swrast"],
  ["alpine", "apk add vulkan-loader mesa-vulkan-swrast"],
  ["opensuse", "zypper install -y libvulkan1 libvulkan_lvp"],
  ["suse", "zypper install -y libvulkan1 libvulkan_lvp"],
]);

/** `ID` and then the words of `ID_LIKE` from the text of /etc/os-release. */
export function parseDistribution(osRelease: string): string[] {
  const valueOf = (key: string) =>
    osRelease.match(new RegExp(`^${key}=["']?([^"'\\n]*)`, "m"))?.[1] ?? "";
  return `${valueOf("ID")} ${valueOf("ID_LIKE")}`.toLowerCase().split(/\s+/).filter(Boolean);
}

/** This system. Needs `--allow-read=/etc/os-release` and `--allow-sys=uid`. */
export function readSystem(): System {
  const { os } = Deno.build;
  return {
    os,
    distribution: os === "linux" ? parseDistribution(readOsRelease()) : [],
    isRoot: os !== "windows" && Deno.uid() === 0,
  };
}

/** Whether apt-get can install the driver right now, without asking anybody. */
export function canInstall(system: System): boolean {
  return system.os === "linux" && system.isRoot &&
    system.distribution.some((name) => name === "debian" || name === "ubuntu");
}

/** What a person does next on a system without an adapter: the exact command, where there is one. */
export function driverAdvice(system: System): string {
  if (system.os === "darwin") {
    return "macOS has Metal built in, so an adapter is expected on every Mac; " +
      "a virtual machine without graphics acceleration has none";
  }
  if (system.os === "windows") {
    return "Windows has Direct3D 12 built in; install the graphics driver of the GPU's maker";
  }
  for (const name of system.distribution) {
    const command = INSTALL_COMMANDS.get(familyOf(name));
    if (command) return `install a Vulkan driver with: ${system.isRoot ? command : sudo(command)}`;
  }
  return "install the Vulkan loader and a Vulkan driver " +
    "(Mesa's software driver, called lavapipe, will do)";
}

/**
 * Runs apt-get and says whether it succeeded. Its output goes to stderr, since stdout belongs to the
 * answer of the model. Needs `--allow-run=apt-get`.
 * @param folder Working folder of the command, this process's own if left out.
 */
export async function aptGet(args: readonly string[], folder?: string): Promise<boolean> {
  try {
    const child = new Deno.Command("apt-get", {
      args: ["-qq", "-o", "Dpkg::Use-Pty=0", ...args],
      cwd: folder,
      env: { DEBIAN_FRONTEND: "noninteractive" },
      stdin: "null",
      stdout: "piped",
    }).spawn();
    await child.stdout.pipeTo(Deno.stderr.writable, { preventClose: true });
    return (await child.status).success;
  } catch (error) {
    console.error(`foretoken: apt-get: ${error instanceof Error ? error.message : error}`);
    return false;
  }
}

/** openSUSE's editions share one package manager; every other name stands for itself. */
function familyOf(name: string): string {
  return name.startsWith("opensuse") ? "opensuse" : name;
}

function sudo(command: string): string {
  return command.split(" && ").map((part) => `sudo ${part}`).join(" && ");
}

function readOsRelease(): string {
  try {
    return Deno.readTextFileSync("/etc/os-release");
  } catch {
    return "";
  }
}
