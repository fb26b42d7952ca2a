/** Files that keep what the steps of `--method auto` cost and gave, for the next process. */

import { writeWholeAtOnce } from "../files.ts";
import { Fields, readOwnJsonIfThere } from "../json.ts";

/** What decoding has shown of a gear: of one kind of steps that the loop changes between. */
export interface GearExperience {
  /** Time of a step that verifies drafts, in plain steps. */
  cost: number;
  /** Times beside others from which that is known, more or less. */
  times: number;
  /** Tokens per step, over all texts. */
  gain: number;
  /** Share of the steps that had drafts to verify, 0 … 1. */
  drafted: number;
  /** Steps from which these two are known, more or less. */
  weight: number;
}

/** Most steps from which a yield is taken to be known, and most times for a cost. */
export const MOST_STEPS = 400;
export const MOST_TIMES = 16;

const FORMAT = "foretoken.auto";
const SIZE_LIMIT = 2 ** 16;

/** No step costs as much, or gives as many tokens: a tree has at most so many nodes. */
const MOST_COST = 64;
const MOST_GAIN = 64;

/** What a file of experience is about. */
export interface ExperienceOf {
  /** All on which costs and yields depend: a file about anything else does not count. */
  about: string;
  /** Names of the gears, in order. */
  gears: readonly string[];
}

/**
 * The experience of each gear; null where there is no file, or one about something else.
 *
 * @throws DataError if the file is malformed or a number out of range, NoInputError if it cannot be read.
 */
export async function readExperience(
  path: string,
  { about, gears }: ExperienceOf,
): Promise<GearExperience[] | null> {
  const json = await readOwnJsonIfThere(path, "what --method auto has kept", SIZE_LIMIT);
  if (json === null) return null;
  const fields = new Fields(json, path);
  if (fields.value("format") !== FORMAT || fields.value("about") !== about) return null;
  return gears.map((name) => {
    const gear = fields.object("gears")?.object(name);
    if (!gear) throw fields.fault("gears", `an object with ${gears.join(", ")}`);
    return {
      cost: gear.number("cost", { min: 1, max: MOST_COST }),
      times: gear.number("times", { min: 0, max: MOST_TIMES }),
      gain: gear.number("gain", { min: 1, max: MOST_GAIN }),
      drafted: gear.number("drafted", { min: 0, max: 1 }),
      weight: gear.number("weight", { min: 0, max: MOST_STEPS }),
    };
  });
}

/**
 * Writes it whole, at once.
 *
 * @throws Deno.errors of the file system.
 */
export function writeExperience(
  path: string,
  { about, gears }: ExperienceOf,
  experience: readonly GearExperience[],
): void {
  const byName = Object.fromEntries(gears.map((name, i) => [name, experience[i]]));
  const content = { format: FORMAT, about, gears: byName };
  writeWholeAtOnce(path, JSON.stringify(content, null, 2) + "\n");
}
