import { describe, expect, it } from "vitest";
import { buildModel } from "../../../src/lab/report/build-model.ts";
import { foldStamps } from "../../../src/lab/report/fold-stamps.ts";
import { renderHtml } from "../../../src/lab/report/html.ts";
import type { ReportModel } from "../../../src/lab/report/model.ts";
import { HlcOrder } from "../../../src/lab/report/viewer/hlc-order.ts";
import { hashOf, placeOf } from "../../../src/lab/report/viewer/link.ts";
import { TraceWriter } from "../../../src/trace/trace-writer.ts";
import type { Trace } from "../../../src/trace/trace.ts";
import { syntheticRun } from "./synthetic.ts";

/** The run begins at this moment, ms since the epoch. */
const EPOCH = 1_600_000_000_000;

function textOf(ms: number, counter: number, node: string): string {
  return `${ms.toString(16).padStart(12, "0")}${counter.toString(16).padStart(4, "0")}-${node}`;
}

/** A run written stamp by stamp, times and stamps in ms since its beginning. */
class Clocks {
  readonly #writer = new TraceWriter({ keep: true });

  at(ms: number): this {
    this.#writer.time = ms * 1_000;
    return this;
  }
  gives(node: string, ms: number, counter = 0, remote = ""): this {
    const [stamp, wallMs] = [EPOCH + ms, EPOCH + this.#writer.time / 1_000];
    const fields = { stamp: textOf(stamp, counter, node), ms: stamp, counter, wallMs };
    this.#writer.point(0, node, "hlc", {
      ...fields,
      via: remote === "" ? "now" : "receive",
      ...(remote === "" ? {} : { remote }),
    });
    return this;
  }
  /** A message with a stamp that arrives after `tookMs`. */
  sends(from: string, to: string, hlc: string, tookMs: number): this {
    const message = { type: "pos.announce", hlc };
    const sent = this.#writer.sent(from, to, message);
    this.#writer.time += tookMs * 1_000;
    this.#writer.delivered(to, from, sent, message);
    return this;
  }
  notes(node: string, name: string, fields: Readonly<Record<string, string | number>> = {}): this {
    this.#writer.point(0, node, name, fields);
    return this;
  }
  state(node: string, value: string): this {
    this.#writer.state(0, node, "role", value, { term: 1, leader: "" });
    return this;
  }
  get trace(): Trace {
    return this.#writer.trace as Trace;
  }
  model(): ReportModel {
    const { result } = syntheticRun({ seconds: 1 });
    return buildModel({ ...result, story: [], faults: [], verdicts: [] }, this.trace);
  }
}

const oddOf = (clocks: Clocks): number[] => Array.from(clocks.model().stamps.odd);
const stamp = (node: string, ms: number, counter = 0): string => textOf(EPOCH + ms, counter, node);

