import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { HubError } from "../../src/hub/errors.ts";
import { parseModelName } from "../../src/hub/model_name.ts";
import { readHubSettings } from "../../src/hub/settings.ts";

Deno.test("names of models are told from paths", () => {
  const revision = "main";
  assertEquals(parseModelName("org/name"), { id: "org/name", revision });
  assertEquals(parseModelName("Org_1/Na.me-2b"), { id: "Org_1/Na.me-2b", revision });
  assertEquals(parseModelName("org/name@v1.0"), { id: "org/name", revision: "v1.0" });
  assertEquals(parseModelName("org/name@refs/pr/7"), { id: "org/name", revision: "refs/pr/7" });
  const others = [
    "",
    "name",
    "./name",
    "../name",
    "/org/name",
    "~/name",
    "org/name/file",
    "org\\name",
  ];
  others.push(
    "org/na--me",
    "org/na..me",
    "org/",
    "/name",
    "org/name@",
    "org/name@../x",
    "org/name@/x",
  );
  others.push("org/na me", "org/name@a b", "org/name\n", "C:/name", `org/${"n".repeat(97)}`);
  for (const text of others) assertEquals(parseModelName(text), null, text);
});

/** Settings for an environment. */
async function settings(variables: Record<string, string>) {
  return await readHubSettings((name) => variables[name]);
}

Deno.test("the cache lies where the variables of other tools say", async () => {
  const HOME = join("/home", "me");
  const cacheOf = async (variables: Record<string, string>) => (await settings(variables)).cache;
  assertEquals(await cacheOf({ HOME }), join(HOME, ".cache/huggingface/hub"));
  assertEquals(await cacheOf({ HOME, XDG_CACHE_HOME: "/xdg" }), join("/xdg/huggingface/hub"));
  assertEquals(await cacheOf({ HOME, HF_HOME: "/hf" }), join("/hf/hub"));
  assertEquals(await cacheOf({ HOME, HF_HOME: "~/hf" }), join(HOME, "hf/hub"));
  assertEquals(await cacheOf({ HOME, HF_HOME: "/hf", HF_HUB_CACHE: "/models" }), "/models");
  await assertRejects(() => cacheOf({}), HubError, "set HF_HUB_CACHE");
});

Deno.test("the token is the variable's, or else the file's", async () => {
  const HF_HOME = await Deno.makeTempDir();
  const tokenOf = async (variables: Record<string, string>) =>
    (await settings({ HF_HOME, ...variables })).token;
  assertEquals(await tokenOf({}), null);
  await Deno.writeTextFile(join(HF_HOME, "token"), "hf_file\n");
  assertEquals(await tokenOf({}), "hf_file");
  assertEquals(await tokenOf({ HF_TOKEN: "hf_variable" }), "hf_variable");
  await assertRejects(() => tokenOf({ HF_TOKEN: "two\nlines" }), HubError, "HF_TOKEN holds");
});

Deno.test("the endpoint and whether to go there", async () => {
  const HOME = "/home/me";
  const { endpoint, isOffline } = await settings({ HOME });
  assertEquals([endpoint, isOffline], ["https://huggingface.co", false]);
  const mirror = await settings({
    HOME,
    HF_ENDPOINT: "http://mirror:80/hub/",
    HF_HUB_OFFLINE: "1",
  });
  assertEquals([mirror.endpoint, mirror.isOffline], ["http://mirror:80/hub", true]);
  for (const wrong of ["mirror", "file:///x", "https://a?b"]) {
    await assertRejects(() => settings({ HOME, HF_ENDPOINT: wrong }), HubError, "HF_ENDPOINT is");
  }
});
