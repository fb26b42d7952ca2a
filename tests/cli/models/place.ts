/** The program against a hub on this machine. */

import { fromFileUrl, join } from "@std/path";
import { FakeHub, type FakeModel } from "../../hub/fake_hub.ts";
import { COMMIT } from "../../hub/pulling.ts";
import { PROGRAM_PERMISSIONS } from "../../setup/program.ts";

/** The program. */
export const MAIN = fromFileUrl(new URL("../../../main.ts", import.meta.url));
/** The folder of the demo model. */
export const DEMO = fromFileUrl(new URL("../../../weights/demo", import.meta.url));
/** The name of the demo model on the hub. */
export const ID = "some-org/Demo";

/** The program may reach the hub, as `deno run --allow-net=…` allows, and nothing else is changed. */
export const PROGRAM = [
  "run",
  "--quiet",
  "--no-check",
  "--allow-net=127.0.0.1,localhost",
  ...PROGRAM_PERMISSIONS,
  MAIN,
];

/** The demo model as a hub has it. */
export async function demoModel(): Promise<FakeModel> {
  const files: FakeModel["files"] = {};
  for await (const { name } of Deno.readDir(DEMO)) {
    files[name] = await Deno.readFile(join(DEMO, name));
  }
  return { id: ID, commit: COMMIT, revisions: ["main", "v1"], files };
}

/** A cache of its own, with the hub that fills it. */
export class Place implements AsyncDisposable {
  readonly hub: FakeHub;
  readonly cache: string;

  private constructor(hub: FakeHub, cache: string) {
    this.hub = hub;
    this.cache = cache;
  }

  /** A place whose hub has these models. */
  static async make(...models: FakeModel[]): Promise<Place> {
    return new Place(new FakeHub(...models), await Deno.makeTempDir());
  }

  /** The environment in which the program finds it. */
  get variables(): Record<string, string> {
    return { HF_ENDPOINT: this.hub.endpoint, HF_HUB_CACHE: this.cache, NO_COLOR: "1" };
  }

  /** Starts the program. */
  start(
    args: readonly string[],
    variables: Record<string, string> = {},
    cwd?: string,
  ): Deno.ChildProcess {
    return new Deno.Command(Deno.execPath(), {
      args: [...PROGRAM, ...args],
      cwd,
      env: { ...this.variables, ...variables },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  }

  /** Runs the program to its end. */
  async run(args: readonly string[], variables: Record<string, string> = {}, cwd?: string) {
    const { code, stdout, stderr } = await this.start(args, variables, cwd).output();
    const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { code, stdout: decode(stdout), stderr: decode(stderr) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.hub[Symbol.asyncDispose]();
  }
}
