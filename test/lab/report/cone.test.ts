import { describe, expect, it } from "vitest";
import { buildModel } from "../../../src/lab/report/build-model.ts";
import { coneOf, timeOfRecord } from "../../../src/lab/report/viewer/cone.ts";
import { hashOf, placeOf } from "../../../src/lab/report/viewer/link.ts";
import { EventOrder } from "../../../src/lab/report/viewer/order.ts";
import { syntheticRun } from "./synthetic.ts";

const { result, trace } = syntheticRun({ seconds: 20 });
const model = buildModel(result, trace);
const { messages, messageTypes } = model;
const nameOf = (row: number): string => messageTypes[messages.type[row] as number]?.name ?? "";
const elected = model.nodes
  .flatMap((lane) => lane.states.flatMap(({ bands }) => bands))
  .find((band) => band.words === "leader, term 2");

describe("causes and effects", () => {
  it("of an election are the vote that made the majority and its answer, and what the voters became", () => {
    const cone = coneOf(model, elected?.record ?? -1, model.endTime);
    expect(cone.rows.map(nameOf)).toEqual(["raft.vote", "raft.vote-reply"]);
    expect(cone.causes).toBe(2);
  });

  it("of a question are its answer and the states it led to, and no more than are in sight", () => {
    const record = coneOf(model, elected?.record ?? -1, model.endTime).rows.map(
      (row) => messages.record[row],
    )[0] as number;
    const after = coneOf(model, record, model.endTime);
    expect(after.records.has(elected?.record ?? -1)).toBe(true);
    expect(after.effects).toBeGreaterThan(1);
    expect(coneOf(model, record, timeOfRecord(model, record) ?? 0).effects).toBe(0);
  });
});

describe("a link", () => {
  it("says the same place again", () => {
    const place = {
      time: 10_642_000,
      from: 9_700_000,
      to: 11_200_000,
      record: 812,
      query: "n1->n3 50% & more",
      isByOrder: true,
    };
    expect(placeOf(hashOf(place))).toEqual(place);
    expect(hashOf({ ...place, record: -1, query: "", isByOrder: false })).toBe("#t=10642000&z=9700000-11200000");
  });

  it("may be written by hand in seconds, and what it does not understand it leaves out", () => {
    expect(placeOf("#t=12.345s")).toEqual({ time: 12_345_000, query: "", isByOrder: false });
    expect(placeOf("#t=x&z=5&sel=812&f=%E0%A4%A")).toEqual({ query: "", isByOrder: false });
  });
});

describe("the axis by order of events", () => {
  const order = new EventOrder(model);
  it("has the same place for a moment and back", () => {
    for (const time of [0, 1, 9_999_999, 10_560_000, 19_999_999])
      expect(Math.abs(order.time(order.rank(time)) - time)).toBeLessThan(0.01);
  });

  it("puts events one apart, whatever the time between them", () => {
    const gaps = new Set<number>();
    let at = 10_500_000;
    for (let steps = 0; steps < 30; steps++) {
      const next = order.step(at, 1) as number;
      expect(order.rank(next)).toBe(Math.floor(order.rank(at)) + 1);
      expect(order.step(next + 0.5, -1)).toBe(next);
      gaps.add(next - at);
      at = next;
    }
    expect(gaps.size).toBeGreaterThan(5);
  });
});
