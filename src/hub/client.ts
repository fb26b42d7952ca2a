/** The hub's protocol: what a model consists of, and where the bytes of a file are. */

import { HubDataError, HubError } from "./errors.ts";
import type { ModelName } from "./model_name.ts";
import type { HubSettings } from "./settings.ts";
import {
  explainFailure,
  FIRST_CALLS,
  Passing,
  type Patience,
  persevere,
  stalling,
} from "./patience.ts";

/** One commit of a model. */
export interface ModelInfo {
  readonly commit: string;
  /** Names of its files, as the hub gave them: not to be trusted. */
  readonly names: readonly string[];
}

/** What the hub announces about a file. */
export interface RemoteFile {
  readonly name: string;
  /** SHA-256 of the bytes in hexadecimal, or for small files the SHA-1 that git gives them. */
  readonly checksum: string;
  /** Bytes. */
  readonly size: number;
}

/** Largest answer that is read into memory, in bytes. */
const ANSWER_LIMIT = 32 * 2 ** 20;

/** Redirects that are followed for one request. */
const REDIRECT_LIMIT = 10;

/** Redirects that carry the same request to another address. */
const REDIRECTS = [301, 302, 303, 307, 308];

/** Asks a hub about models. Trouble that may pass is waited out, as its patience allows. */
export class HubClient {
  readonly #settings: HubSettings;
  readonly #patience: Patience;
  /** Hosts that it was sent to, with their ports. */
  readonly #hosts = new Set<string>();

  constructor(settings: HubSettings, patience: Patience) {
    this.#settings = settings;
    this.#patience = patience;
  }

