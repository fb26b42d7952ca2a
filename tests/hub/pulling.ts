/** Pulling from a fake hub within the test's own process. */

import { join } from "@std/path";
import type { ModelName } from "../../src/hub/model_name.ts";
import { pullModel, type PullOptions, type PullProgress } from "../../src/hub/pull.ts";
import type { HubSettings } from "../../src/hub/settings.ts";
import type { FakeHub, FakeModel } from "./fake_hub.ts";

/** A commit. */
export const COMMIT = "0123456789abcdef0123456789abcdef01234567";

/** Its name. */
export const NAME: ModelName = { id: "some-org/Tiny.Model", revision: "main" };

/** A model of 1 MB with files that are needed and files that are not. */
export function tinyModel(changes: Partial<FakeModel> = {}): FakeModel {
  const weights = new Uint8Array(1_000_000).map((_, index) => index * 7 + (index >> 9));
  return {
    id: NAME.id,
    commit: COMMIT,
    revisions: ["main"],
    files: {
      ".gitattributes": "*.safetensors filter=lfs",
      "README.md": "a card",
      "config.json": '{"architectures":["LlamaForCausalLM"]}',
      "generation_config.json": "{}",
      "tokenizer.json": '{"model":{}}',
      "tokenizer_config.json": "{}",
      "special_tokens_map.json": "{}",
      "chat_template.jinja": "{{ messages }}",
      "model.safetensors": weights,
      "pytorch_model.bin": "a pickle",
      "onnx/model.onnx": "another form",
    },
    ...changes,
  };
}

/** What a pull has said and done. */
export interface Pulled {
  folder: string;
  said: string[];
  /** Milliseconds. */
  waits: number[];
  progress: PullProgress[];
}

/** A cache in a folder of its own, which goes with it. */
export class TestCache {
  readonly path: string;
  /** Filled even where a pull fails. */
  last: Pulled = { folder: "", said: [], waits: [], progress: [] };

  private constructor(path: string) {
    this.path = path;
  }

  /** An empty one. */
  static async make(): Promise<TestCache> {
    return new TestCache(await Deno.makeTempDir());
  }

  /** Pulls without really waiting between attempts. */
  async pull(
    hub: FakeHub,
    name: ModelName = NAME,
    settings: Partial<HubSettings> = {},
    options: Partial<PullOptions> = {},
  ): Promise<Pulled> {
    const pulled: Pulled = { folder: "", said: [], waits: [], progress: [] };
    this.last = pulled;
    const { path, endpoint } = { path: this.path, endpoint: hub.endpoint };
    pulled.folder = await pullModel(
      { cache: path, endpoint, token: null, isOffline: false, ...settings },
      name,
      {
        say: (line) => void pulled.said.push(line),
        wait: (milliseconds) => Promise.resolve(void pulled.waits.push(milliseconds)),
        stallMilliseconds: 5000,
        onProgress: (news) => void pulled.progress.push(news),
        beforeWeights: () => Promise.resolve(),
        ...options,
      },
    );
    return pulled;
  }

  /** Names of the files below a folder of the model, in order. */
  async files(folder = ""): Promise<string[]> {
    const root = join(this.path, "models--some-org--Tiny.Model", folder);
    const entries = await Array.fromAsync(Deno.readDir(root)).catch(() => []);
    return entries.map(({ name }) => name).sort();
  }
}
