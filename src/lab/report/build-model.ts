import type { Micros } from "../../trace/record.ts";
import type { RunResult } from "../../trace/result.ts";
import type { Trace } from "../../trace/trace.ts";
import { describeRun } from "./describe-run.ts";
import { electionTimeout, firstCursor, firstWindow } from "./first-window.ts";
import { foldEffects } from "./fold-effects.ts";
import { foldMessages } from "./fold-messages.ts";
import { OperationFold } from "./fold-operations.ts";
import { PointFold } from "./fold-points.ts";
import { foldStamps } from "./fold-stamps.ts";
import { arrangeRows, NodeStates } from "./fold-states.ts";
import { headlineOf } from "./headline.ts";
import { byNumberedName, laneOrder } from "./lane-order.ts";
import { LeftBehind } from "./left-behind.ts";
import type { ClientLane, Histogram, NodeLane, ReportModel } from "./model.ts";
import { originOf } from "./origin.ts";
import { faultWindows, LinkFold } from "./partitions.ts";
import { foldWriters } from "./write-row.ts";

/** Findings around which messages are kept when there is no room for all. */
const MOMENTS_MAX = 20;

export interface ModelOptions {
  /** More messages than this are cut to those around the findings; 5 million unless told. */
  readonly messagesMax?: number;
  /** Two runs shown together, this one among them: the lanes of both are then in one order. */
  readonly together?: readonly [RunResult, RunResult];
}

/** Folds a run into what its report shows. Pure: equal runs give equal models. */
export function buildModel(result: RunResult, trace: Trace, options: ModelOptions = {}): ReportModel {
  const own = laneOrder(result);
  const nodeIds =
    options.together === undefined ? own : laneOrder(...options.together).filter((id) => own.includes(id));
  const points = new PointFold(new Map(nodeIds.map((id, lane) => [id, lane])));
  const { states, operations, links, leftBehind } = foldRecords(trace, points);
  const clientIds = clientOrder(result, nodeIds, operations.callers());
  const names = [...nodeIds, ...clientIds];
  const endTime = result.endTime;
  const clients = clientIds.map((id): ClientLane => ({ id, note: "", operations: operations.of(id, endTime) }));

  const folds = nodeIds.map((id) => (states.get(id) ?? new NodeStates()).fold(endTime));
  const partitions = links.partitions(result.faults, nodeIds, endTime);
  const faults = faultWindows(result.faults, nodeIds, endTime);
  const groups = partitions[0]?.groups ?? [];
  const bare = folds.map((fold, index): NodeLane => ({
    id: nodeIds[index] as string,
    program: result.nodes.find((node) => node.id === nodeIds[index])?.program ?? "",
    note: "",
    group: groups.findIndex((group) => group.includes(index)),
    mainKey: fold.mainKey,
    rows: arrangeRows(fold, endTime),
    states: fold.tracks,
    process: fold.process,
    clock: fold.clock,
    commit: fold.commit,
  }));
  const firstFault = faults.length === 0 ? undefined : Math.min(...faults.map((fault) => fault.from));
  const nodes = withNotes(bare, firstFault);
  const writers = foldWriters(nodes, endTime);
  const mainRecords = folds.flatMap((fold) => fold.mainRecords);
  const described = describeRun(result, names, trace);
  const firstViolation = described.findings[0]?.time;
  const { messages, messageTypes, dropCauses, droppedAt, left } = foldMessages(trace, {
    names: new Map(names.map((name, index) => [name, index])),
    nodeCount: nodes.length,
    endTime,
    mainRecords,
    moments: [firstFault ?? 0, ...described.findings.slice(0, MOMENTS_MAX).map((finding) => finding.time)],
    ...(options.messagesMax === undefined ? {} : { rowsMax: options.messagesMax }),
  });
  const { stamps, left: stampsLeft } = foldStamps(trace, nodes);
  const acknowledged = operations.acknowledged();
  const window = firstWindow(result, {
    firstFault,
    firstViolation,
    timeout: electionTimeout(result, { messages, messageTypes }),
    hasWriters: writers !== undefined,
  });
  return {
    scenario: result.scenarioName,
    seed: result.seed,
    outcome: result.outcome,
    ...described,
    ...headlineOf(result, { names, writers, acknowledged, firstFault, leftBehind: leftBehind.count }),
    endTime,
    window,
    cursor: firstCursor(window, { writers, firstFault, firstViolation }),
    names,
    nodes,
    clients,
    operationWords: operations.words,
    effects: foldEffects(result.verdicts, clients),
    faults,
    partitions,
    writers,
    messageTypes,
    dropCauses,
    messages,
    points: points.fold(),
    stamps,
    left: { ...left, stamps: stampsLeft },
    acknowledged,
    acknowledgedPerSecond: histogram(acknowledged, endTime),
    droppedPerSecond: histogram(droppedAt, endTime),
  };
}

