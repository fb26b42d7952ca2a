import { ModelFolder } from "../../engine/model_folder.ts";
import { type QuantisedMatrix, quantiseFolder } from "../../engine/quantise/quantise_folder.ts";
import { count } from "../../engine/text/count.ts";
import type { Perplexity } from "../../engine/text/scores/perplexity.ts";
import { UsageError } from "../errors.ts";
import { ExitCode } from "../exit_codes.ts";
import { writingTo } from "../files.ts";
import { openFolder, quantisationOf } from "../open_model.ts";
import { perplexityOf, perplexityText } from "../perplexity/perplexity.ts";
import { describeCount } from "../progress/facts.ts";
import { Progress } from "../progress/progress.ts";
import { bytesText } from "../quantities.ts";
import { InterruptScope } from "../terminal/interrupts.ts";
import { type Output, standardOutput } from "../terminal/output.ts";
import type { QuantizeFlags } from "./flags.ts";
import { requireFreePlace, takeFreePlace } from "./free_place.ts";

/**
 * `foretoken quantize`: a copy of a model with weights of four or eight bits. Returns the exit
 * code.
 */
export async function runQuantize(flags: QuantizeFlags): Promise<number> {
  const output = standardOutput({ noColor: flags["no-color"] });
  const { out } = flags;
  if (out === undefined) throw new UsageError("quantize needs a place for the copy: -o FOLDER");
  await requireFreePlace(out); // Before a model is fetched for nothing.
  const folder = await openFolder(flags.model);
  using interrupt = new InterruptScope();
  using _place = await takeFreePlace(out);
  const matrices = await writeCopy(folder, out, flags, { output, interrupt });
  if (matrices === null) return interrupt.exitCode;
  interrupt[Symbol.dispose]();
  const copy = await ModelFolder.open(out);
  const [before, after] = await Promise.all([folder, copy].map(({ path }) => weightBytes(path)));
  await output.write(
    `${count(matrices.length, "matrix", "matrices")} quantised, ${bytesText(before)} to ` +
      `${bytesText(after)}: ${out}\n`,
  );
  if (flags.data !== undefined) await compare(folder, copy, flags.data, flags.tokens, output);
  return ExitCode.ok;
}

/**
 * The matrices that were quantised; null if that was interrupted, which is then said. A function of its
 * own, so that tests can hear it.
 */
export async function writeCopy(
  folder: ModelFolder,
  out: string,
  flags: QuantizeFlags,
  { output, interrupt }: { output: Output; interrupt: InterruptScope },
): Promise<QuantisedMatrix[] | null> {
  const matrices: QuantisedMatrix[] = [];
  let leftover: string | null = null;
  using progress = new Progress(`quantising ${folder.name}`, describeCount("weight"));
  try {
    await writingTo(out, () =>
      quantiseFolder(folder, out, quantisationOf(flags), {
        signal: interrupt.signal,
        onProgress: progress.onProgress,
        onMatrix: (matrix) => matrices.push(matrix),
        onLeftover: (path) => leftover = path,
      }));
  } catch (error) {
    progress.wipe();
    if (leftover !== null) output.say(`${leftover} could not be removed; it is of no use`);
    if (!interrupt.isInterrupted) throw error;
    output.say(leftover === null ? `stopped; nothing of ${out} is left` : "stopped");
    return null;
  }
  progress.wipe();
  await output.write(matrices.map(matrixLine).join(""));
  return matrices;
}

/** `model.layers.0.mlp.up_proj  4 bits  error 7.31%` */
function matrixLine({ module, bits, relativeError }: QuantisedMatrix): string {
  return `${module}  ${bits} bits  error ${(100 * relativeError).toFixed(2)}%\n`;
}

async function compare(
  folder: ModelFolder,
  copy: ModelFolder,
  file: string,
  tokens: number,
  output: Output,
): Promise<void> {
  const [before, after] = [
    await perplexityOf(folder, file, { tokens }),
    await perplexityOf(copy, file, { tokens }),
  ];
  await output.write(comparisonText(before, after));
}

/** Both perplexities, and by how much the second is higher. */
export function comparisonText(before: Perplexity, after: Perplexity): string {
  const change = 100 * (after.value / before.value - 1);
  const sign = change < 0 ? "" : "+";
  return `before  ${perplexityText(before)}\n` +
    `after   ${perplexityText(after)}, ${sign}${change.toFixed(2)}% on ` +
    `${count(after.tokens, "token")}\n`;
}

/** Bytes of the safetensors files in a folder. */
async function weightBytes(folder: string): Promise<number> {
  let bytes = 0;
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const isWeights = !isDirectory && /^model.*\.safetensors$/.test(name);
    if (isWeights) bytes += (await Deno.stat(`${folder}/${name}`)).size;
  }
  return bytes;
}
