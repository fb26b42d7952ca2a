import { assert, assertMatch } from "@std/assert";

/** Folders of oracles, and what they may import. */
const FOLDERS = [
  { folder: "../../src/checks/oracles/", allowed: /^\.\/[a-z_]+\.ts$/ },
  {
    folder: "../reference/",
    allowed: /^(\.|\.\.\/\.\.\/src\/checks\/oracles)\/[a-z_]+\.ts$/,
  },
];

Deno.test("the oracles import nothing but each other", async () => {
  let imports = 0;
  for (const { folder, allowed } of FOLDERS) {
    const url = new URL(folder, import.meta.url);
    for await (const { name } of Deno.readDir(url)) {
      if (!name.endsWith(".ts")) continue;
      const source = await Deno.readTextFile(new URL(name, url));
      for (const [, specifier] of source.matchAll(/\b(?:from|import)\s*\(?\s*"([^"]+)"/g)) {
        assertMatch(specifier, allowed, `${folder}${name} imports ${specifier}`);
        imports++;
      }
    }
  }
  assert(imports >= 8, `only ${imports} imports found`);
});
