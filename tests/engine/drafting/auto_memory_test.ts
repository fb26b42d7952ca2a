/** What one process learns about drafting serves the next, and a file that is not as it should be does not. */

import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import type { GearGuess } from "../../../src/decode/gears/governor.ts";
import { GREEDY } from "../../../src/ops/choose.ts";
import type { StepKind } from "../../../src/draft/drafter.ts";
import { AutoMemory, type DraftingSetup } from "../../../src/engine/drafting/auto_memory.ts";
import { DraftingDecoder } from "../../../src/engine/drafting/drafting.ts";
import { collect } from "../../decode/collect.ts";
import { fakeAssets } from "../../draft/fake_assets.ts";
import { withGpu } from "../../gpu/with_gpu.ts";
import { randomModel, tiny } from "../../model/random_model.ts";

const SETUP: DraftingSetup = {
  fingerprints: ["model", "maps"],
  device: "a GPU",
  profile: "gpu",
  kv: "f16",
  method: "combined",
  tree: { nodes: 8 },
};
const KINDS: readonly StepKind[] = [{ nodes: 1, drafts: "none" }, { nodes: 4, drafts: "all" }];
const GUESSES: readonly GearGuess[] = [
  { cost: 1, drafts: "none" },
  { cost: 1.4, drafts: "always" },
];

/** Runs with a folder of its own as the program's; hears where that would keep its files. */
async function withStateFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const before = Deno.env.get("XDG_STATE_HOME");
  const state = await Deno.makeTempDir();
  Deno.env.set("XDG_STATE_HOME", state);
  try {
    await run(join(state, "foretoken", "auto"));
  } finally {
    if (before === undefined) Deno.env.delete("XDG_STATE_HOME");
    else Deno.env.set("XDG_STATE_HOME", before);
  }
}

/** A process that decodes some steps whose drafts are right. Tells whether it began with something known. */
async function live(
  setup: Partial<DraftingSetup> = {},
  options: { isFresh?: boolean } = {},
): Promise<boolean> {
  using memory = await AutoMemory.open({ ...SETUP, ...setup }, KINDS, options);
  const steering = memory.steer(GUESSES);
  for (let i = 0; i < 20; i++) {
    const { gear, steps } = steering.next(4);
    const [tokens, bareSteps] = gear === 0 ? [steps, steps] : [2.5 * steps, 0];
    const seconds = steps * (gear === 0 ? 0.1 : 0.125);
    steering.observe({ gear, steps, tokens, bareSteps, seconds });
  }
  return memory.remembers;
}

/** The only file of a folder, and its content. */
async function onlyFile(folder: string): Promise<{ path: string; content: string }> {
  const [{ name }, ...others] = await Array.fromAsync(Deno.readDir(folder));
  assertEquals(others, []);
  const path = join(folder, name);
  return { path, content: await Deno.readTextFile(path) };
}

Deno.test("what was learnt serves the same model, maps, device, cache and tree, and no others", async () => {
  await withStateFolder(async () => {
    assertEquals([await live(), await live()], [false, true]);
    const others: Partial<DraftingSetup>[] = [
      { fingerprints: ["another", "maps"] },
      { fingerprints: ["model", "others"] },
      { device: "another" },
      { profile: "scalar" },
      { kv: "f32" },
      { method: "hidden-transfer" },
      { tree: { nodes: 6 } },
    ];
    for (const other of others) assertEquals(await live(other), false, JSON.stringify(other));
    assertEquals([await live({}, { isFresh: true }), await live()], [false, true]);
  });
});

Deno.test("a file that is damaged, foreign or hostile counts as none, and is replaced", async () => {
  await withStateFolder(async (folder) => {
    await live();
    const { path, content } = await onlyFile(folder);
    const gears = JSON.parse(content).gears;
    const withGear = (change: object) =>
      JSON.stringify({
        ...JSON.parse(content),
        gears: { ...gears, "all 4": { ...gears["all 4"], ...change } },
      });
    const wrong = [
      "",
      content.slice(0, -20),
      "[]",
      '{"format":"foretoken.tuning"}',
      JSON.stringify({ ...JSON.parse(content), about: "another" }),
      JSON.stringify({ ...JSON.parse(content), gears: { "none 1": gears["none 1"] } }),
      withGear({ cost: 0.5 }),
      withGear({ cost: null }),
      withGear({ times: -1 }),
      withGear({ gain: 65 }),
      withGear({ gain: "2" }),
      withGear({ drafted: 1.5 }),
      withGear({ weight: 1e9 }),
      " ".repeat(2 ** 17) + content,
    ];
    for (const text of wrong) {
      await Deno.writeTextFile(path, text);
      assertEquals(await live(), false, text.slice(0, 300));
      assertEquals(await live(), true, "the file was replaced");
    }
    await Deno.remove(path);
    await Deno.mkdir(path);
    assertEquals(await live(), false, "a folder in its place");
    assertEquals((await Array.fromAsync(Deno.readDir(folder))).length, 1, "nothing is left over");
  });
});

Deno.test("where nothing can be written, and before any step, nothing is kept and nothing said", async () => {
  await withStateFolder(async (folder) => {
    using unused = await AutoMemory.open(SETUP, KINDS);
    unused.steer(GUESSES);
    unused[Symbol.dispose]();
    await Deno.writeTextFile(
      join(folder, "..", "..", "foretoken"),
      "a file where a folder should be",
    );
    assertEquals([await live(), await live()], [false, false]);
  });
});

withGpu("a decoder begins with what one before has learnt, and gives the same ids", async (gpu) => {
  using random = await randomModel(gpu, tiny({ vocabSize: 12 }), ["F32"]);
  const { model } = random;
  await withStateFolder(async () => {
    const decode = async (openMemory?: ConstructorParameters<typeof DraftingDecoder>[3]) => {
      using drafting = new DraftingDecoder(model, fakeAssets(), {}, openMemory);
      await drafting.use({});
      const request = { promptIds: [1, 2, 3], maxTokens: 100, sampling: GREEDY, eosTokenIds: [] };
      const { ids } = await collect(drafting.decoder, request);
      return { ids, remembers: drafting.drafting.remembers ?? false };
    };
    const openMemory = (_: unknown, kinds: readonly StepKind[], tree: object) =>
      AutoMemory.open({ ...SETUP, tree }, kinds);
    const [first, second] = [await decode(openMemory), await decode(openMemory)];
    assertEquals([first.remembers, second.remembers], [false, true]);
    assertEquals((await decode()).remembers, false);
    assertEquals(second.ids, first.ids);
    assert(first.ids.length > 90);
  });
});
