/** The program's entry point; `foretoken --help` tells what it can do. */

import { runProgram } from "./src/cli/program.ts";

// An explicit exit: a device or a signal listener must not keep a finished program alive.
if (import.meta.main) Deno.exit(await runProgram(Deno.args));
