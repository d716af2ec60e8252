import type { Micros, PointRecord, StateRecord, TraceRecord } from "../../trace/record.ts";
import { formatSeconds } from "../../trace/units.ts";
import { defineChecker, type CheckerContext, type CheckerFold } from "./checker.ts";
import { intOf, textOf } from "./views/fields.ts";
import { givenStamp, nameStamp, needsHlc, type GivenStamp } from "./views/hlc-view.ts";

/** What a restart may add: the durable bound lies this far ahead of physical time. */
const SLACK_MS = 3_000;
/** Two readings of one clock, each rounded down, beside a drift that is too. */
const ROUNDING_MS = 2;
const COUNTER_MAX = 0xffff;

/** What the world says of one wall clock since `at`. */
interface Wall {
  readonly at: Micros;
  readonly offsetUs: number;
  readonly ppm: number;
  readonly isFrozen: boolean;
}

interface Node {
  wall: Wall;
  /** Its last stamp in this life; `undefined` before the first. */
  last: GivenStamp | undefined;
  maxOffsetMs: number;
}

/**
 * The readings that stamps claim to rest on are held against the world's clocks; a rejected stamp may move nothing, which the
 * next stamp of the node would show: it must follow from the last one, the wall and what was received.
 */
export const hlcDrift = defineChecker("hlc-drift", {
  invariant: "I32",
  unexercised: "no hlc used",
  title: "Stamps stay near physical time",
  rule: "No stamp is more than 3 s past the largest wall reading in its causal past; a stamp from too far ahead is rejected and changes nothing.",
  triggers: ["point:hlc", "point:hlc.*", "state:clock", "state:process"],
  premises: needsHlc,
  create: (context) => new HlcDrift(context),
});

class HlcDrift implements CheckerFold {
  readonly #context: CheckerContext;
  readonly #hlc;
  readonly #nodes = new Map<string, Node>();
  /** Wall time of a correct clock at the start of the run, ms, as the first reading shows it. */
  #epochMs: number | undefined;

  constructor(context: CheckerContext) {
    this.#context = context;
    this.#hlc = context.views.hlc;
  }

  on(record: TraceRecord): void {
    if (record.kind === "state" && record.origin === "world") this.#onWorld(record);
    else if (record.kind !== "point") return;
    else if (record.name === "hlc") this.#onStamp(record);
    else if (record.name === "hlc.reject") this.#onReject(record);
    else if (record.name === "hlc.open") this.#node(record.node).maxOffsetMs = intOf(record.fields["maxOffsetMs"]);
  }

