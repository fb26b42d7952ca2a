import { assertEquals, assertStringIncludes } from "@std/assert";
import { readGenerationDefaults } from "../../../src/engine/text/generation_defaults.ts";
import { DataError } from "../../../src/format/errors.ts";
import { assertFails, withFolder } from "../../format/support.ts";

/** What is read of a file with these fields. */
async function read(fields: object) {
  let defaults!: Awaited<ReturnType<typeof readGenerationDefaults>>;
  await withFolder({ "generation_config.json": { ...fields } }, async (folder) => {
    defaults = await readGenerationDefaults(folder);
  });
  return defaults;
}

Deno.test("the settings of published models are read as their authors meant them", async () => {
  const cases: [object, object][] = [
    [{ bos_token_id: 1, eos_token_id: 2 }, {}],
    [{ do_sample: true, temperature: 0.6, top_p: 0.9 }, { temperature: 0.6, topP: 0.9 }],
    [{ do_sample: true, top_k: 64, top_p: 0.95 }, { temperature: 1, topK: 64, topP: 0.95 }],
    [{ temperature: 0.7, top_k: null, min_p: 0.1 }, { temperature: 0.7, topP: 1, minP: 0.1 }],
    [{ do_sample: false, temperature: 0.6, top_p: 0.9 }, { temperature: 0 }],
    [{ do_sample: false, repetition_penalty: 1.1 }, { temperature: 0, repetitionPenalty: 1.1 }],
    [{ repetition_penalty: 1.05 }, { repetitionPenalty: 1.05 }],
  ];
  for (const [fields, sampling] of cases) {
    assertEquals(await read(fields), { sampling, problems: [] }, JSON.stringify(fields));
  }
});

Deno.test("values that are none of a setting's are named and not used", async () => {
  const cases: [object, string][] = [
    [{ temperature: -1 }, 'key "temperature": found -1, expected a number from 0 to 100'],
    [{ temperature: "0.5" }, 'key "temperature": found "0.5"'],
    [{ top_k: 1.5 }, 'key "top_k": found 1.5, expected an integer from 0'],
    [{ top_k: -1 }, 'key "top_k": found -1'],
    [{ top_p: 0 }, 'key "top_p": found 0, expected a number from 0.001 to 1'],
    [{ min_p: [] }, 'key "min_p": found []'],
    [{ repetition_penalty: 0 }, 'key "repetition_penalty": found 0'],
    [{ do_sample: "yes" }, 'key "do_sample": found "yes", expected true or false'],
  ];
  for (const [fields, complaint] of cases) {
    const { sampling, problems } = await read({ ...fields });
    assertEquals(sampling, {}, complaint);
    assertEquals(problems.length, 1, complaint);
    const [problem] = problems;
    for (const part of ["generation_config.json", complaint.split(",")[0], "it is not used"]) {
      assertEquals(problem.includes(part), true, problem);
    }
  }
  assertEquals((await read({ temperature: 0.5, top_k: "all" })).sampling, {
    temperature: 0.5,
    topP: 1,
  });
});

Deno.test("settings that are not supported are named, unless they change nothing", async () => {
  const cases: [object, string[]][] = [
    [{ no_repeat_ngram_size: 3 }, ['key "no_repeat_ngram_size": found 3, expected 0; it is not']],
    [{ suppress_tokens: [7, 9] }, ['key "suppress_tokens": found [7, 9], expected []; it is not']],
    [{ bad_words_ids: [[4]] }, ['key "bad_words_ids": found [an array], expected nothing; it is']],
    [{ stop_strings: "###" }, ['key "stop_strings": found "###", expected []; it is not used']],
    [{ typical_p: 0.9, do_sample: true }, ['key "typical_p": found 0.9, expected 1; it is not']],
    [{ min_new_tokens: 5, eta_cutoff: 0.1 }, ["eta_cutoff", "min_new_tokens"]],
    [{ typical_p: 0.9, do_sample: false }, []],
    [{ no_repeat_ngram_size: 0, suppress_tokens: [], forced_eos_token_id: null }, []],
    [{ num_beams: 1, guidance_scale: 1.0, min_length: 0, max_length: 20 }, []],
  ];
  for (const [fields, parts] of cases) {
    const { problems } = await read(fields);
    assertEquals(problems.length, parts.length, JSON.stringify(fields));
    for (const [i, part] of parts.entries()) assertStringIncludes(problems[i], part);
  }
});

Deno.test("without the file nothing is said, and one that is no object is refused", async () => {
  await withFolder({}, async (folder) => {
    assertEquals(await readGenerationDefaults(folder), { sampling: {}, problems: [] });
  });
  await withFolder({ "generation_config.json": "[1]" }, async (folder) => {
    await assertFails(() => readGenerationDefaults(folder), DataError, ["generation_config.json"]);
  });
});
