/** `foretoken train hidden-transfer` */

import { HIDDEN_TRANSFER } from "../../draft/hidden_transfer/hidden_transfer.ts";
import { MAX_PARENT_RANK } from "../../format/trained/parent_factors.ts";
import { TRANSFER_MAPS_KIND } from "../../format/trained/transfer_maps.ts";
import { choice, integer, integers, path } from "../flags/flags.ts";
import { TRAIN_FLAGS, trainOptions } from "./flags.ts";
import { type TrainMethod, trainMethod } from "./method.ts";

/** The flags of its training. */
const FLAGS = {
  ...TRAIN_FLAGS,
  layers: integers({
    placeholder: "T[,T…]",
    help: "hidden-transfer: layer that pseudo states enter, one for all steps, or one per step " +
      "(default five eighths of the way up)",
  }),
  form: choice({
    words: ["token", "plain"],
    initial: "token",
    help:
      "hidden-transfer: token, maps start from the state and the token that was chosen after it; " +
      "plain, from the state alone, as in the paper",
  }),
  "token-layer": integer({
    placeholder: "L",
    help: "hidden-transfer, --form token: layers that the chosen token passes, alone",
    minimum: 0,
    maximum: 1000,
    initial: 1,
  }),
  every: integer({
    placeholder: "N",
    help:
      "hidden-transfer: learn from drafts after every Nth position of a text alone, so that a " +
      "step sees more texts in its time; divides --steps and --length",
    minimum: 1,
    maximum: 8,
    initial: 1,
  }),
  "draft-tokens": integer({
    placeholder: "N",
    help: "hidden-transfer: draft only the N tokens that the texts use most, with a head of these",
    minimum: 64,
    maximum: 10_000_000,
    initial: 16_384,
  }),
  start: choice({
    words: ["ridge", "identity"],
    initial: "ridge",
    help:
      "hidden-transfer: first maps, regression on the hidden states in closed form, or the identity",
  }),
  parents: integer({
    placeholder: "RANK",
    help:
      "hidden-transfer: leave the maps of --from as they are, and learn what a token is worth after " +
      "another, with RANK numbers for each, a multiple of 8; goes on from those that are there",
    minimum: 8,
    maximum: MAX_PARENT_RANK,
  }),
  from: path({
    placeholder: "FILE",
    help:
      "hidden-transfer: begin with the maps of FILE, in place of --start, and keep what it says of " +
      "tokens after each other",
  }),
};

/** Training of hidden transfer's maps. */
export const TRAIN_HIDDEN_TRANSFER: TrainMethod = trainMethod(
  HIDDEN_TRANSFER.name,
  TRANSFER_MAPS_KIND,
  FLAGS,
  async (flags, config) => {
    const { planTransfer } = await import("../../train/hidden_transfer/transfer_plan.ts");
    const { layers, form, start, from, every, parents, "token-layer": tokenLayer } = flags;
    const draftTokens = flags["draft-tokens"];
    const choices = { layers, form, tokenLayer, start, from, every, parents, draftTokens };
    const options = { ...trainOptions(flags), ...choices };
    return planTransfer(options, config);
  },
);
