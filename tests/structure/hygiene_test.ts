import { assert, assertEquals } from "@std/assert";
import { exists } from "@std/fs";
import { join } from "@std/path";
import { PROGRAM_PERMISSIONS } from "../setup/program.ts";
import { importsOf, resolveImport, ROOT, sourceFiles, stripComments } from "./source.ts";

/** Lines of code in src/ and main.ts that match, as "path:line". */
async function codeLines(pattern: RegExp, isAllowed: (path: string) => boolean): Promise<string[]> {
  const files = await sourceFiles("src", ".ts");
  files.push({ path: "main.ts", text: await Deno.readTextFile(join(ROOT, "main.ts")) });
  return files.filter(({ path }) => !isAllowed(path)).flatMap(({ path, text }) =>
    stripComments(text).split("\n").flatMap((line, index) =>
      pattern.test(line) ? [`${path}:${index + 1}`] : []
    )
  );
}

interface Configuration {
  tasks: Record<string, { command: string }>;
}

async function configuration(): Promise<Configuration> {
  return JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json")));
}

Deno.test("every kernel is used, and lives in a file of its own", async () => {
  const kernels = (await sourceFiles("wgsl", ".wgsl")).map(({ path }) => path);
  const sources = await sourceFiles("src", ".ts");
  const used = new Set(
    sources.flatMap(({ path, text }) =>
      importsOf(text).map(({ specifier }) => specifier).filter((name) => name.endsWith(".wgsl"))
        .map((specifier) => resolveImport(path, specifier))
    ),
  );
  assertEquals(kernels.filter((path) => !used.has(path)), []);
  assert(kernels.length > 0);
  assertEquals(await codeLines(/@compute|@workgroup_size/, () => false), []);
});

Deno.test("a record that several kernels read is declared once", async () => {
  const declarations = (await sourceFiles("wgsl", ".wgsl")).flatMap(({ text }) =>
    stripComments(text).match(/\bstruct \w+ \{[^}]*\}/g) ?? []
  );
  const seen = new Set<string>();
  assertEquals(declarations.filter((one) => seen.size === seen.add(one).size), []);
  assert(declarations.length > 10);
});

Deno.test("stdout belongs to the program's output: nothing else writes there", async () => {
  const mayPrint = (path: string) => path === "main.ts" || path.startsWith("src/bench/");
  assertEquals(await codeLines(/\bconsole\.(log|debug|info|table|dir)\b/, mayPrint), []);
});

Deno.test("only the command line ends the process", async () => {
  const mayExit = (path: string) => path === "main.ts" || /^src\/(cli|bench)\//.test(path);
  assertEquals(await codeLines(/\bDeno\.exit(Code)?\b/, mayExit), []);
});

Deno.test("what depends on the kind of device is read from the table of profiles", async () => {
  const mayAsk = (path: string) => path.startsWith("src/gpu/") || path === "src/ops/profiles.ts";
  assertEquals(await codeLines(/\bdeviceClass\b/, mayAsk), []);
});

Deno.test("no leftovers: debugger statements, focused tests, unpinned packages", async () => {
  assertEquals(await codeLines(/\bdebugger\b/, () => false), []);
  const tests = await sourceFiles("tests", "_test.ts");
  assert(tests.length > 5);
  assertEquals(tests.filter(({ text }) => /Deno\.test\.only\(|\bonly: true/.test(text)), []);
  const packages = (await Deno.readTextFile(join(ROOT, "deno.json"))).match(/npm:[^"]+/g) ?? [];
  assert(packages.length > 0);
  assertEquals(packages.filter((name) => !/[^/]@\d+\.\d+\.\d+/.test(name)), []);
});

Deno.test("the root holds what the project is made of, and nothing that was left there", async () => {
  const names = (await Array.fromAsync(Deno.readDir(ROOT))).map(({ name }) => name);
  const known = [...PARTS, ...await ignoredNames()];
  assertEquals(names.filter((name) => !known.includes(name)), []);
});

/** Files and folders at the root; `.git` and `.jj` are the version control's own. */
const PARTS = [
  ...[".ci", ".git", ".gitignore", ".jj", "LICENSE", "README.md", "deno.json", "deno.lock"],
  ...["docs", "main.ts", "mod.ts", "src", "tests", "weights", "wgsl"],
];

async function ignoredNames(): Promise<string[]> {
  const lines = (await Deno.readTextFile(join(ROOT, ".gitignore"))).trim().split("\n");
  return lines.map((line) => line.replaceAll("/", ""));
}

Deno.test("committed files name no registry", async () => {
  const files = [
    ...await sourceFiles("src", ".ts", ".js"),
    ...await sourceFiles("tests", ".ts", ".json", ".md"),
    ...await sourceFiles(".ci", ""),
  ];
  for (const path of ["deno.json", "deno.lock", "README.md"]) {
    files.push({ path, text: await Deno.readTextFile(join(ROOT, path)) });
  }
  const registry = /registry\.npmjs|\bjsr\.io|\bnpm\.[a-z]+\.(com|org|io)|tarball/;
  assertEquals(files.filter(({ text }) => registry.test(text)).map(({ path }) => path), [
    "tests/structure/hygiene_test.ts", // this very rule
  ]);
  assert(!(await Deno.readTextFile(join(ROOT, "deno.lock"))).includes("://"));
});

Deno.test("the tasks that README names exist, and it starts with the two commands", async () => {
  const { tasks } = await configuration();
  const readme = await Deno.readTextFile(join(ROOT, "README.md"));
  const named = [...readme.matchAll(/\btask ([a-z][\w:]*)/g)].map(([, name]) => name);
  assertEquals(named.filter((name) => !(name in tasks)), []);
  const commands = readme.match(/```sh\n([\s\S]*?)```/)?.[1];
  assertEquals(commands, "npx -y deno@2.9.6 task demo\nnpx -y deno@2.9.6 task test\n");
});

Deno.test("the files that README names exist", async () => {
  const readme = await Deno.readTextFile(join(ROOT, "README.md"));
  const named = [...readme.matchAll(/`((?:src|tests|wgsl|weights|\.ci)\/[\w./-]*)`/g)];
  assert(named.length > 0);
  for (const [, path] of named) assert(await exists(join(ROOT, path)), `README names ${path}`);
});

Deno.test("no task runs with all permissions, and foretoken has those of its executable", async () => {
  const { tasks } = await configuration();
  for (const [name, { command }] of Object.entries(tasks)) {
    assert(!/\s(-A|--allow-all)\b/.test(command), `task ${name} runs with all permissions`);
  }
  // The shell of tasks would take an asterisk for a pattern of file names.
  const words = PROGRAM_PERMISSIONS.map((flag) => flag.includes("*") ? `"${flag}"` : flag);
  const start = `${words.join(" ")} main.ts`;
  assertEquals(tasks.foretoken.command, `deno run ${start}`);
  const install = "deno install --quiet --global --force --name foretoken --config deno.json";
  assertEquals(tasks.install.command, `${install} ${start}`);
});
