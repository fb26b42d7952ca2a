import { assert } from "@std/assert";
import { importsOf, sourceFiles } from "../structure/source.ts";

const ORACLES = "src/checks/oracles";
const REFERENCE = "tests/reference";

Deno.test("the oracles import nothing but each other", async () => {
  let imports = 0;
  for (const [folder, ...others] of [[ORACLES], [REFERENCE, ORACLES]]) {
    for (const { path, text } of await sourceFiles(folder, ".ts")) {
      for (const { specifier } of importsOf(text)) {
        const { pathname } = new URL(specifier, `file:///${path}`);
        const isAllowed = [folder, ...others].some((one) => pathname.startsWith(`/${one}/`));
        assert(specifier.startsWith(".") && isAllowed, `${path} imports ${specifier}`);
        imports++;
      }
    }
  }
  assert(imports >= 8, `only ${imports} imports found`);
});