  #onWorld(record: StateRecord): void {
    const node = this.#node(record.node);
    if (record.key === "clock") {
      const { fields } = record;
      node.wall = {
        at: record.time,
        offsetUs: Number(fields["offsetUs"] ?? 0),
        ppm: Number(fields["ppm"] ?? 0) + Number(fields["smearPpm"] ?? 0),
        isFrozen: fields["frozen"] === true,
      };
    } else if (record.value === "down") node.last = undefined;
  }

  #onStamp(record: PointRecord): void {
    const node = this.#node(record.node);
    const given = givenStamp(record);
    const wallMs = intOf(record.fields["wallMs"]);
    this.#context.judged();
    const pastMs = this.#hlc.before(record.node).wallMs;
    const trueMs = this.#wallOf(node.wall, record.time, wallMs);
    const aheadMs = remoteMs(record) - intOf(record.fields["referenceMs"]);
    if (given.ms > pastMs + SLACK_MS) {
      this.#violated(record, {
        what: `gave the stamp ${nameStamp(given)}, ${String(given.ms - pastMs)} ms past the largest wall reading in its causal past`,
        expected: `at most ${String(pastMs + SLACK_MS)}`,
        observed: String(given.ms),
      });
    } else if (Math.abs(trueMs - wallMs) > ROUNDING_MS) {
      this.#violated(record, {
        what: `stamped by a wall reading of ${String(wallMs)} while its wall clock showed ${String(trueMs)}`,
        expected: String(trueMs),
        observed: String(wallMs),
      });
    } else if (node.maxOffsetMs >= 0 && aheadMs > node.maxOffsetMs) {
      this.#violated(record, {
        what: `took the stamp ${textOf(record.fields["remote"])}, which is ${String(aheadMs)} ms ahead`,
        expected: `a rejection beyond ${String(node.maxOffsetMs)} ms`,
        observed: nameStamp(given),
      });
    } else this.#judgeSource(record, node, given);
    node.last = given;
  }

  /** Nothing but the last stamp, the wall and a received stamp may have led to this one. */
  #judgeSource(record: PointRecord, node: Node, given: GivenStamp): void {
    const { last } = node;
    if (last === undefined) return;
    const sources = Math.max(last.ms, intOf(record.fields["wallMs"]), remoteMs(record));
    // A full counter carries: its own, or that of the stamp received.
    const isCarry = given.ms === sources + 1 && given.counter === 0 && this.#isFull(record, last, sources);
    if (given.ms <= sources || isCarry) return;
    this.#violated(record, {
      what: `gave the stamp ${nameStamp(given)}, which follows from nothing: last ${nameStamp(last)}, wall ${String(intOf(record.fields["wallMs"]))}`,
      expected: `at most ${String(sources)}`,
      observed: String(given.ms),
    });
  }

  #isFull(record: PointRecord, last: GivenStamp, ms: number): boolean {
    const isOwn = last.ms === ms && last.counter === COUNTER_MAX;
    return isOwn || (remoteMs(record) === ms && textOf(record.fields["remote"]).slice(12, 16) === "ffff");
  }

  #onReject(record: PointRecord): void {
    const { last } = this.#node(record.node);
    if (last === undefined) return;
    const { fields } = record;
    this.#context.judged();
    if (intOf(fields["ms"]) === last.ms && intOf(fields["counter"]) === last.counter) return;
    const now = { ms: intOf(fields["ms"]), counter: intOf(fields["counter"]) };
    this.#violated(record, {
      what: `rejected the stamp ${textOf(fields["remote"])}, and its clock moved from ${nameStamp(last)} to ${nameStamp(now)}`,
      expected: nameStamp(last),
      observed: nameStamp(now),
    });
  }

  /** What the wall clock showed. The first reading of a run tells when it began by the calendar. */
  #wallOf(wall: Wall, time: Micros, claimedMs: number): number {
    const since = time - wall.at;
    const errorUs = wall.isFrozen ? wall.offsetUs - since : wall.offsetUs + Math.floor((since / 1_000_000) * wall.ppm);
    const shownMs = Math.floor((time + errorUs) / 1_000);
    this.#epochMs ??= claimedMs - shownMs;
    return this.#epochMs + shownMs;
  }

  #violated(record: PointRecord, found: { what: string; expected: string; observed: string }): void {
    const { last } = this.#node(record.node);
    this.#context.violated({
      record: record.id,
      time: record.time,
      nodes: [record.node],
      message: `${record.node} ${found.what}, at ${formatSeconds(record.time)}`,
      expected: found.expected,
      observed: found.observed,
      ...(last === undefined ? {} : { related: [last.record] }),
    });
  }

  #node(id: string): Node {
    let node = this.#nodes.get(id);
    if (node === undefined) {
      node = { wall: { at: 0, offsetUs: 0, ppm: 0, isFrozen: false }, last: undefined, maxOffsetMs: -1 };
      this.#nodes.set(id, node);
    }
    return node;
  }
}

/** The ms of the stamp that was received; −1 for a stamp without one. */
function remoteMs(record: PointRecord): number {
  const ms = Number.parseInt(textOf(record.fields["remote"]).slice(0, 12), 16);
  return Number.isNaN(ms) ? -1 : ms;
}
