/**
 * A hub on this machine, whose files Python's huggingface_hub 2.4 can fetch too, and a store of large
 * files under another host name; both with faults on demand.
 */

import { createHash } from "node:crypto";

/** A request as it arrived. */
export interface Seen {
  /** Which server it was sent to. */
  at: "hub" | "store";
  method: string;
  path: string;
  range: string | null;
  authorization: string | null;
}

/** A model that the hub has. */
export interface FakeModel {
  id: string;
  commit: string;
  /** Contents by name. */
  files: Record<string, string | Uint8Array<ArrayBuffer>>;
  /** Branches and tags that stand at the commit. */
  revisions?: string[];
  /** Who may have it: without it everyone. */
  token?: string;
  /** Names that are listed in addition. */
  listedOnly?: string[];
}

/** What goes wrong; each can be changed at any time. */
export interface Faults {
  /** Statuses that the next requests of the hub get, instead of an answer. */
  statuses: { status: number; retryAfter?: string }[];
  /** After how many bytes the next answers of the store break off. */
  breaks: number[];
  /** Whether the store gives other bytes than were announced. */
  isCorrupt: boolean;
  /** Whether the store gives more bytes than were announced. */
  isLonger: boolean;
  /** Whether the store gives the whole file whatever range is asked for. */
  ignoresRanges: boolean;
  /** Whether it skips more than was asked for. */
  skipsTooFar: boolean;
  /** Milliseconds between the pieces of the store's answers. */
  delay: number;
}

/** Files that are kept in the store. */
const LARGE = /\.safetensors$/;

const PIECE = 64 * 1024;

/** Both servers; they stop when it is disposed of. */
export class FakeHub implements AsyncDisposable {
  readonly faults: Faults = {
    statuses: [],
    breaks: [],
    isCorrupt: false,
    isLonger: false,
    ignoresRanges: false,
    skipsTooFar: false,
    delay: 0,
  };
  readonly seen: Seen[] = [];
  readonly #models = new Map<string, FakeModel>();
  readonly #hub: Deno.HttpServer<Deno.NetAddr>;
  readonly #store: Deno.HttpServer<Deno.NetAddr>;

  constructor(...models: FakeModel[]) {
    for (const model of models) this.put(model);
    const options = { hostname: "127.0.0.1", port: 0, onListen() {} };
    this.#hub = Deno.serve(options, (request) => this.#answer(this.#note("hub", request)));
    this.#store = Deno.serve(options, (request) => this.#give(this.#note("store", request)));
  }

  /** Adds a model, or changes one. */
  put(model: FakeModel): void {
    this.#models.set(model.id, model);
  }

  /** For HF_ENDPOINT. */
  get endpoint(): string {
    return `http://127.0.0.1:${this.#hub.addr.port}`;
  }

  /** Ranges that the store was asked for, in order. */
  get ranges(): (string | null)[] {
    return this.seen.filter(({ at }) => at === "store").map(({ range }) => range);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#hub.shutdown(), this.#store.shutdown()]);
  }

  #note(at: Seen["at"], { method, url, headers }: Request): Seen {
    const [range, authorization] = [headers.get("range"), headers.get("authorization")];
    const seen = { at, method, path: new URL(url).pathname, range, authorization };
    this.seen.push(seen);
    return seen;
  }

  #answer({ method, path, authorization }: Seen): Response {
    const fault = this.faults.statuses.shift();
    if (fault !== undefined) {
      const headers = fault.retryAfter === undefined
        ? undefined
        : { "retry-after": fault.retryAfter };
      return new Response("trouble", { status: fault.status, headers });
    }
    const words = path.split("/").slice(1).map(decodeURIComponent);
    const isQuestion = words[0] === "api" && words[1] === "models";
    const isCached = words[0] === "cached";
    const model = this.#models.get(
      words.slice(isQuestion ? 2 : isCached ? 1 : 0).slice(0, 2).join("/"),
    );
    if (model?.token !== undefined && authorization !== `Bearer ${model.token}`) {
      return new Response("no", { status: authorization === null ? 401 : 403 });
    }
    const revision = words.at(isQuestion ? -1 : isCached ? 3 : 3);
    const isKnown = revision === model?.commit || model?.revisions?.includes(revision ?? "");
    if (model === undefined || !isKnown) return new Response("none", { status: 404 });
    if (isQuestion) {
      const names = [...Object.keys(model.files), ...model.listedOnly ?? []];
      return Response.json({
        id: model.id,
        sha: model.commit,
        siblings: names.map((rfilename) => ({ rfilename })),
      });
    }
    return this.#file(model, words.slice(4).join("/"), method, isCached);
  }

  /** Large files are sent elsewhere at once, small ones after a redirect on the hub itself. */
  #file(model: FakeModel, name: string, method: string, isCached: boolean): Response {
    if (!(name in model.files)) return new Response("none", { status: 404 });
    const bytes = bytesOf(model, name);
    const size = String(bytes.length);
    if (LARGE.test(name)) {
      const etag = createHash("sha256").update(bytes).digest("hex");
      return new Response(null, {
        status: 302,
        headers: {
          "location": `http://localhost:${this.#store.addr.port}/${model.id}/${name}?signature=1`,
          "x-repo-commit": model.commit,
          "x-linked-etag": `"${etag}"`,
          "x-linked-size": size,
          "etag": '"of the redirect"',
        },
      });
    }
    if (!isCached) {
      const location = `/cached/${model.id}/${model.commit}/${name}`;
      const headers = { location, "x-repo-commit": model.commit };
      return new Response(null, { status: 307, headers });
    }
    const etag = createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
    const headers = {
      "etag": `W/"${etag}"`,
      "content-length": size,
      "x-repo-commit": model.commit,
    };
    return new Response(method === "HEAD" ? null : bytes, { headers });
  }

  #give({ path, range }: Seen): Response {
    const [org, name, file] = path.split("/").slice(1);
    const model = this.#models.get(`${org}/${name}`) as FakeModel;
    const surplus = this.faults.isLonger ? 100 : 0;
    const content = bytesOf(model, file);
    const bytes = new Uint8Array(content.length + surplus);
    bytes.set(content);
    if (this.faults.isCorrupt) bytes[bytes.length - 1] ^= 1;
    const asked = Number(range?.match(/^bytes=(\d+)-$/)?.[1] ?? 0);
    const { ignoresRanges, skipsTooFar } = this.faults;
    const start = ignoresRanges ? 0 : asked > 0 && skipsTooFar ? asked + 1 : asked;
    const rest = bytes.subarray(start);
    const headers: Record<string, string> = { "content-length": String(rest.length) };
    if (start > 0) headers["content-range"] = `bytes ${start}-${bytes.length - 1}/${bytes.length}`;
    const body = this.#stream(rest, this.faults.breaks.shift() ?? rest.length);
    return new Response(body, { status: start > 0 ? 206 : 200, headers });
  }

  /** Pieces up to a number of bytes; where those are not all, the connection breaks. */
  #stream(bytes: Uint8Array, end: number): ReadableStream<Uint8Array> {
    let position = 0;
    return new ReadableStream({
      pull: async (controller) => {
        await new Promise((resolve) => setTimeout(resolve, this.faults.delay));
        const next = Math.min(end, position + PIECE);
        if (next > position) controller.enqueue(bytes.subarray(position, next));
        else controller.close();
        position = next;
      },
    });
  }
}

function bytesOf(model: FakeModel, name: string): Uint8Array<ArrayBuffer> {
  const content = model.files[name];
  return typeof content === "string" ? new TextEncoder().encode(content) : content;
}
