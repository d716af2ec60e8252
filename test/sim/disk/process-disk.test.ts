import { describe, expect, it } from "vitest";
import type { NodeEnv, NodeId } from "../../../src/system/ports/node.ts";
import { TestWorld } from "../world.ts";
import { bytes, textOf } from "./disk-bench.ts";

const N1 = "n1" as NodeId;

/** A node that appends and syncs in its first life, and reads in its second. */
function writer(rest: (env: NodeEnv) => void): TestWorld {
  return new TestWorld({
    n1: (env) => {
      if (env.incarnation > 1) {
        void env.disk.read("log").then((content) => env.observer.point(`read ${textOf(content) ?? "nothing"}`));
        return;
      }
      void env.disk.append("log", bytes("x")).then(() => rest(env));
    },
  });
}

describe("a disk in the hands of a process", () => {
  it("completes as the process's code, caused by the sync's record, which is caused by whoever asked", async () => {
    const world = await writer((env) => {
      env.observer.point("asked");
      void env.disk.sync("log").then(() => env.observer.point("synced"));
    }).run(10);
    const [start] = world.records("state");
    const [asked, sync, synced] = world.records("point");
    expect([asked?.name, sync?.name, synced?.name]).toEqual(["asked", "disk.sync", "synced"]);
    expect([asked?.cause, sync?.cause, synced?.cause]).toEqual([start?.id, start?.id, sync?.id]);
  });

  it("keeps the page cache when the process is killed, and finishes a sync nobody waits for", async () => {
    const world = writer((env) => void env.disk.sync("log").then(() => env.observer.point("heard")));
    world.at(1, () => {
      world.cluster.kill(N1);
      world.cluster.restart(N1);
    });
    await world.run(10);
    expect(world.points.map((point) => point.split(" ").slice(1).join(" "))).toEqual(["n1 read x"]);
    expect(textOf(world.cluster.node("n1").disk.readDurable("log"))).toBeUndefined();
    expect(world.records("point").filter((record) => record.name === "disk.sync")).toHaveLength(1);
  });

  it("hands a crash's survivor what was durable", async () => {
    const world = writer((env) => {
      void env.disk.sync("log").then(() => env.disk.syncDirectory(""));
      void env.disk.append("log", bytes("unsynced"));
    });
    world.at(6, () => {
      world.cluster.crash(N1);
      world.cluster.restart(N1);
    });
    await world.run(20);
    expect(["read x", "read xunsynced"]).toContain(world.points[0]?.split(" ").slice(2).join(" "));
  });

  it("holds completions back while the process is paused", async () => {
    const world = writer((env) => void env.disk.sync("log").then(() => env.observer.point("synced")));
    world.at(1, () => world.cluster.pause(N1)).at(50, () => world.cluster.resume(N1));
    await world.run(100);
    expect(world.points).toEqual(["50 n1 synced"]);
  });

  it("is out of reach for a process that ended, though its code runs on to the end of the event", async () => {
    const world = new TestWorld({
      n1: (env) => {
        queueMicrotask(() => void env.disk.write("ghost", bytes("x")));
        throw new Error("bug");
      },
    });
    await world.run(10);
    expect(world.records("point").map((record) => record.name)).toEqual([]);
    expect(world.cluster.errors).toHaveLength(1);
  });
});