describe("stamps of hybrid clocks", () => {
  it("are told in the order in which they were given out, as ms since the run began", () => {
    const { stamps, names } = new Clocks().at(10).gives("n1", 10).at(20).gives("n2", 25, 3).model();
    expect(stamps.epochMs).toBe(EPOCH);
    expect({ ...stamps, node: Array.from(stamps.node, (lane) => names[lane]) }).toMatchObject({
      at: [10_000, 20_000],
      node: ["n1", "n2"],
      ms: [10, 25],
      counter: [0, 3],
      odd: [0, 0],
    });
  });

  it("are out of true order, and no more, where one clock is behind and nothing was said", () => {
    expect(oddOf(new Clocks().at(10).gives("n1", 10).at(20).gives("n2", 5).at(30).gives("n2", 30))).toEqual([0, 1, 0]);
    expect(oddOf(new Clocks().at(10).gives("n2", 10).at(20).gives("n1", 10))).toEqual([0, 1]);
  });

  it("are wrong where one of the same node is not larger", () => {
    expect(oddOf(new Clocks().at(10).gives("n1", 10).at(20).gives("n1", 10).at(30).gives("n1", 9))).toEqual([0, 2, 2]);
  });

  it("are wrong where the message that led to them has one that is not smaller", () => {
    const told = (ms: number, isNamed: boolean): Clocks =>
      new Clocks()
        .at(10)
        .gives("n1", 40)
        .sends("n1", "n2", stamp("n1", 40), 5)
        .gives("n2", ms, 0, isNamed ? stamp("n1", 40) : "");
    expect(oddOf(told(41, true))).toEqual([0, 0]);
    expect(oddOf(told(15, true))).toEqual([0, 2]);
    // What arrived is in the past of the next stamp, whether the receiver says so or not.
    expect(oddOf(told(15, false))).toEqual([0, 2]);
  });

  it("owe nothing to a stamp that was refused, that came before the clock was ready, or that went to another", () => {
    const before = (): Clocks => new Clocks().at(10).gives("n1", 40).sends("n1", "n2", stamp("n1", 40), 5);
    expect(
      oddOf(
        before()
          .notes("n2", "hlc.reject", { remote: stamp("n1", 40) })
          .gives("n2", 15),
      ),
    ).toEqual([0, 1]);
    expect(oddOf(before().notes("n2", "hlc.open", { wallMs: EPOCH }).gives("n2", 15))).toEqual([0, 1]);
    expect(oddOf(before().gives("n3", 15))).toEqual([0, 1]);
  });

  it("of one held back are owed when it is let through", () => {
    const held = new Clocks().at(10).gives("n1", 40).sends("n1", "n2", stamp("n1", 40), 5);
    held.notes("n2", "hlc.held", { remote: stamp("n1", 40) }).gives("n2", 15);
    expect(oddOf(held.at(30).gives("n2", 39, 0, stamp("n1", 40)))).toEqual([0, 1, 2]);
  });

  it("are counted and left out where a page has no room for them, and the page says so", () => {
    const clocks = new Clocks().at(10).gives("n1", 10).at(20).gives("n1", 20);
    const model = clocks.model();
    expect(foldStamps(clocks.trace, model.nodes, 2).left).toBe(0);
    expect(foldStamps(clocks.trace, model.nodes, 1)).toMatchObject({ left: 2, stamps: { at: [] } });
    const told = { ...model, left: { ...model.left, stamps: 2 } };
    expect(renderHtml(told, undefined)).toContain("The order of 2 stamps of hybrid clocks is not in it");
    expect(renderHtml(model, undefined)).not.toContain("stamps of hybrid clocks is not in it");
  });

  it("are none where nobody keeps such a clock", () => {
    const { result, trace } = syntheticRun({ seconds: 1 });
    expect(buildModel(result, trace).stamps.at).toEqual([]);
  });
});

describe("the axis by stamps", () => {
  // n2's clock is 200 ms behind; n3 has none.
  const model = new Clocks()
    .at(100)
    .gives("n1", 100)
    .at(300)
    .gives("n2", 100, 1)
    .at(400)
    .state("n2", "follower")
    .at(400)
    .state("n3", "follower")
    .at(500)
    .gives("n2", 300)
    .at(600)
    .gives("n1", 600)
    .model();
  const order = new HlcOrder(model);
  const laneOf = (node: string): number => model.names.indexOf(node);

  it("puts events where their stamps are, whatever the time was", () => {
    expect(order.rank(300_000, laneOf("n2"))).toBeGreaterThan(order.rank(100_000, laneOf("n1")));
    expect(order.rank(500_000, laneOf("n2"))).toBeLessThan(order.rank(400_000, laneOf("n3")));
    expect(order.rank(500_000, laneOf("n2"))).toBeLessThan(order.rank(500_000));
  });

  it("keeps what has no stamp between the stamps of its node, one step from the next", () => {
    const ranks = [300_000, 400_000, 500_000].map((time) => order.rank(time, laneOf("n2")));
    expect(ranks.map((rank) => rank - (ranks[0] as number))).toEqual([0, 1, 2]);
    expect(order.time(ranks[1] as number, laneOf("n2"))).toBeCloseTo(400_000, 3);
  });

  it("never falls along a lane, and has room for the whole run", () => {
    for (const lane of [-1, ...model.nodes.keys()]) {
      const ranks = Array.from({ length: 101 }, (_, step) => order.rank(step * 10_000, lane));
      expect(ranks).toEqual([...ranks].sort((a, b) => a - b));
      expect(Math.min(...ranks)).toBeGreaterThanOrEqual(order.rank(0));
      expect(Math.max(...ranks)).toBeLessThanOrEqual(order.rank(model.endTime));
    }
  });

  it("keeps what follows a wrong stamp behind what was before it", () => {
    const wrong = new HlcOrder(new Clocks().at(100).gives("n1", 500).at(200).gives("n1", 100).model());
    expect(wrong.rank(200_000, laneOf("n1"))).toBeGreaterThanOrEqual(wrong.rank(100_000, laneOf("n1")));
  });

  it("is named in a link", () => {
    const place = { time: 1, from: 0, to: 2, record: -1, query: "", isByOrder: false, isByHlc: true };
    expect(hashOf(place)).toBe("#t=1&z=0-2&x=hlc");
    expect(placeOf(hashOf(place))).toMatchObject({ isByHlc: true, isByOrder: false });
  });
});
