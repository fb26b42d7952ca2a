import { assert, assertMatch } from "@std/assert";

Deno.test("the oracles import nothing but each other", async () => {
  const folder = new URL("../reference/", import.meta.url);
  let imports = 0;
  for await (const { name } of Deno.readDir(folder)) {
    if (!name.endsWith(".ts")) continue;
    const source = await Deno.readTextFile(new URL(name, folder));
    for (const [, specifier] of source.matchAll(/\b(?:from|import)\s*\(?\s*"([^"]+)"/g)) {
      assertMatch(specifier, /^\.\/[a-z_]+\.ts$/, `${name} imports ${specifier}`);
      imports++;
    }
  }
  assert(imports >= 8, `only ${imports} imports found`);
});
