import { assert, assertEquals } from "@std/assert";
import {
  findTestFiles,
  groupTests,
  ownDriverGroups,
  selectTests,
  SLOWEST,
  type TestGroup,
  type TriedKernels,
} from "./test_files.ts";

const FILES = ["tests/ops/b_test.ts", "tests/ops/a_test.ts", "tests/ops/a_long_test.ts"];

Deno.test("a folder stands for its short tests, or for its long ones, in their order", () => {
  const short = { paths: ["./tests/"], isLong: false };
  assertEquals(selectTests(FILES, short), FILES.slice(0, 2));
  assertEquals(selectTests(FILES, { paths: ["tests/ops"], isLong: true }), FILES.slice(2));
  assertEquals(selectTests(FILES, { paths: ["tests/op"], isLong: false }), []);
});

Deno.test("a file that is named runs, long or not", () => {
  assertEquals(selectTests(FILES, { paths: [FILES[2], FILES[1]], isLong: false }), [
    FILES[1],
    FILES[2],
  ]);
});

Deno.test("no test is in neither task", async () => {
  const files = await findTestFiles();
  const all = [true, false].flatMap((isLong) => selectTests(files, { paths: ["tests"], isLong }));
  assertEquals(all.sort(), [...files].sort());
  assertEquals(new Set(files).size, files.length);
});

Deno.test("the second driver gets the files that run something on the GPU, in the same order", async () => {
  const [all, onGpu] = [await findTestFiles(), await findTestFiles("gpu")];
  assertEquals(all.filter((path) => onGpu.includes(path)), onGpu);
  assert(onGpu.includes("tests/ops/kernels_test.ts"));
  assert(onGpu.includes("tests/gpu/gpu_test.ts"));
  assert(!onGpu.includes("tests/model/read_config_test.ts"));
});

Deno.test("files made for all kernels try the device's own first, and others with the long tests", async () => {
  const filesOf = (groups: TestGroup[], kernels?: TriedKernels) =>
    groups.filter((group) => group.kernels === kernels).flatMap(({ files }) => files);
  const [short, long] = [await ownDriverGroups([], false), await ownDriverGroups(["tests"], true)];
  assertEquals(new Set(short.map(({ kernels }) => kernels)), new Set<TriedKernels>(["own"]));
  assert(filesOf(short, "own").includes("tests/ops/kernels_test.ts"));
  assert(filesOf(long, "others").includes("tests/ops/kernels_test.ts"));
  assert(!filesOf(long, "others").includes("tests/model/goldens/architectures_test.ts"));
  assert(filesOf(long).every((file) => file.endsWith("_long_test.ts")));
  const [named] = await ownDriverGroups(["tests/ops/kernels_test.ts"], false);
  assertEquals(named, { files: ["tests/ops/kernels_test.ts"], kernels: undefined });
});

Deno.test("the files that begin first exist", async () => {
  for (const path of SLOWEST) assert((await Deno.stat(path)).isFile, path);
});

Deno.test("long files and the slowest run by themselves and first, the others together", () => {
  const others = Array.from({ length: 11 }, (_, i) => `tests/ops/${i}_test.ts`);
  const groups = groupTests([SLOWEST[0], ...others, FILES[2]]);
  assertEquals(groups.map(({ files }) => files), [
    [SLOWEST[0]],
    [FILES[2]],
    others.slice(0, 8),
    others.slice(8),
  ]);
});
