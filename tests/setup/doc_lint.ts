/**
 * `deno doc --lint` over every module of the program, for the symbols that a module exports. What it
 * says about their members is left out: where a member's name and type tell everything, a sentence
 * beside it only repeats them.
 */
import { fromFileUrl } from "@std/path";
import { sourceFiles } from "../structure/source.ts";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));

/** Findings of the linter's report about symbols at the top level, each as one line. */
export function topLevelFindings(report: string): string[] {
  const findings = report.matchAll(/^error\[([\w-]+)\]: (.*)\n\s*--> (.*):(\d+):(\d+)$/gm);
  return [...findings].filter(([, , , , , column]) => column === "1")
    .map(([, code, message, path, line]) => `${path}:${line}: ${message} [${code}]`);
}

async function main(): Promise<number> {
  // The oracles are part of the program too: `doctor` checks the kernels against them.
  const files = [
    ...await sourceFiles("src", ".ts"),
    ...await sourceFiles("tests/reference", ".ts"),
  ];
  const modules = files.map(({ path }) => path).filter((path) => !path.startsWith("src/std/"));
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--lint", "main.ts", "mod.ts", ...modules],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    stdout: "null",
  }).output();
  const report = new TextDecoder().decode(stderr);
  // Without a verdict of the linter something else went wrong, as an import that does not resolve.
  if (code !== 0 && !/^error: Found \d+ documentation lint error/m.test(report)) {
    console.error(report.trim());
    return code;
  }
  const findings = topLevelFindings(report);
  for (const finding of findings) console.error(finding);
  if (findings.length === 0) console.error(`Checked ${modules.length} modules`);
  return findings.length === 0 ? 0 : 1;
}

if (import.meta.main) Deno.exit(await main());