function foldRecords(
  trace: Trace,
  points: PointFold,
): {
  states: Map<string, NodeStates>;
  operations: OperationFold;
  links: LinkFold;
  leftBehind: LeftBehind;
} {
  const states = new Map<string, NodeStates>();
  const of = (node: string): NodeStates => {
    let fold = states.get(node);
    if (fold === undefined) states.set(node, (fold = new NodeStates()));
    return fold;
  };
  const operations = new OperationFold();
  const links = new LinkFold();
  const leftBehind = new LeftBehind();
  for (let id = 0; id < trace.count; id++) {
    const kind = trace.cell(id, 2) & 255;
    // Messages (0…3) and timers (9) are most of a trace and are read by column elsewhere.
    if (kind < 4 || kind === 9) continue;
    const record = trace.record(id);
    if (record.kind === "state") {
      if (record.origin === "world" && record.key.startsWith("link>")) links.state(record);
      else of(record.node).state(record, originOf(trace, id));
    } else if (record.kind === "point") {
      of(record.node).point(record);
      leftBehind.point(record);
      points.point(record, originOf(trace, id));
    } else if (record.kind === "invoke") operations.invoke(record);
    else if (record.kind === "complete") operations.complete(record, originOf(trace, id));
  }
  return { states, operations, links, leftBehind };
}

function clientOrder(result: RunResult, nodeIds: readonly string[], callers: ReadonlySet<string>): string[] {
  const clients = new Set(result.nodes.filter((node) => node.role === "client").map((node) => node.id));
  for (const caller of callers) if (!nodeIds.includes(caller)) clients.add(caller);
  return [...clients].sort(byNumberedName);
}

/** Names the leader before the first fault and the first other one after it. */
function withNotes(nodes: readonly NodeLane[], firstFault: Micros | undefined): NodeLane[] {
  if (firstFault === undefined) return [...nodes];
  const leads = nodes.flatMap((lane, index) =>
    (lane.states.find((track) => track.key === lane.mainKey)?.bands ?? [])
      .filter((band) => band.tone === "leader")
      .map((band) => ({ index, band })),
  );
  const old = leads.find(({ band }) => band.from <= firstFault && band.to > firstFault);
  const next = leads
    .filter(({ index, band }) => band.from > firstFault && index !== old?.index)
    .sort((a, b) => a.band.from - b.band.from)[0];
  return nodes.map((lane, index) => {
    const note = index === old?.index && next !== undefined ? "old leader" : index === next?.index ? "new leader" : "";
    return { ...lane, note };
  });
}

/** Counts per second; per more than a second when the run is longer than ten minutes, so that a picture can show it. */
function histogram(times: readonly Micros[], endTime: Micros): Histogram {
  const bucket = 1_000_000 * Math.max(1, Math.ceil(endTime / 600_000_000));
  const counts = new Array<number>(Math.max(1, Math.ceil(endTime / bucket))).fill(0);
  for (const time of times) {
    const place = Math.min(counts.length - 1, Math.floor(time / bucket));
    counts[place] = (counts[place] ?? 0) + 1;
  }
  return { bucket, counts };
}
