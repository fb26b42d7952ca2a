/** Training from the command line, on the demo model and a few short texts. */

import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { exists } from "@std/fs";
import { UsageError } from "../../../src/cli/errors.ts";
import { TRAIN_COMMAND } from "../../../src/cli/train/command.ts";
import { earlyEndText } from "../../../src/cli/train/train.ts";
import { type MedusaHeads, openMedusaHeads } from "../../../src/format/trained/medusa_heads.ts";
import { openTransferMaps, type TransferMaps } from "../../../src/format/trained/transfer_maps.ts";
import { demoConfig } from "../../model/demo_model.ts";
import { DATA, program, scratch, SENTENCE, train } from "./run_train.ts";

const SHORT = ["--data", DATA, "--length", "48", "--batch", "8", "--steps", "1"];

Deno.test("what is wrong with the command line is told before anything is loaded", () => {
  const cases: [string[], string][] = [
    [[], "train needs a method first: hidden-transfer, phrases or medusa; see "],
    [["--data", DATA], "train needs a method first"],
    [["meduza", "--data", DATA], 'nothing to train for "meduza"; did you mean medusa?'],
    [
      ["toString"],
      'nothing to train for "toString"; there are hidden-transfer, phrases, medusa',
    ],
    [["medusa", "--layers", "3"], "train medusa has no flag --layers"],
    [["medusa", "--start", "ridge"], "train medusa has no flag --start"],
    [["hidden-transfer", "--layers", "3,x"], "--layers needs whole numbers separated by commas"],
    [["hidden-transfer", "--steps", "9"], "--steps needs a whole number from 1 to 8"],
    [["phrases", "--steps", "3"], "train phrases has no flag --steps"],
    [["phrases", "--width", "9"], "--width needs a whole number from 1 to 8"],
    [["medusa", "--loss", "l2"], "--loss needs kl or ce"],
  ];
  for (const [args, message] of cases) {
    const error = assertThrows(() => TRAIN_COMMAND.prepare(args), UsageError);
    assertStringIncludes(error.message, message);
  }
});

Deno.test("a run whose time is over before its texts says so", () => {
  assertEquals(
    earlyEndText({ step: 12, steps: 858 }),
    "ended after 12 of 858 steps, as --minutes says",
  );
  assertEquals(earlyEndText({ step: 858, steps: 858 }), null);
});

Deno.test("the page of a method has its flags and examples alone", () => {
  const page = (...args: string[]) => {
    const help = TRAIN_COMMAND.prepare(args);
    if (typeof help === "function") throw new Error("no page");
    return help;
  };
  for (const args of [["--help"], ["-h"]]) assertEquals(page(...args), TRAIN_COMMAND);
  assertEquals(Object.keys(TRAIN_COMMAND.flags).slice(-2), ["no-color", "help"]);
  for (
    const [name, own, foreign] of [
      ["phrases", "width", "steps"],
      ["medusa", "steps", "layers"],
      ["hidden-transfer", "layers", "width"],
    ]
  ) {
    const { flags, examples, ...help } = page(name, "--help");
    assertEquals([help.name, help.argument], [`train ${name}`, undefined]);
    assert(own in flags && !(foreign in flags), Object.keys(flags).join());
    assert(examples.length > 0 && examples.every(({ line }) => line.includes(`train ${name}`)));
  }
});

