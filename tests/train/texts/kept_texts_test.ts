import { assertEquals, assertRejects } from "@std/assert";
import { DataError } from "../../../src/format/errors.ts";
import { writeSafetensors } from "../../../src/format/safetensors/safetensors.ts";
import { keptTexts } from "../../../src/train/texts/kept_texts.ts";
import type { EndedText, ResumableTexts, WrittenTexts } from "../../../src/train/texts/texts.ts";

const folder = await Deno.makeTempDir();

const IDS = [[7, 49_151, 0], [1, 2, 3]];
const WRITTEN = [{ begin: 1, end: 2 }, { begin: 0, end: 3 }];
const IDENTITY = { count: 2, length: 3, seed: 1 };
const NOTHING_ENDED = { ended: [], goOn: () => {} };
const TEXTS: ResumableTexts = {
  ...NOTHING_ENDED,
  count: 2,
  text: (index) => Promise.resolve(Uint32Array.from(IDS[index])),
  written: (index) => Promise.resolve(WRITTEN[index]),
};
const UNWRITTEN: ResumableTexts = {
  ...NOTHING_ENDED,
  count: 2,
  text: () => Promise.reject(new Error("written anew")),
  written: () => Promise.reject(new Error("written anew")),
};

async function allOf(texts: WrittenTexts): Promise<number[][]> {
  return await Promise.all(IDS.map(async (_, i) => [...await texts.text(i)]));
}

Deno.test("texts are made once and kept", async () => {
  const path = `${folder}/texts`;
  assertEquals(await allOf(await keptTexts(path, IDENTITY, TEXTS, {})), IDS);
  const again = await keptTexts(path, IDENTITY, UNWRITTEN, {});
  assertEquals([again.count, await allOf(again)], [2, IDS]);
  assertEquals(await Promise.all([0, 1].map((i) => again.written(i))), WRITTEN);
});

Deno.test("texts that were not all made are not kept", async () => {
  const path = `${folder}/part`;
  await assertRejects(() => keptTexts(path, IDENTITY, UNWRITTEN, {}), Error, "written anew");
  await assertRejects(() => Deno.stat(path), Deno.errors.NotFound);
  assertEquals(await allOf(await keptTexts(path, IDENTITY, TEXTS, {})), IDS);
});

Deno.test("where texts were broken off or failed, those that had ended are kept and gone on with", async () => {
  const stopped = new AbortController();
  const stop = () => {
    stopped.abort(new Error("stopped"));
    return stopped.signal.reason;
  };
  await assertGoesOn(`${folder}/broken-off`, stop, stopped.signal);
  await assertGoesOn(`${folder}/failed`, () => new Error("the device is lost"));
});

async function assertGoesOn(path: string, fail: () => Error, signal?: AbortSignal) {
  const ended: EndedText = { index: 1, ids: Uint32Array.from([5, 6]), begin: 1 };
  const broken: ResumableTexts = {
    ...UNWRITTEN,
    ended: [],
    text() {
      Object.assign(broken, { ended: [ended] });
      return Promise.reject(fail());
    },
  };
  await assertRejects(() => keptTexts(path, IDENTITY, broken, { signal }), Error, fail().message);
  const taken: unknown[] = [];
  const others: ResumableTexts = { ...TEXTS, goOn: (texts) => taken.push(...texts) };
  assertEquals(await allOf(await keptTexts(path, IDENTITY, others, {})), IDS);
  assertEquals(taken, [{ index: 1, ids: ended.ids }]);
  // Now all of them are kept.
  assertEquals(await allOf(await keptTexts(path, IDENTITY, UNWRITTEN, {})), IDS);
}

Deno.test("a file of other texts is refused in one line", async () => {
  const path = `${folder}/other`;
  await keptTexts(path, IDENTITY, TEXTS, {});
  const read = (identity: typeof IDENTITY, file = path) => keptTexts(file, identity, TEXTS, {});
  await assertRejects(
    () => read({ ...IDENTITY, seed: 2 }),
    DataError,
    "other flags, data or model",
  );
  const none = `${folder}/none`;
  await writeSafetensors(none, []);
  await assertRejects(() => read(IDENTITY, none), DataError, "no texts that train has kept");
  const identity = JSON.stringify(IDENTITY);
  await writeSafetensors(none, [], { format: "foretoken.texts", identity });
  await assertRejects(() => read(IDENTITY, none), DataError, "where its texts end");
  const written = {
    name: "written",
    dtype: "U32",
    shape: [2, 2],
    data: new Uint8Array(16),
  } as const;
  await writeSafetensors(none, [written], { format: "foretoken.texts", identity });
  await assertRejects(() => read(IDENTITY, none), DataError, 'no tensor "ids"');
});

Deno.test("a file whose texts are empty, too long or too many is refused", async () => {
  const path = `${folder}/hostile`;
  const identity = JSON.stringify(IDENTITY);
  const cases = [
    { written: [0, 0], index: 0, said: "text 0 was written from 0 to 0, expected places up to 3" },
    { written: [0, 4], index: 0, said: "text 0 was written from 0 to 4, expected places up to 3" },
    { written: [3, 2], index: 0, said: "text 0 was written from 3 to 2, expected places up to 3" },
    { written: [0, 3], index: 2, said: "text 0 is number 2, expected one below 2" },
  ];
  for (const { written, index, said } of cases) {
    const tensor = (name: string, numbers: number[]) => {
      const data = new Uint8Array(Uint32Array.from(numbers).buffer);
      return { name, dtype: "U32", shape: [1, numbers.length], data } as const;
    };
    const tensors = [
      tensor("ids", [1, 2, 3]),
      tensor("written", written),
      tensor("indices", [index]),
    ];
    await writeSafetensors(path, tensors, { format: "foretoken.texts", identity });
    await assertRejects(() => keptTexts(path, IDENTITY, TEXTS, {}), DataError, said);
  }
});
