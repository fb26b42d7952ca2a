import { LibraryModel } from "../../../src/engine/library/model.ts";
import { type FakeModel, fakeModel, type FakeOptions } from "../fake_model.ts";

/** A model of the library without a GPU, and what it is made of. */
export interface FakeLibraryModel extends Disposable {
  model: LibraryModel;
  fake: FakeModel;
  /** How often the GPU was freed. */
  freed: number;
}

/** A model of the library that says what the options tell. */
export function fakeLibraryModel(options: FakeOptions): FakeLibraryModel {
  const fake = fakeModel(options);
  const opened = {
    ...fake,
    path: "/fake",
    device: "a fake GPU",
    isSoftware: true,
    [Symbol.dispose]: () => void whole.freed++,
  };
  const model = new LibraryModel(opened, { method: "hidden-transfer" });
  const whole = { model, fake, freed: 0, [Symbol.dispose]: () => model[Symbol.dispose]() };
  return whole;
}
