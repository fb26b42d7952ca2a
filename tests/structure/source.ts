/** The project's own source, as text, for tests that are about how it is written. */
import { fromFileUrl, join, relative } from "@std/path";

/** The project's root folder. */
export const ROOT: string = fromFileUrl(new URL("../../", import.meta.url));

/** One file, its path seen from the root with forward slashes. */
export interface SourceFile {
  path: string;
  text: string;
}

/** Text files below a folder of the root whose names end in one of the endings, in order of path. */
export async function sourceFiles(folder: string, ...endings: string[]): Promise<SourceFile[]> {
  const files: SourceFile[] = [];
  for await (const entry of Deno.readDir(join(ROOT, folder))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory) files.push(...await sourceFiles(path, ...endings));
    else if (endings.some((ending) => entry.name.endsWith(ending))) {
      files.push({
        path: path.replaceAll("\\", "/"),
        text: await Deno.readTextFile(join(ROOT, path)),
      });
    }
  }
  return files.sort((a, b) => a.path < b.path ? -1 : 1);
}

/** What a module takes from another. */
export interface Import {
  specifier: string;
  /** Whether it takes types alone, so that nothing of the other module runs. */
  isTypeOnly: boolean;
}

/** A module's imports and re-exports, dynamic imports of a literal included. */
export function importsOf(text: string): Import[] {
  const code = stripComments(text);
  const statements = code.matchAll(/\b(import|export)\s+(type\s)?[\w\s{},*$]*?from\s*"([^"]+)"/g);
  const others = code.matchAll(/\bimport\s*\(?\s*"([^"]+)"/g);
  return [
    ...[...statements].map(([, , type, specifier]) => ({ specifier, isTypeOnly: !!type })),
    ...[...others].map(([, specifier]) => ({ specifier, isTypeOnly: false })),
  ];
}

/** The path, seen from the root, of a relative import in the file at `path`. */
export function resolveImport(path: string, specifier: string): string {
  const target = fromFileUrl(new URL(specifier, new URL(`../../${path}`, import.meta.url)));
  return relative(ROOT, target).replaceAll("\\", "/");
}

/** The source without comments, line breaks kept. Strings that look like comments are lost too. */
export function stripComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ""))
    .replace(/(^|[^:"'`])\/\/.*$/gm, "$1");
}
