import { formatSeconds } from "../../../trace/units.ts";
import type { ReportModel } from "../model.ts";
import { timeOfRecord, type Cone } from "./cone.ts";

/** A record to go to, and what to say of it; `""` for nothing. */
export interface Stop {
  readonly time: number;
  readonly record: number;
  readonly says: string;
}

/** The next finding after a moment, or the one before it; around the ends of the run. */
export function nextFinding(model: ReportModel, at: number, direction: 1 | -1): Stop | undefined {
  const findings = [...model.findings].sort((a, b) => a.time - b.time);
  const next =
    direction > 0
      ? (findings.find(({ time }) => time > at) ?? findings[0])
      : (findings.findLast(({ time }) => time < at) ?? findings[findings.length - 1]);
  return next === undefined ? undefined : { time: next.time, record: next.record, says: "" };
}

/** From a finding's record to the step before it on its way, and so on back to the fault; of others to what caused them. */
export function stepToCause(model: ReportModel, record: number, cone: Cone | undefined): Stop | undefined {
  for (const { why } of model.findings) {
    const steps = why?.steps ?? [];
    const place = steps.findIndex((step) => step.record === record);
    const before = steps[place - 1];
    if (place < 1 || before === undefined) continue;
    const { node, text, because } = before;
    const says = `${formatSeconds(before.time)}  ${node === "" ? "the world" : node} ${text}: ${because}`;
    return { time: before.time, record: before.record, says };
  }
  const causes = cone === undefined ? [] : [...cone.records].filter((candidate) => candidate < record);
  const last = Math.max(-1, ...causes);
  const time = timeOfRecord(model, last);
  return time === undefined ? undefined : { time, record: last, says: "" };
}