  /**
   * The commit that a revision stands at, and its files.
   *
   * @throws HubError if there is no such model, it is not given, or the hub is out of reach.
   * @throws HubDataError if the answer makes no sense.
   */
  async info(model: ModelName): Promise<ModelInfo> {
    const path = `/api/models/${model.id}/revision/${encodeURIComponent(model.revision)}`;
    const ask = async () => {
      const response = await this.#send(model, path, { method: "GET" });
      return await this.#readJson(response);
    };
    const answer = await persevere(ask, this.#patience, { calls: FIRST_CALLS });
    const { sha, siblings } = (answer ?? {}) as Record<string, unknown>;
    const names = Array.isArray(siblings) ? siblings.map((file) => file?.rfilename) : [null];
    if (typeof sha !== "string" || !/^[0-9a-f]{40}$/.test(sha) || !names.every(isText)) {
      throw this.#nonsense(`about ${model.id}`);
    }
    return { commit: sha, names };
  }

  /**
   * Size and checksum of a file.
   *
   * @throws HubError or HubDataError, as {@linkcode info}.
   */
  async describe(model: ModelName, name: string): Promise<RemoteFile> {
    const headers = await this.persevere(async () => {
      // Where the hub has said it itself, it does not matter what a storage behind it says.
      const isEnough = (headers: Headers) => headers.has("x-linked-etag");
      const request = { method: "HEAD", isEnough };
      const response = await this.#send(model, filePath(model, name), request);
      await response.body?.cancel();
      return response.headers;
    });
    const etag = headers.get("x-linked-etag") ?? headers.get("etag") ?? "";
    const checksum = etag.replace(/^W\//, "").replaceAll('"', "").toLowerCase();
    const size = Number(headers.get("x-linked-size") ?? headers.get("content-length") ?? NaN);
    if (
      !/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(checksum) || !Number.isSafeInteger(size) || size < 0
    ) {
      throw this.#nonsense(`about the size and checksum of ${name} of ${model.id}`);
    }
    return { name, checksum, size };
  }

  /**
   * The bytes of a file from an offset on, or all of them where the server cannot skip. To be called
   * within {@linkcode persevere}.
   *
   * @returns where they begin, and the bytes in pieces.
   */
  async open(
    model: ModelName,
    name: string,
    offset: number,
  ): Promise<{ offset: number; pieces: AsyncIterable<Uint8Array> }> {
    const headers: HeadersInit = offset > 0 ? { range: `bytes=${offset}-` } : {};
    const response = await this.#send(model, filePath(model, name), { method: "GET", headers });
    const start = response.status === 206
      ? Number(response.headers.get("content-range")?.match(/^bytes (\d+)-/)?.[1] ?? NaN)
      : 0;
    if (start !== 0 && start !== offset) {
      await response.body?.cancel();
      throw this.#nonsense(`to the question for ${name} of ${model.id} from byte ${offset} on`);
    }
    return { offset: start, pieces: stalling(response, this.#patience) };
  }

  /** Does something again where it failed for a reason that may pass; see {@linkcode persevere}. */
  persevere<Result>(attempt: () => Promise<Result>, position?: () => number): Promise<Result> {
    return persevere(attempt, this.#patience, { position });
  }

  /** Follows redirects by hand: the token must not go to other hosts. */
  async #send(
    model: ModelName,
    path: string,
    request: { method: string; headers?: HeadersInit; isEnough?: (headers: Headers) => boolean },
  ): Promise<Response> {
    const hub = new URL(this.#settings.endpoint);
    let url = new URL(this.#settings.endpoint + path);
    for (let hops = 0; hops <= REDIRECT_LIMIT; hops++) {
      this.#requirePermission(url, model);
      // What arrives must be the file itself: its size and checksum are those of no packed form.
      const headers = new Headers({ "accept-encoding": "identity", ...request.headers });
      const { token } = this.#settings;
      if (token !== null && url.origin === hub.origin) {
        headers.set("authorization", `Bearer ${token}`);
      }
      const response = await this.#fetch(url, request.method, headers);
      if (response.status < 400 && request.isEnough?.(response.headers)) return response;
      if (!REDIRECTS.includes(response.status)) {
        await this.#requireGood(response, model, path);
        return response;
      }
      await response.body?.cancel();
      const next = URL.parse(response.headers.get("location") ?? "", url);
      const isSafe = next?.protocol === "https:" || next?.protocol === url.protocol;
      if (next === null || !isSafe) throw this.#nonsense("with a redirect to nowhere");
      url = next;
    }
    throw this.#nonsense(`with more than ${REDIRECT_LIMIT} redirects`);
  }

  async #fetch(url: URL, method: string, headers: Headers): Promise<Response> {
    const signal = AbortSignal.timeout(this.#patience.stallMilliseconds);
    const aborted = Promise.withResolvers<never>();
    const onAbort = () => aborted.reject(signal.reason);
    signal.addEventListener("abort", onAbort);
    const answer = fetch(url, { method, headers, redirect: "manual" });
    try {
      return await Promise.race([answer, aborted.promise]);
    } catch (error) {
      answer.then((late) => late.body?.cancel()).catch(() => {});
      throw explainFailure(error, url.host);
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  /** Throws where the program may not reach a host, without ever prompting for it. */
  #requirePermission(url: URL, { id, revision }: ModelName): void {
    const host = `${url.hostname}:${url.port || (url.protocol === "https:" ? "443" : "80")}`;
    this.#hosts.add(host);
    if (Deno.permissions.querySync({ name: "net", host }).state === "granted") return;
    throw new HubError(
      `the program may not reach ${host}; run: deno run --allow-net=${
        [...this.#hosts].join(",")
      } ` +
        `--allow-read --allow-write --allow-env main.ts pull ${id}@${revision}`,
    );
  }

  /** Throws unless the answer is what was asked for. */
  async #requireGood(response: Response, model: ModelName, path: string): Promise<void> {
    if (response.ok) return;
    await response.body?.cancel();
    const { status, headers } = response;
    if (status === 416 || status === 408 || status === 429 || status >= 500) {
      throw Passing.from(status, headers.get("retry-after"), this.#host);
    }
    throw new HubError(refusal(status, model, path, this.#settings));
  }

  async #readJson(response: Response): Promise<unknown> {
    const decoder = new TextDecoder();
    let [text, bytes] = ["", 0];
    for await (const piece of stalling(response, this.#patience)) {
      bytes += piece.length;
      if (bytes > ANSWER_LIMIT) throw this.#nonsense(`of more than ${ANSWER_LIMIT} bytes`);
      text += decoder.decode(piece, { stream: true });
    }
    try {
      return JSON.parse(text);
    } catch {
      throw this.#nonsense("that is not JSON");
    }
  }

  #nonsense(what: string): HubDataError {
    return new HubDataError(
      `${this.#host} gave an answer ${what} that cannot be understood; is it a Hugging Face hub?`,
    );
  }

  get #host(): string {
    return new URL(this.#settings.endpoint).host;
  }
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function filePath({ id, revision }: ModelName, name: string): string {
  const path = name.split("/").map(encodeURIComponent).join("/");
  return `/${id}/resolve/${encodeURIComponent(revision)}/${path}`;
}

/** Why the hub does not give a model, and where to ask for it. */
function refusal(status: number, model: ModelName, path: string, settings: HubSettings): string {
  const { endpoint, token } = settings;
  const { host } = new URL(endpoint);
  const page = `${endpoint}/${model.id}`;
  if (status === 401) {
    return token === null
      ? `${host} does not give ${model.id} to everyone (401); if the name is right, ask for access ` +
        `at ${page} and set HF_TOKEN to your token; a folder on this machine is ./${model.id}`
      : `${host} does not accept your token for ${model.id} (401); look at ${page}, then set ` +
        "HF_TOKEN to a token that is valid";
  }
  if (status === 403) {
    return `${host} does not give you ${model.id} (403); ask for access at ${page}` +
      (token === null ? " and set HF_TOKEN to your token" : " and run the command again");
  }
  if (status === 404) {
    return path.startsWith("/api/")
      ? `${host} has no model ${model.id} with a revision ${model.revision} (404); look it up at ` +
        `${page}, or write ./${model.id} for a folder on this machine`
      : `${host} has no ${
        path.split("/").at(-1)
      } in ${model.id} at ${model.revision} (404), though ` +
        "it lists one; try again later";
  }
  return `${host} does not answer for ${model.id} (${status}); look at ${page}`;
}
