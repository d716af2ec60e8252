import { describe, expect, it } from "vitest";
import type { NodeId } from "../../../src/system/ports/node.ts";
import { TestWorld } from "../world.ts";

const n1 = "n1" as NodeId;

describe("SimObserver", () => {
  it("records a state once until its value or fields change", async () => {
    const world = new TestWorld({
      n1: ({ observer }) => {
        observer.state("role", "follower", { term: 1 });
        observer.state("role", "follower", { term: 1 });
        observer.state("role", "follower", { term: 2 });
        observer.state("role", "follower");
        observer.state("role", "follower");
        observer.state("role", "leader");
        observer.state("fence", "follower");
      },
    });
    await world.run(1);
    const states = world.records("state").filter(({ origin }) => origin === "program");
    expect(states.map(({ key, value, fields }) => [key, value, fields])).toEqual([
      ["role", "follower", { term: 1 }],
      ["role", "follower", { term: 2 }],
      ["role", "follower", {}],
      ["role", "leader", {}],
      ["fence", "follower", {}],
    ]);
  });

  it("keeps fields as they were, when the program uses its object again", async () => {
    const world = new TestWorld({
      n1: ({ observer }) => {
        const fields = { term: 1 };
        observer.state("role", "follower", fields);
        fields.term = 2;
        observer.state("role", "follower", fields);
      },
    });
    await world.run(1);
    expect(
      world
        .records("state")
        .filter(({ key }) => key === "role")
        .map(({ fields }) => fields["term"]),
    ).toEqual([1, 2]);
  });

  it("remembers nothing of an earlier incarnation", async () => {
    const world = new TestWorld({
      n1: ({ observer }) => {
        observer.state("role", "follower");
      },
    });
    world.at(1, () => {
      world.cluster.kill(n1);
      world.cluster.restart(n1);
    });
    await world.run(5);
    expect(world.states("role")).toEqual(["0 n1 follower", "1 n1 follower"]);
  });

  it("records operations: the id of the invocation is in the completion, and completes once", async () => {
    const world = new TestWorld({
      n1: ({ observer }) => {
        const write = observer.invoke({ name: "write", key: "x", value: { value: 1 } });
        const read = observer.invoke({ name: "read" });
        observer.complete(write, "ok");
        observer.complete(read, "info", null);
        observer.complete(write, "fail");
      },
    });
    await world.run(1);
    const [write, read] = world.records("invoke");
    expect([write, read]).toMatchObject([
      { name: "write", key: "x", value: { value: 1 } },
      { name: "read", key: "", value: null },
    ]);
    expect(world.records("complete")).toMatchObject([
      { invoke: write?.id, outcome: "ok" },
      { invoke: read?.id, outcome: "info" },
    ]);
    expect(world.cluster.errors[0]?.error.message).toContain("completes once");
  });
});
