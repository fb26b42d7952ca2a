/** Test files in several processes, which share nothing. */

/** How many tests there were. */
export interface Counts {
  passed: number;
  failed: number;
}

/**
 * Runs each group of files in a process of its own, `atOnce` of them at a time in their order, and hands
 * over what a process wrote when it has ended. A process that ends badly counts as one failure at least.
 */
export async function runApart<Group extends { files: readonly string[] }>(
  groups: readonly Group[],
  atOnce: number,
  commandFor: (group: Group) => Deno.Command,
  onOutput: (output: string) => void,
): Promise<Counts> {
  const counts = { passed: 0, failed: 0 };
  const waiting = [...groups];
  const worker = async () => {
    for (let group = waiting.shift(); group !== undefined; group = waiting.shift()) {
      const { code, stdout, stderr } = await commandFor(group).output();
      const text = new TextDecoder().decode(stdout);
      onOutput(text + new TextDecoder().decode(stderr));
      const { passed, failed } = closingCounts(text);
      counts.passed += passed;
      counts.failed += failed;
      if (failed > 0 || code === 0) continue;
      counts.failed++;
      onOutput(`${group.files.join(" ")} ended with code ${code}\n`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return counts;
}

/** The counts in the closing line of `deno test`, "ok | 12 passed (3 steps) | 0 failed (3s)". */
function closingCounts(output: string): Counts {
  const line = [...output.matchAll(/\| (\d+) passed(?: \(\d+ steps?\))? \| (\d+) failed/g)].at(-1);
  return { passed: Number(line?.[1] ?? 0), failed: Number(line?.[2] ?? 0) };
}
