import { assertEquals } from "@std/assert";
import { modelFacts } from "../../../src/cli/doctor/model_facts.ts";
import { PHRASES_ASSET } from "../../../src/draft/phrases/load_phrases.ts";
import { ModelFolder } from "../../../src/engine/model_folder.ts";
import type { ChatTemplate } from "../../../src/format/chat/chat_template.ts";
import { DEMO_FOLDER } from "../../../src/engine/demo_folder.ts";
import { withGpu } from "../../gpu/with_gpu.ts";
import { fakeAssets } from "../../draft/fake_assets.ts";

withGpu("a model that can be asked and has no phrases could learn some", async (gpu) => {
  const folder = await ModelFolder.open(DEMO_FOLDER);
  const { template } = await folder.text();
  const couldLearn = (assets = fakeAssets(), asked: ChatTemplate | null = template) =>
    "could learn" in modelFacts(folder, { template: asked }, assets, { gpu });
  assertEquals([couldLearn(), couldLearn(fakeAssets([[PHRASES_ASSET, {}]]))], [true, false]);
  assertEquals(couldLearn(fakeAssets(), null), false);
});
