import type { Micros, RecordId } from "../../trace/record.ts";
import type { RunResult } from "../../trace/result.ts";
import type { Trace } from "../../trace/trace.ts";
import { kindName, linkedAt, nodeName, ownName } from "../../trace/why/columns.ts";
import { buildModel } from "./build-model.ts";
import { FOLLOWERS, matchRuns, type Difference, type DiffMark, type RunMatch } from "./diff-match.ts";
import { MARKED_GROUPS, THE_WORLD } from "./diff-model.ts";
import type { DiffFact, DiffGroup, DiffMarks, DiffModel, DiffRecord, DiffRow, PartingRecord } from "./diff-model.ts";
import { becauseOf, mergeStories } from "./diff-story.ts";
import { recordWords } from "./fold-why.ts";
import type { ReportModel } from "./model.ts";
import { recordText } from "./text-trace.ts";
import { shorten } from "./words.ts";

/** Rows a list has of one mark and group. */
const LISTED_MAX = 60;
/** Marks a timeline has; beyond them, those nearest to the first divergence are kept. */
const MARKS_MAX = 50_000;
const CAUSES_MAX = 3;
/** Characters of a record told whole. */
const WHOLE_MAX = 1_000;

/** One of the two runs. */
export interface DiffRun {
  readonly result: RunResult;
  readonly trace: Trace;
  /** How the reader called it: the path of its result. */
  readonly label: string;
}

/**
 * Folds two runs that part at a record into what their page shows.
 *
 * @param record  The first record that differs, as `firstDivergence` finds it.
 */
export function buildDiff(
  first: DiffRun,
  second: DiffRun,
  { record, facts }: { readonly record: RecordId; readonly facts: readonly DiffFact[] },
): DiffModel {
  const together = [first.result, second.result] as const;
  const models = [
    buildModel(first.result, first.trace, { together }),
    buildModel(second.result, second.trace, { together }),
  ] as const;
  const runs = [withLonely(models[0], models[1], "A"), withLonely(models[1], models[0], "B")] as const;
  const match = matchRuns(first.trace, second.trace, record);
  const parting = [partingOf(first.trace, record), partingOf(second.trace, record)] as const;
  const time = Math.min(...parting.map((one) => one?.time ?? Infinity));
  const span = Math.max(1, runs[0].window.to - runs[0].window.from);
  return {
    labels: [first.label, second.label],
    runs,
    record,
    time,
    parting,
    facts,
    because: becauseOf(facts),
    story: mergeStories(runs[0].story, runs[1].story),
    counts: match.counts,
    rows: rowsOf(first.trace, second.trace, match),
    total: match.differences.length,
    marks: [marksOf(first.trace, runs[0], match, "first"), marksOf(second.trace, runs[1], match, "second")],
    window: { from: time - Math.round(span / 3), to: time + span - Math.round(span / 3) },
  };
}

/** Says on the lanes of nodes that the other run has not that they are only in this one. */
function withLonely(model: ReportModel, other: ReportModel, name: "A" | "B"): ReportModel {
  const nodes = model.nodes.map((lane) => {
    // Beside a name there is room for one note.
    return other.nodes.some(({ id }) => id === lane.id) ? lane : { ...lane, note: `only in ${name}` };
  });
  return { ...model, nodes };
}

function partingOf(trace: Trace, id: RecordId): PartingRecord | undefined {
  if (id >= trace.count) return undefined;
  const causes: DiffRecord[] = [];
  for (let cause = trace.record(id).cause; cause >= 0 && causes.length < CAUSES_MAX; cause = trace.record(cause).cause)
    causes.push(inWords(trace, cause));
  return { ...inWords(trace, id), causes, whole: shorten(recordText(trace.record(id)), WHOLE_MAX) };
}

function inWords(trace: Trace, id: RecordId): DiffRecord {
  const { node, other, text } = recordWords(trace, id);
  const kind = kindName(trace, id);
  const who =
    node === "" ? THE_WORLD : other === "" ? node : kind === "sent" ? `${node} → ${other}` : `${other} → ${node}`;
  return { record: id, time: trace.time(id), who, text };
}

function groupOf(trace: Trace, id: RecordId): DiffGroup {
  const kind = kindName(trace, id);
  switch (kind) {
    case "timer":
      return "timers";
    case "sent":
    case "delivered":
    case "dropped":
    case "duplicated":
      return "messages";
    case "point":
      return "points";
    case "state":
      // What the world says of each link is said by its fault.
      return ownName(trace, id).startsWith("link>") ? "points" : "events";
    default:
      return "events";
  }
}

/** The first of each mark and group, so that what is common hides nothing that is rare. */
function rowsOf(first: Trace, second: Trace, { differences }: RunMatch): DiffRow[] {
  const listed = new Map<string, number>();
  const rows: DiffRow[] = [];
  for (const one of differences) {
    const [trace, id] = one.first >= 0 ? [first, one.first] : [second, one.second];
    const group = groupOf(trace, id);
    const place = `${one.mark} ${group}`;
    const count = listed.get(place) ?? 0;
    if (count >= LISTED_MAX) continue;
    listed.set(place, count + 1);
    rows.push({ mark: one.mark, group, ...detailOf(first, second, one) });
  }
  return rows;
}

function detailOf(first: Trace, second: Trace, { first: a, second: b }: Difference): Omit<DiffRow, "mark" | "group"> {
  const record = a >= 0 ? inWords(first, a) : inWords(second, b);
  if (a < 0 || b < 0) return { record, by: 0, other: "" };
  const other = inWords(second, b);
  return { record, by: other.time - record.time, other: other.text === record.text ? "" : other.text };
}

const MARK_NUMBERS: Readonly<Record<DiffMark, number>> = { "only-first": 0, "only-second": 0, changed: 1, moved: 2 };

function marksOf(trace: Trace, model: ReportModel, { differences }: RunMatch, run: "first" | "second"): DiffMarks {
  const lanes = new Map(model.names.map((name, lane) => [name, lane]));
  const marks: { at: Micros; lane: number; mark: number; group: number; record: RecordId }[] = [];
  for (const one of differences) {
    const id = one[run];
    if (id < 0) continue;
    const group = (MARKED_GROUPS as readonly DiffGroup[]).indexOf(groupOf(trace, id));
    const kind = kindName(trace, id);
    const lane = kind === "fault" ? -1 : lanes.get(nodeName(trace, id));
    if (group < 0 || lane === undefined) continue;
    const record = FOLLOWERS.has(kind) ? linkedAt(trace, id) : id;
    marks.push({ at: trace.time(id), lane, mark: MARK_NUMBERS[one.mark], group, record });
  }
  marks.sort((x, y) => x.at - y.at || x.lane - y.lane || x.mark - y.mark || x.record - y.record);
  const kept = marks.slice(0, MARKS_MAX);
  return {
    at: kept.map(({ at }) => at),
    lane: kept.map(({ lane }) => lane),
    mark: kept.map(({ mark }) => mark),
    group: kept.map(({ group }) => group),
    record: kept.map(({ record }) => record),
    left: marks.length - kept.length,
  };
}
