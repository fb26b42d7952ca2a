import { assertEquals } from "@std/assert";
import { adapterFacts } from "../../../src/cli/doctor/adapter_facts.ts";
import { backendName } from "../../../src/gpu/driver_environment.ts";

/** What is told beside the name, of an adapter with this vendor's number. */
function factsOf(name: string, vendor: string, isSoftware = false) {
  const info = { vendor, architecture: "", device: "0", description: name };
  const { driver, vendor: maker, software, ...facts } = adapterFacts({ name, info, isSoftware });
  assertEquals([facts.name, facts.description, facts.device], [name, "", ""]);
  return [driver, maker, software.split(":")[0]];
}

Deno.test("doctor names driver and vendor, and says of a driver on the CPU that it is one", () => {
  const cases: [
    name: string,
    vendor: string,
    isSoftware: boolean,
    driver: string,
    maker: string,
  ][] = [
    ["llvmpipe (LLVM 15.0.6, 256 bits)", "65541", true, "Mesa's lavapipe", "Mesa"],
    ["SwiftShader Device (Subzero)", "6880", true, "Google's SwiftShader", "Google"],
    ["AMD Radeon RX 6800 (RADV NAVI21)", "4098", false, "Mesa's RADV", "AMD"],
    ["NVIDIA H100 80GB HBM3", "4318", false, "NVIDIA's", "NVIDIA"],
    ["Something new", "4711", false, "unknown", "4711"],
    ["Something else", "0", false, "unknown", ""],
  ];
  for (const [name, vendor, isSoftware, driver, maker] of cases) {
    assertEquals(factsOf(name, vendor, isSoftware), [driver, maker, isSoftware ? "yes" : "no"]);
  }
});

Deno.test("doctor names the backend that was asked for, or the system's own", () => {
  assertEquals(backendName("linux", "vulkan"), "Vulkan");
  assertEquals(backendName("linux", "gl"), "OpenGL");
  assertEquals(backendName("windows", "Vulkan, dx12"), "Vulkan or Direct3D 12");
  assertEquals(backendName("darwin", ""), "Metal");
  assertEquals(backendName("windows", ""), "Direct3D 12");
  assertEquals(backendName("freebsd", ""), "the first that Deno found");
});
