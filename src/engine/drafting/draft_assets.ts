/** What a model's folder holds for drafting methods. */

import { dirname, join } from "@std/path";
import type { DraftAsset, DraftAssets, MeasuredSettings } from "../../draft/assets.ts";
import { DRAFT_ASSETS } from "../../draft/registry.ts";
import { DeviceRecords, type Measurement } from "../../format/settings/device_records.ts";
import { NoInputError } from "../../format/errors.ts";
import { statIfThere } from "../../format/files.ts";
import { openTrainedTensors } from "../../format/trained/trained_file.ts";
import { modelFingerprint } from "../../model/loading/fingerprint.ts";
import type { Transformer } from "../../model/transformer.ts";
import { OutputFailedError } from "../errors.ts";
import type { ModelFolder } from "../model_folder.ts";
import { reasonOf } from "../reason.ts";
import { stateFile } from "../state_folder.ts";
import { madeFor, shippedFor } from "./shipped_assets.ts";

/** Files in place of those in the model's folder, by the method that they were trained for. */
export type AssetFiles = Readonly<Record<string, string | undefined>>;

/** Where to look for assets, and who hears of them. */
export interface AssetOptions {
  /** Files in place of those in the folder. */
  files?: AssetFiles | undefined;
  /** Folder with the assets that came with the program; for tests. */
  shipped?: string | undefined;
  /** Hears in one line if an asset that is loaded was made for other weights. */
  onWarning?: ((line: string) => void) | undefined;
}

/** The assets of a model; it owns what has been loaded of them. */
export class FolderAssets implements DraftAssets, Disposable {
  readonly #folder: ModelFolder;
  readonly #paths: ReadonlyMap<DraftAsset, string>;
  readonly #present: ReadonlySet<DraftAsset>;
  readonly #loaded: Map<DraftAsset, Promise<Disposable>> = new Map();
  readonly #owned = new DisposableStack();
  readonly #onWarning: AssetOptions["onWarning"];

  private constructor(
    folder: ModelFolder,
    paths: ReadonlyMap<DraftAsset, string>,
    present: ReadonlySet<DraftAsset>,
    onWarning: AssetOptions["onWarning"],
  ) {
    this.#folder = folder;
    this.#paths = paths;
    this.#present = present;
    this.#onWarning = onWarning;
  }

  /**
   * Looks what a model's folder holds, and what came with the program for such a model, without loading
   * it yet.
   *
   * @throws NoInputError if a file is not there that is named in `files`.
   */
  static async open(folder: ModelFolder, options: AssetOptions = {}): Promise<FolderAssets> {
    const { files = {}, shipped, onWarning } = options;
    const paths = new Map<DraftAsset, string>();
    const present = new Set<DraftAsset>();
    for (const asset of DRAFT_ASSETS) {
      const named = files[asset.method];
      const own = named ?? join(folder.path, asset.kind.file);
      const isOwn = await statIfThere(own, asset.description) !== null;
      if (!isOwn && named !== undefined) {
        throw new NoInputError(`${named}: no such file; expected ${asset.description}`);
      }
      const found = isOwn ? own : await shippedFor(asset, folder, shipped);
      paths.set(asset, found ?? own);
      if (found !== null) present.add(asset);
    }
    return new FolderAssets(folder, paths, present, onWarning);
  }

  missing(asset: DraftAsset): string | null {
    if (this.#present.has(asset)) return null;
    const elsewhere = asset.flag ? `, or --${asset.flag} FILE` : "";
    return `${this.#pathOf(asset)}, which foretoken train ${asset.method} makes${elsewhere}`;
  }

  async load<Loaded extends Disposable>(
    asset: DraftAsset<Loaded>,
    model: Transformer,
  ): Promise<Loaded> {
    let loaded = this.#loaded.get(asset);
    if (loaded === undefined) {
      loaded = this.#load(asset, model);
      this.#loaded.set(asset, loaded);
      loaded.catch(() => this.#loaded.delete(asset));
    }
    return await loaded as Loaded;
  }

  async #load(asset: DraftAsset, model: Transformer): Promise<Disposable> {
    const path = this.#pathOf(asset);
    const loaded = this.#owned.use(await asset.load(model, path));
    const { fingerprint } = await madeFor(path, asset);
    if (!await this.#folder.isOfWeights(fingerprint)) {
      this.#onWarning?.(
        `${path}: these ${asset.description} were made for other weights than those of ` +
          `${this.#folder.name}; the text stays the same, but fewer drafts may be right: ` +
          `foretoken train ${asset.method} makes its own`,
      );
    }
    return loaded;
  }

  /**
   * What was measured on the model's device, or null: from the file beside what it is about, or else
   * from the user's own folder.
   *
   * @throws DataError if a file of settings is malformed.
   */
  async measured<Settings>(
    kind: MeasuredSettings<Settings>,
    { gpu }: Transformer,
  ): Promise<Settings & Measurement | null> {
    if (kind.about && !this.#present.has(kind.about)) return null;
    return await (await this.#records(kind)).find(gpu.name);
  }

  /**
   * Keeps what was measured on the model's device beside what it is about, or in the user's own folder
   * where that cannot be written. Returns the file's path.
   *
   * @throws OutputFailedError if neither can be written.
   */
  async keep<Settings>(
    kind: MeasuredSettings<Settings>,
    { gpu }: Transformer,
    record: Settings & Measurement,
  ): Promise<string> {
    const records = await this.#records(kind);
    try {
      return await records.keep(gpu.name, record);
    } catch (error) {
      const places = `neither in ${dirname(records.places[0])} nor in your own folder`;
      throw new OutputFailedError(`what was found can be kept ${places}: ${reasonOf(error)}`);
    }
  }

  /** Records beside what they are about, or in the program's folder in the user's home. */
  async #records<Settings>(
    { about, file, records }: MeasuredSettings<Settings>,
  ): Promise<DeviceRecords<Settings>> {
    const { path, config } = this.#folder;
    const folder = about === null ? path : dirname(this.#pathOf(about));
    const fingerprint = about === null
      ? await this.#folder.fingerprint()
      : await this.fingerprintOf(about);
    const own = stateFile("tunings", `${fingerprint.slice(0, 16)}.json`);
    const places = [join(folder, file), ...(own === null ? [] : [own])];
    return new DeviceRecords(records(config), { fingerprint, places });
  }

  /**
   * The fingerprint of an asset that is there.
   *
   * @throws DataError if its file is malformed, NoInputError if it cannot be read.
   */
  async fingerprintOf(asset: DraftAsset): Promise<string> {
    const path = this.#pathOf(asset);
    using tensors = await openTrainedTensors(path, asset.kind);
    return await modelFingerprint(this.#folder.config, tensors);
  }

  #pathOf(asset: DraftAsset): string {
    const path = this.#paths.get(asset);
    if (path === undefined) {
      throw new TypeError(`no method in the registry needs ${asset.kind.file}`);
    }
    return path;
  }

  [Symbol.dispose](): void {
    this.#owned.dispose();
  }
}
