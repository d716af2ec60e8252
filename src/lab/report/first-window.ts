import { parseDuration } from "../../trace/units.ts";
import type { Micros } from "../../trace/record.ts";
import type { RunResult } from "../../trace/result.ts";
import type { MessageFold } from "./fold-messages.ts";
import type { WriteSpan } from "./model.ts";
import { writeGaps, writeOverlaps } from "./write-row.ts";

const SECOND = 1_000_000;

/** Heartbeats in an election timeout, when only the heartbeats are known. */
const BEATS = 6;

/** A last step after a silence of this part of the story is an epilogue. */
const LATE = 0.4;

/**
 * How long this cluster takes to notice: the election timeout of the first program that says it, else six times the rhythm of
 * its commonest routine message, else 1 s.
 */
export function electionTimeout(result: RunResult, fold: Pick<MessageFold, "messages" | "messageTypes">): Micros {
  for (const { config } of result.nodes) {
    if (config === null || typeof config !== "object" || Array.isArray(config)) continue;
    const fields = config as Readonly<Record<string, unknown>>;
    const ms = fields["electionTimeoutMs"];
    if (typeof ms === "number" && ms > 0) return Math.round(ms * 1_000);
    const text = fields["electionTimeout"];
    const micros = typeof text === "string" ? parseDuration(text) : undefined;
    if (micros !== undefined && micros > 0) return micros;
  }
  const rhythm = routineRhythm(fold);
  return rhythm === undefined ? SECOND : Math.min(10 * SECOND, Math.max(SECOND / 10, BEATS * rhythm));
}

/** Median distance between two messages of the commonest routine type, from one node to one other. */
function routineRhythm({ messages, messageTypes }: Pick<MessageFold, "messages" | "messageTypes">): Micros | undefined {
  const common = messageTypes
    .map((type, index) => ({ index, ...type }))
    .filter((type) => type.tone === "routine" && !type.isReply)
    .sort((a, b) => b.count - a.count)[0];
  if (common === undefined) return undefined;
  const first = Array.prototype.indexOf.call(messages.type, common.index);
  const gaps: Micros[] = [];
  let last = -1;
  for (let index = first; index < messages.sent.length; index++) {
    const isOfPair =
      messages.type[index] === common.index &&
      messages.from[index] === messages.from[first] &&
      messages.to[index] === messages.to[first];
    if (!isOfPair) continue;
    const at = messages.sent[index] as number;
    if (last >= 0) gaps.push(at - last);
    last = at;
  }
  return gaps.sort((a, b) => a - b)[gaps.length >> 1];
}

/**
 * What the main timeline shows first: from one election timeout before the first fault to four after it, longer when the story's
 * next steps lie just behind; around the first violation when that lies elsewhere; the start of a run without either. Where no
 * program says who may write, an election is not what the run is about: the window holds the story.
 */
export function firstWindow(
  result: RunResult,
  facts: {
    firstFault: Micros | undefined;
    firstViolation: Micros | undefined;
    timeout: Micros;
    hasWriters: boolean;
  },
): { readonly from: Micros; readonly to: Micros } {
  const { firstFault, firstViolation, timeout, hasWriters } = facts;
  const { story } = result;
  const clip = (from: Micros, to: Micros): { from: Micros; to: Micros } => ({
    from: Math.max(0, from),
    to: Math.min(Math.max(result.endTime, 1), to),
  });
  const told = hasWriters || firstViolation !== undefined ? undefined : storySpan(story.map(({ time }) => time));
  if (told !== undefined && told.to - told.from > 4 * timeout) {
    const margin = Math.round((told.to - told.from) / 30);
    return clip(told.from - margin, told.to + margin);
  }
  const start = firstFault ?? story[0]?.time ?? 0;
  let to = start + 4 * timeout;
  for (const line of story)
    if (line.time > start && line.time < start + 10 * timeout) to = Math.max(to, line.time + timeout / 2);
  to = Math.ceil(to);
  if (firstViolation !== undefined && (firstViolation < start - timeout || firstViolation > to)) {
    return clip(firstViolation - 2.5 * timeout, firstViolation + 2.5 * timeout);
  }
  return clip(start - timeout, to);
}

/** From the story's first step to its last, without what comes long after the rest; `undefined` for a story of two steps. */
function storySpan(times: readonly Micros[]): { readonly from: Micros; readonly to: Micros } | undefined {
  let last = times.length - 1;
  const from = times[0];
  if (from === undefined) return undefined;
  const at = (index: number): Micros => times[index] ?? from;
  if (at(last) - at(last - 1) > LATE * (at(last) - from)) last--;
  return last < 2 ? undefined : { from, to: at(last) };
}

/** Where the cursor stands first: in the middle of what the reader came to see. */
export function firstCursor(
  window: { readonly from: Micros; readonly to: Micros },
  facts: {
    writers: readonly WriteSpan[] | undefined;
    firstFault: Micros | undefined;
    firstViolation: Micros | undefined;
  },
): Micros {
  const isInside = (at: Micros): boolean => at > window.from && at < window.to;
  const spans = facts.writers ?? [];
  const fault = facts.firstFault ?? 0;
  for (const span of [...writeOverlaps(spans), ...writeGaps(spans).filter((gap) => gap.from >= fault)]) {
    const middle = Math.floor((span.from + span.to) / 2);
    if (isInside(middle)) return middle;
  }
  if (facts.firstViolation !== undefined && isInside(facts.firstViolation)) return facts.firstViolation;
  if (isInside(fault)) return fault;
  return Math.floor((window.from + window.to) / 2);
}