Deno.test("mistakes are one line on standard error and exit with the right code", async () => {
  const empty = `${scratch}/empty.jsonl`;
  await Deno.writeTextFile(empty, '{"text": "a"}\n{"id": 1}\n');
  const [one, none, latin] = ["one", "none", "latin"].map((name) => `${scratch}/${name}.txt`);
  await Deno.writeTextFile(one, SENTENCE);
  await Deno.writeTextFile(none, "");
  await Deno.writeFile(latin, new Uint8Array([0x63, 0xe9]));
  const longName = `${scratch}/${"x".repeat(240)}`;
  const cases: [string[], number, string][] = [
    [["medusa"], 64, "train needs text to learn from, --data FILE, or a model"],
    [["medusa", ...SHORT, "--out", `${scratch}/none/heads`], 74, "there is no folder"],
    [["hidden-transfer", ...SHORT, "--layers", "8"], 64, "--layers 8: expected one layer or 1"],
    [
      ["hidden-transfer", ...SHORT, "--steps", "2", "--layers", "3,4"],
      64,
      "--form token needs one layer for all steps",
    ],
    [["hidden-transfer", ...SHORT, "--parents", "16"], 64, "give their file with --from"],
    [
      ["hidden-transfer", ...SHORT, "--parents", "16", "--from", "maps", "--every", "2"],
      64,
      "leave out --every",
    ],
    [
      ["hidden-transfer", ...SHORT, "--steps", "4", "--every", "3"],
      64,
      "--every 3: expected a number that divides --steps, 4",
    ],
    [
      ["hidden-transfer", ...SHORT, "--steps", "5", "--every", "5"],
      64,
      "--every 5: expected a number that divides --length, 48",
    ],
    [["medusa", ...SHORT, "--length", "600"], 64, "--length 600 is more than the 512 tokens"],
    [["medusa", "--data", "/nowhere.txt"], 66, "/nowhere.txt cannot be read"],
    [["medusa", "--data", empty], 65, `${empty}:2: found neither`],
    [["medusa", ...SHORT, "--batch", "4096"], 65, "expected at least the 4096 of --batch"],
    [
      ["medusa", ...SHORT, "--self", "3", "--keep-texts", `${scratch}/none/texts`],
      74,
      "there is no folder",
    ],
    [
      ["medusa", ...SHORT, "--self", "3", "--batch", "4"],
      64,
      "give --self 4 or more, or a smaller",
    ],
    [["phrases", "--data", DATA, "--self", "3", "--length", "600"], 64, "more than the 512 tokens"],
    [["medusa", ...SHORT, "--texts", "7"], 64, "give --texts 8 or more, or a smaller --batch"],
    [["medusa", ...SHORT, "--self", "2", "--epochs", "3"], 64, "--self 6 makes no batch of 8"],
    [["medusa", ...SHORT, "--data", one, "--held", one], 65, `${one}: no text of 48 tokens`],
    [["phrases", "--data", none], 65, `${none}: 0 tokens to learn from`],
    [["phrases", "--data", DATA, "--held", none], 65, `${none}: no text to measure on goes on`],
    [["phrases", "--data", latin], 65, `${latin}: found bytes that are not UTF-8`],
    [["phrases", "--data", DATA, "-o", longName], 74, `${longName} cannot be written: File name`],
    ...["phrases", "medusa", "hidden-transfer"].map((method): [string[], number, string] => [
      [method, "--data", DATA, "-o", DATA, "-m", "/nowhere"],
      74,
      `--out ${DATA}: is there already and not a file with `,
    ]),
    [["phrases", "--data", none, "--held", DATA], 65, `${none}: 0 tokens to learn from`],
    [["medusa", ...SHORT, "--resume", "-o", `${scratch}/none`], 66, "leave it out to begin one"],
  ];
  for (const [args, exitCode, message] of cases) {
    const { code, stdout, stderr } = await train(...args);
    assertEquals([code, stdout], [exitCode, ""], stderr);
    assertStringIncludes(stderr, message);
    assertMatch(stderr.trim().split("\n").at(-1)!, /^foretoken: /);
  }
});

function hasTable(file: TransferMaps | MedusaHeads): boolean {
  return "hasStates" in file && file.hasStates;
}

const METHODS = {
  "hidden-transfer": {
    flags: ["--layers", "7", "--start", "identity"],
    open: openTransferMaps,
    ending: ["SIGINT", 130],
  },
  "medusa": { flags: [], open: openMedusaHeads, ending: ["SIGTERM", 143] },
} as const;

for (const [method, { flags, open, ending: [signal, code] }] of Object.entries(METHODS)) {
  Deno.test(`${method}: ${signal} leaves a usable file, and --resume ends with the same bits`, async () => {
    const config = await demoConfig();
    const [whole, parts] = [`${scratch}/${method}.whole`, `${scratch}/${method}.parts`];
    const run = [method, ...SHORT, ...flags];
    const uninterrupted = await train(...run, "-o", `${whole}.safetensors`);
    assertEquals([uninterrupted.code, uninterrupted.stdout], [0, ""], uninterrupted.stderr);
    assertMatch(uninterrupted.stderr, /^step 0 of \d+, held-out loss [\d.]+, top-1 [\d.]+%/m);

    const process = program(...run, "-o", `${parts}.safetensors`).spawn();
    let stderr = "";
    for await (const piece of process.stderr.pipeThrough(new TextDecoderStream())) {
      if (!stderr.includes("step 0") && (stderr + piece).includes("step 0")) process.kill(signal);
      stderr += piece;
    }
    await process.stdout.cancel();
    assertEquals((await process.status).code, code, stderr);
    // Told at once, before anything is saved.
    assertMatch(
      stderr,
      /^stopping, .*\n.* has what was learnt so far, --resume goes on$/m,
    );
    {
      using unfinished = await open(`${parts}.safetensors`, config);
      using finished = await open(`${whole}.safetensors`, config);
      // Making the table of the tokens' states takes longer than Ctrl-C should wait.
      assertEquals([hasTable(unfinished), hasTable(finished)], [false, method !== "medusa"]);
    }
    assert(await exists(`${parts}.safetensors.checkpoint`));

    const other = await train(...run, "--seed", "2", "--resume", "-o", `${parts}.safetensors`);
    assertEquals(other.code, 65);
    assertStringIncludes(other.stderr, "had seed 1, this one has 2; give the same flags");

    const resumed = await train(...run, "--resume", "-o", `${parts}.safetensors`);
    assertEquals(resumed.code, 0, resumed.stderr);
    assertEquals(
      await Deno.readFile(`${parts}.safetensors`),
      await Deno.readFile(`${whole}.safetensors`),
    );
    assert(!await exists(`${parts}.safetensors.checkpoint`));
    assertStringIncludes(await Deno.readTextFile(`${parts}.training.svg`), "<svg");
  });
}
