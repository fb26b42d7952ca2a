/** What the environment says about the hub and its cache, with the names that other tools use. */

import { join } from "@std/path";
import { HubError } from "./errors.ts";

/** Where models come from and where they are kept. */
export interface HubSettings {
  /** Folder of the cache. */
  readonly cache: string;
  /** Address of the hub, without a slash at its end. */
  readonly endpoint: string;
  /** What tells the hub who asks. */
  readonly token: string | null;
  /** Whether the network is not to be used. */
  readonly isOffline: boolean;
}

/** The hub itself. */
const ENDPOINT = "https://huggingface.co";

/**
 * Reads the settings.
 *
 * @param variable an environment variable, or undefined where it is not set.
 * @throws HubError if one makes no sense, or there is no place for a cache.
 */
export async function readHubSettings(
  variable: (name: string) => string | undefined,
): Promise<HubSettings> {
  const { hubHome, cache } = foldersOf(variable);
  return {
    cache: required(cache),
    endpoint: readEndpoint(variable("HF_ENDPOINT") ?? ENDPOINT),
    token: await readToken(variable("HF_TOKEN"), hubHome && join(hubHome, "token")),
    isOffline: /^(1|on|yes|true)$/i.test(variable("HF_HUB_OFFLINE") ?? ""),
  };
}

/**
 * Folder of the cache, of which nothing is read.
 *
 * @throws HubError if there is no place for one.
 */
export function cacheFolder(variable: (name: string) => string | undefined): string {
  return required(foldersOf(variable).cache);
}

/** The hub's folder in the user's home, and that of the cache. */
function foldersOf(variable: (name: string) => string | undefined) {
  const home = variable("HOME") ?? variable("USERPROFILE");
  const path = (name: string) => {
    const value = variable(name);
    return home === undefined ? value : value?.replace(/^~(?=[\\/]|$)/, home);
  };
  const userCache = path("XDG_CACHE_HOME") ?? (home && join(home, ".cache"));
  const hubHome = path("HF_HOME") ?? (userCache && join(userCache, "huggingface"));
  return { hubHome, cache: path("HF_HUB_CACHE") ?? (hubHome && join(hubHome, "hub")) };
}

function required(cache: string | undefined): string {
  if (cache !== undefined) return cache;
  throw new HubError("there is no home folder to keep models in; set HF_HUB_CACHE to a folder");
}

function readEndpoint(text: string): string {
  const { protocol, search, hash, username } = URL.parse(text) ?? {};
  const isWeb = protocol === "https:" || protocol === "http:";
  if (isWeb && !search && !hash && !username) return text.replace(/\/+$/, "");
  throw new HubError(
    `HF_ENDPOINT is ${JSON.stringify(text)}; expected an address such as ${ENDPOINT}`,
  );
}

async function readToken(value: string | undefined, file: string | undefined) {
  const token = (value ?? (file && await Deno.readTextFile(file).catch(() => "")) ?? "").trim();
  if (token === "") return null;
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  const source = value === undefined ? file : "HF_TOKEN";
  throw new HubError(`${source} holds characters that no token has; copy the token again`);
}
