import { join } from "@std/path";
import { type CachedModel, cachedModels } from "../../hub/cached_models.ts";
import { CONFIG_FILE_LIMIT, readJsonObject } from "../../format/json.ts";
import type { Gpu } from "../../gpu/gpu.ts";
import { requestGpu } from "../../gpu/request_gpu.ts";
import { ExitCode } from "../exit_codes.ts";
import { hubSettings } from "../pull/fetch_model.ts";
import { obstacleOf, obstacleOn } from "../pull/obstacle.ts";
import { bytesText } from "../quantities.ts";
import { standardOutput } from "../terminal/output.ts";
import type { ModelsFlags } from "./flags.ts";
import { formatOf } from "./weight_format.ts";

/** What is told about a model. */
export interface ModelRow {
  name: string;
  folder: string;
  /** Bytes. */
  size: number;
  /** As its configuration says; null where that cannot be read. */
  architecture: string | null;
  /** Number format or quantisation of the weights; null where it is not said. */
  format: string | null;
  /** Why it cannot be run; null if it can. */
  obstacle: string | null;
}

/** `foretoken models`: what is in the cache, and whether it runs here. Returns the exit code. */
export async function runModels(flags: ModelsFlags): Promise<number> {
  const output = standardOutput({ noColor: flags["no-color"] });
  const { cache } = await hubSettings();
  const models = await cachedModels(cache);
  // Without one, nobody knows what fits; a model that is run then says so.
  using gpu = models.length > 0 ? await requestGpu().catch(() => null) : null;
  const rows = await Promise.all(models.map((model) => describe(model, gpu)));
  if (flags.json) await output.write(JSON.stringify(rows) + "\n");
  else await output.write(table(rows));
  if (rows.length === 0) output.say(`no models in ${cache}; foretoken pull ORG/NAME fetches one`);
  return ExitCode.ok;
}

async function describe(
  { name, folder, size, missing }: CachedModel,
  gpu: Gpu | null,
): Promise<ModelRow> {
  const path = join(folder, "config.json");
  const config = await readJsonObject(path, "", CONFIG_FILE_LIMIT).catch(() => ({}));
  const { architectures } = config as { architectures?: unknown };
  const architecture = Array.isArray(architectures) && typeof architectures[0] === "string"
    ? architectures[0]
    : null;
  const obstacle = await obstacleOf(folder) ??
    (missing !== null
      ? `${missing} is missing: foretoken pull ${name}`
      : gpu && await obstacleOn(gpu, folder));
  return { name, folder, size, architecture, format: formatOf(config), obstacle };
}

function table(rows: readonly ModelRow[]): string {
  const cells = rows.map(({ name, size, architecture, format, obstacle }) => [
    name,
    bytesText(size),
    architecture ?? "?",
    format ?? "?",
    obstacle === null ? "runs" : `does not run: ${obstacle}`,
  ]);
  const widths = [0, 1, 2, 3].map((column) => Math.max(...cells.map((row) => row[column].length)));
  const lines = cells.map((row) =>
    row.map((cell, column) => column < 4 ? cell.padEnd(widths[column]) : cell).join("  ")
  );
  return lines.map((line) => line + "\n").join("");
}
