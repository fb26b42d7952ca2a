import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { dirname } from "@std/path";
import { temporaryBeside, writeWhole, writeWholeAtOnce } from "../../src/format/files.ts";

const folder = await Deno.makeTempDir();

const path = `${folder}/file`;
const FULL = "No space left on device";

async function contents(): Promise<Record<string, string>> {
  const names = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
  const entries = names.map(async (name) => [name, await Deno.readTextFile(`${folder}/${name}`)]);
  return Object.fromEntries(await Promise.all(entries));
}

/** Lets the system answer so to every write to a file that is opened meanwhile. */
function writing(write: Deno.FsFile["write"]): Disposable {
  const { open } = Deno;
  Deno.open = async (...args) => Object.assign(await open(...args), { write });
  return { [Symbol.dispose]: () => void (Deno.open = open) };
}

Deno.test("a disk that fills up leaves a file as it was, and nothing beside it", async () => {
  await writeWhole(path, "before");
  const filling = new ReadableStream<Uint8Array>({
    start: (stream) => stream.enqueue(Uint8Array.of(1)),
    pull: (stream) => stream.error(new Error(FULL)),
  });
  await assertRejects(() => writeWhole(path, filling), Error, FULL);
  assertEquals(await contents(), { file: "before" });
  for (const content of ["after", ReadableStream.from([Uint8Array.of(1, 2, 3)])]) {
    using _disk = writing(() => Promise.reject(new Error(FULL)));
    await assertRejects(() => writeWhole(path, content), Error, FULL);
  }
  assertEquals(await contents(), { file: "before" });
  const { writeTextFileSync } = Deno;
  Deno.writeTextFileSync = (path, _, options) => {
    writeTextFileSync(path, "", options);
    throw new Error(FULL);
  };
  try {
    assertThrows(() => writeWholeAtOnce(path, "after"), Error, FULL);
  } finally {
    Deno.writeTextFileSync = writeTextFileSync;
  }
  assertEquals(await contents(), { file: "before" });
  writeWholeAtOnce(path, "after");
  assertEquals(await contents(), { file: "after" });
});

Deno.test("what the system takes in parts arrives whole", async () => {
  const taken: number[] = [];
  {
    using _disk = writing((bytes) => {
      taken.push(bytes[0]);
      return Promise.resolve(1);
    });
    await writeWhole(path, ReadableStream.from([Uint8Array.of(1, 2), Uint8Array.of(3, 4, 5)]));
  }
  assertEquals(taken, [1, 2, 3, 4, 5]);
});

Deno.test("what killed writers of the same file have left is removed once it is a day old", async () => {
  const id = "0c9be8ba-1f5c-4d2c-9a8e-7d9d1f3a2b4c";
  const place = `${folder}/leftovers`;
  const ages: [name: string, hours: number][] = [
    [`file.${id}.tmp`, 25],
    [`file.${id.replace("0", "1")}.tmp`, 23],
    [`other.${id}.tmp`, 25],
    ["file.old.tmp", 25],
  ];
  for (const [name, hours] of ages) {
    await Deno.mkdir(`${place}/${name}/within`, { recursive: true });
    const then = new Date(Date.now() - hours * 3600 * 1000);
    await Deno.utime(`${place}/${name}`, then, then);
  }
  assertEquals(dirname(temporaryBeside(`${place}/other/`)), place);
  await writeWhole(`${place}/file`, "new");
  const left = Array.from(Deno.readDirSync(place), ({ name }) => name).sort();
  assertEquals(left, ["file", ages[1][0], ages[3][0]].sort());
});

Deno.test("one leftover that cannot be removed does not keep the others", () => {
  const place = `${folder}/stubborn`;
  const then = new Date(Date.now() - 25 * 3600 * 1000);
  for (let i = 0; i < 3; i++) {
    const name = `${place}/file.${crypto.randomUUID()}.tmp`;
    Deno.mkdirSync(name, { recursive: true });
    Deno.utimeSync(name, then, then);
  }
  const { removeSync } = Deno;
  let asked = 0;
  Deno.removeSync = (...args) => {
    if (asked++ === 0) throw new Deno.errors.PermissionDenied("not yours");
    removeSync(...args);
  };
  try {
    temporaryBeside(`${place}/file`);
  } finally {
    Deno.removeSync = removeSync;
  }
  assertEquals([asked, [...Deno.readDirSync(place)].length], [3, 1]);
});
