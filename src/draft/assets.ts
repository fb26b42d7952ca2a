/** What a model brings along for drafting: trained files, and settings measured on a device. */

import type { RecordKind } from "../format/settings/device_records.ts";
import type { DraftSettings } from "../format/settings/draft_settings.ts";
import type { TrainedKind } from "../format/trained/trained_file.ts";
import type { ModelConfig } from "../model/config.ts";
import type { Transformer } from "../model/transformer.ts";

/** Something that was trained for a model and that methods draft with, in a file beside its weights. */
export interface DraftAsset<Loaded extends Disposable = Disposable> {
  /** The method that it is trained for: `foretoken train METHOD` makes it. */
  readonly method: string;
  /** Its file, and what that is called in the model's folder. */
  readonly kind: TrainedKind;
  /** What it is, in a few words. */
  readonly description: string;
  /** The program's flag that names a file in another place, if there is one. */
  readonly flag?: string;
  /**
   * Puts a file on the GPU beside the model. Disposing of the result frees its buffers.
   *
   * @throws NoInputError if the file cannot be read.
   * @throws DataError if it is malformed or does not fit the model.
   */
  load(model: Transformer, path: string): Promise<Loaded>;
}

/** Settings that are measured on each device and kept in a small file. */
export interface MeasuredSettings<Settings> {
  /** Name of the file, which lies beside what the settings are about. */
  readonly file: string;
  /** The asset that the settings are about; null if they are about the model's own weights. */
  readonly about: DraftAsset | null;
  /** How the file is read and written for a model. */
  records(config: ModelConfig): RecordKind<Settings>;
}

/** Where it is kept which of some methods drafts fastest, and with which tree. */
export interface DraftTuning extends MeasuredSettings<DraftSettings> {
  /** Names of the methods. */
  readonly methods: readonly string[];
}

/** What a model brings along for drafting. */
export interface DraftAssets {
  /** Null if the asset is there; otherwise what is missing, in words that follow "needs". */
  missing(asset: DraftAsset): string | null;
  /** Puts an asset that is there on the GPU beside the model, at the first call only. */
  load<Loaded extends Disposable>(asset: DraftAsset<Loaded>, model: Transformer): Promise<Loaded>;
  /** What was measured on the model's device; null where nothing was. */
  measured<Settings>(
    kind: MeasuredSettings<Settings>,
    model: Transformer,
  ): Promise<Settings | null>;
}
