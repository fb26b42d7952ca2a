/** What a machine says that takes more than a second to load a model, or has no kernels compiled yet. */
const PROGRESS = /^(loading|compiling kernels).*\n/gm;

/** Standard error without the lines that only a slow machine writes there. */
export function withoutProgress(stderr: string): string {
  return stderr.replace(PROGRESS, "");
}
