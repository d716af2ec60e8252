import type { ReportModel } from "../model.ts";

/** Moments at which something changed: where the arrow keys stop. */
export function stopsOf(model: ReportModel): number[] {
  const stops = new Set<number>();
  for (const lane of model.nodes) {
    for (const { bands } of lane.states) for (const band of bands) if (band.isShown) stops.add(band.from);
    for (const span of lane.process) stops.add(span.from).add(span.to);
  }
  for (const fault of model.faults) stops.add(fault.from).add(fault.to);
  for (const span of model.writers ?? []) stops.add(span.from);
  return [...stops].sort((a, b) => a - b);
}
