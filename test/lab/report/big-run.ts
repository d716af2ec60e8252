import type { RunResult } from "../../../src/trace/result.ts";
import { TraceWriter } from "../../../src/trace/trace-writer.ts";
import type { Trace } from "../../../src/trace/trace.ts";
import { syntheticRun } from "./synthetic.ts";

const NODES = ["n1", "n2", "n3", "n4", "n5"];
/** Message copies a virtual second: what a busy cluster of five sends. */
const PER_SECOND = 2_000;
const CUT = { from: 0.2, to: 0.4 };

/**
 * A run with as many messages as asked for, written straight into a trace: heartbeats, appends, votes and pings with their answers,
 * latencies that differ, a cut of a fifth of the run, an election, and client operations.
 *
 * @param otherFrom  The part of the run after which everything is drawn otherwise: two such runs are the same up to there.
 */
export function bigRun(messages: number, otherFrom = Infinity): { readonly trace: Trace; readonly result: RunResult } {
  const writer = new TraceWriter({ keep: true });
  const end = Math.max(1_000_000, Math.round((messages / PER_SECOND) * 1_000_000));
  const cut = { from: Math.round(end * CUT.from), to: Math.round(end * CUT.to) };
  let state = 9;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (state >>> 8) % below;
  };
  const isCut = (a: number, b: number, at: number): boolean => at >= cut.from && at < cut.to && a < 2 !== b < 2;

  // Arrivals wait in order of time; each request is answered.
  type Arrival = { readonly at: number; readonly from: number; readonly to: number; readonly sent: number };
  const waiting: (Arrival & { readonly type: string })[] = [];
  let sentCount = 0;
  const send = (at: number, from: number, to: number, type: string): void => {
    sentCount++;
    const sent = writer.sent(NODES[from] as string, NODES[to] as string, { type, seq: sentCount });
    const arrival = { at: at + 1_000 + random(9_000), from, to, sent, type };
    let place = waiting.length;
    while (place > 0 && (waiting[place - 1] as Arrival).at < arrival.at) place--;
    waiting.splice(place, 0, arrival);
  };
  const arrive = ({ at, from, to, sent, type }: Arrival & { readonly type: string }): void => {
    writer.time = at;
    writer.cause = -1;
    const [a, b] = [NODES[from] as string, NODES[to] as string];
    const message = { type, seq: sent };
    if (isCut(from, to, at)) writer.dropped(b, a, sent, message, "partition", "cut");
    else {
      writer.cause = writer.delivered(b, a, sent, message);
      if (!type.endsWith("-reply")) send(at, to, from, `${type}-reply`);
    }
  };

  for (const node of NODES) {
    writer.state(1, node, "process", "up", { incarnation: 1, reason: "start" });
    writer.state(0, node, "role", node === "n1" ? "leader" : "follower", { term: 1, leader: "n1" });
  }
  writer.state(0, "n1", "writable", "yes", { epoch: 1 });
  const types = ["raft.heartbeat", "raft.append", "detector.ping"];
  const step = Math.round(1_000_000 / (PER_SECOND / 2));
  let hasSplit = false;
  let hasHealed = false;
  let isOther = false;
  for (let at = 0, beat = 0; sentCount < messages && at < end; at += step, beat++) {
    if (!isOther && at >= end * otherFrom) {
      isOther = true;
      state = 77;
    }
    while (waiting.length > 0 && (waiting[waiting.length - 1] as Arrival).at <= at)
      arrive(waiting.pop() as Arrival & { readonly type: string });
    writer.time = at;
    writer.cause = -1;
    if (!hasSplit && at >= cut.from) {
      hasSplit = true;
      const groups = JSON.stringify([NODES.slice(0, 2), NODES.slice(2)]);
      writer.cause = writer.fault("start", "cut", { kind: "partition", spec: "{}", groups, roles: "{}" });
      writer.state(0, "n1", "writable", "no", { reason: "no-lease" });
      for (const node of NODES.slice(2))
        writer.state(0, node, "role", node === "n3" ? "leader" : "follower", { term: 2, leader: "n3" });
      writer.state(0, "n3", "writable", "yes", { epoch: 2 });
    }
    if (!hasHealed && at >= cut.to) {
      hasHealed = true;
      writer.cause = writer.fault("stop", "cut", { touched: 1 });
      writer.state(0, "n1", "role", "follower", { term: 2, leader: "n3" });
    }
    writer.cause = writer.timer("n1", "beat");
    const leader = hasSplit ? 2 : 0;
    const type = types[beat % 3] as string;
    const from = type === "detector.ping" ? random(5) : leader;
    send(at, from, (from + 1 + random(4)) % 5, type);
    if (beat % 20 === 0) {
      const invoke = writer.invoke("c1", "write", "x", { value: beat });
      writer.complete("c1", invoke, "ok");
    }
  }
  while (waiting.length > 0) arrive(waiting.pop() as Arrival & { readonly type: string });
  const { result } = syntheticRun({ seconds: 1 });
  const counts = writer.counts;
  return {
    trace: writer.trace as Trace,
    result: {
      ...result,
      endTime: end + 20_000,
      story: [],
      verdicts: [],
      faults: result.faults.map((fault) => ({ ...fault, startedAt: cut.from, stoppedAt: cut.to })),
      digest: writer.digest(),
      counts: {
        ...result.counts,
        records: writer.count,
        sent: counts[0] ?? 0,
        delivered: counts[1] ?? 0,
        dropped: counts[2] ?? 0,
      },
    },
  };
}
