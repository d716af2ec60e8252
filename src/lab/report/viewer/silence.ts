import type { ReportModel } from "../model.ts";

/** How long the new leader had heard nothing from the old one before it asked to be elected. */
export function silence(
  model: ReportModel,
): { readonly lane: number; readonly from: number; readonly to: number } | undefined {
  const old = model.nodes.findIndex((lane) => lane.note === "old leader");
  const next = model.nodes.findIndex((lane) => lane.note === "new leader");
  const fault = Math.min(...model.faults.map((window) => window.from));
  const lane = model.nodes[next];
  const bands = lane?.states.find((track) => track.key === lane.mainKey)?.bands ?? [];
  const asks = bands.find(
    (band) => band.from > fault && (band.tone === "candidate" || band.tone === "pre-candidate"),
  )?.from;
  if (old < 0 || asks === undefined) return undefined;
  const { sent, took, from, to, fate } = model.messages;
  let heard = -1;
  for (let index = 0; index < sent.length && (sent[index] as number) <= asks; index++) {
    if (from[index] !== old || to[index] !== next || fate[index] !== -1) continue;
    const arrival = (sent[index] as number) + (took[index] as number);
    if (arrival <= asks) heard = Math.max(heard, arrival);
  }
  return heard < 0 ? undefined : { lane: next, from: heard, to: asks };
}
