/** What `--method auto` learns while texts run, kept from one process to the next. */

import { type GearGuess, Governor, type Steering } from "../../decode/gears/governor.ts";
import type { StepKind } from "../../draft/drafter.ts";
import { sha256 } from "../../format/digest.ts";
import { isPermitted } from "../../format/files.ts";
import {
  type ExperienceOf,
  type GearExperience,
  readExperience,
  writeExperience,
} from "../../format/settings/gear_experience.ts";
import { stateFile } from "../state_folder.ts";

/** Folder in the program's own that holds these files: who wants to forget all of it removes it. */
const FOLDER = "auto";

/** What costs and yields depend on, beside the gears. */
export interface DraftingSetup {
  /** Fingerprints of the model and of what was trained to draft for it. */
  fingerprints: readonly string[];
  /** The adapter, and the profile of kernels that it has. */
  device: string;
  profile: string;
  /** Number format of the KV cache. */
  kv: string;
  /** Name of the method, and its tree. */
  method: string;
  tree: object;
}

/**
 * The experience of one decoder's gears: read when it begins, kept when it is disposed of. It is a help
 * alone: a file that is damaged or cannot be read counts as none, and where none can be written nothing is.
 */
export class AutoMemory implements Disposable {
  readonly #path: string | null;
  readonly #of: ExperienceOf;
  readonly #before: readonly GearExperience[] | null;
  #governor: Governor | null = null;

  private constructor(
    path: string | null,
    of: ExperienceOf,
    before: readonly GearExperience[] | null,
  ) {
    this.#path = path;
    this.#of = of;
    this.#before = before;
  }

  /** @param isFresh begins from nothing, whatever was kept. */
  static async open(
    setup: DraftingSetup,
    kinds: readonly StepKind[],
    { isFresh = false }: { isFresh?: boolean } = {},
  ): Promise<AutoMemory> {
    const gears = kinds.map(({ nodes, drafts }) => `${drafts} ${nodes}`);
    const about = await sha256(new TextEncoder().encode(JSON.stringify({ ...setup, gears })));
    const path = stateFile(FOLDER, `${about.slice(0, 16)}.json`);
    const of = { about, gears };
    const isReadable = path !== null && !isFresh && await isPermitted("read", path);
    const before = isReadable ? await readExperience(path, of).catch(() => null) : null;
    return new AutoMemory(path, of, before);
  }

  /** Makes what chooses gears. */
  readonly steer = (guesses: readonly GearGuess[]): Steering => {
    return this.#governor = new Governor(guesses, this.#before ?? undefined);
  };

  /** Whether something is known from before. */
  get remembers(): boolean {
    return this.#governor?.remembers ?? false;
  }

  /** Keeps what is known by now. */
  [Symbol.dispose](): void {
    const experience = this.#governor?.experience ?? null;
    if (experience === null || this.#path === null) return;
    // Asked for first: writing must not make Deno ask the user.
    if (Deno.permissions.querySync({ name: "write", path: this.#path }).state !== "granted") return;
    try {
      writeExperience(this.#path, this.#of, experience);
    } catch {
      // The next process begins from nothing.
    }
  }
}
