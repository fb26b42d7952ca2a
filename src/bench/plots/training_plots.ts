/** The curves of a training run as a picture. */

import * as Plot from "@observablehq/plot";
import { pageOfPlots } from "./svg.ts";

/** What was measured at a step. */
export interface TrainingPoint {
  step: number;
  /** Mean loss in nats of a text of that step. */
  loss: number;
  /** On held-out texts, by offset: mean loss in nats, and part of the drafts that are right. */
  held?: { loss: readonly number[]; top1: readonly number[] };
}

/** Loss by step, and top-1 accuracy by step and offset, as one SVG document. */
export function trainingPlots(history: readonly TrainingPoint[]): string {
  const accuracies = history.flatMap(({ step, held }) =>
    (held?.top1 ?? []).map((top1, i) => ({ step, top1, offset: `offset ${i + 1}` }))
  );
  const heldLosses = history.flatMap(({ step, held }) =>
    (held?.loss ?? []).map((loss, i) => ({ step, loss, offset: `offset ${i + 1}` }))
  );
  return pageOfPlots("How drafting was learnt", [
    {
      title: "Loss in nats: grey, each step's last text; coloured, held-out texts by offset",
      x: { label: "step" },
      y: { label: "loss, nats", zero: true, grid: true },
      color: { legend: false },
      marks: [
        Plot.line(history, { x: "step", y: "loss", stroke: "#bbb" }),
        Plot.line(heldLosses, { x: "step", y: "loss", z: "offset", stroke: "offset" }),
      ],
    },
    {
      title: "Drafts on held-out texts that are the model's own choice",
      x: { label: "step" },
      y: { label: "top-1 accuracy", domain: [0, 1], grid: true },
      marks: [
        Plot.line(accuracies, {
          x: "step",
          y: "top1",
          z: "offset",
          stroke: "offset",
          marker: "circle",
        }),
        Plot.text(
          accuracies,
          Plot.selectLast({
            x: "step",
            y: "top1",
            z: "offset",
            text: "offset",
            fill: "offset",
            textAnchor: "end",
            dy: -8,
          }),
        ),
      ],
    },
  ]);
}
