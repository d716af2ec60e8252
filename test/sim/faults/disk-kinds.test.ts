import { describe, expect, it } from "vitest";
import type { FaultText } from "../../../src/sim/faults/registry.ts";
import { PLAIN_DISK, type Body } from "../world.ts";
import { FaultWorld, id } from "./fault-world.ts";

const text = new TextEncoder();

/** Appends and syncs each 100 ms. */
const writer: Body = (env) => {
  const timer = env.timers.create("write", () => {
    void env.disk.append("log", text.encode("x".repeat(100)));
    void env.disk.sync("log");
    timer.arm(100);
  });
  timer.arm(100);
};

/** Appends ten times and syncs never, from the second start on says what it finds. */
const careless: Body = (env) => {
  if (env.incarnation > 1) {
    void env.disk
      .read("log")
      .then((content) => env.observer.point(new TextDecoder().decode(content ?? text.encode("gone"))));
    return;
  }
  void env.disk
    .write("log", text.encode("s"))
    .then(() => env.disk.sync("log"))
    .then(() => env.disk.syncDirectory(""))
    .then(() => {
      for (const part of ["aa", "bb", "cc"]) void env.disk.append("log", text.encode(part));
    });
};

/** What `careless` finds after a power loss at 10 s, over seeds. */
async function found(faults: FaultText[], loseUnsynced: boolean): Promise<{ texts: Set<string>; touched: number[] }> {
  const texts = new Set<string>();
  const touched: number[] = [];
  for (let seed = 1; seed <= 60; seed++) {
    const world = new FaultWorld({ n1: careless }, faults, {
      seed: String(seed),
      cluster: { disk: { ...PLAIN_DISK, loseUnsynced } },
    });
    world.at(10_000, () => {
      world.cluster.crash(id("n1"));
      world.cluster.restart(id("n1"));
    });
    await world.run(11_000);
    texts.add(world.points[0]?.split(" ")[2] ?? "");
    touched.push(...world.faults.outcomes().map((outcome) => outcome.touched));
  }
  return { texts, touched };
}

describe("disk-slow", () => {
  it("makes syncs that begin while it lasts longer, counts them, and leaves no trace", async () => {
    const world = new FaultWorld({ n1: writer, n2: writer }, [
      { kind: "disk-slow", node: "n1", syncBy: "30ms", at: "1050ms", for: "1s" },
    ]);
    await world.run(3_000);
    const took = (node: string, from: number, to: number): Set<unknown> =>
      new Set(
        world
          .records("point")
          .filter(
            (record) => record.name === "disk.sync" && record.node === node && record.time >= from && record.time < to,
          )
          .map((record) => record.fields["tookUs"]),
      );
    expect([took("n1", 0, 1_050_000), took("n1", 1_050_000, 2_090_000), took("n1", 2_090_000, 3_000_000)]).toEqual([
      new Set([2_000]),
      new Set([32_000]),
      new Set([2_000]),
    ]);
    expect(took("n2", 0, 3_000_000)).toEqual(new Set([2_000]));
    expect(world.outcome.touched).toBe(10);
  });

  it("makes other operations longer when it says so", async () => {
    const reader: Body = (env) => {
      void env.disk.read("log").then(() => env.observer.point("read"));
    };
    const world = new FaultWorld({ n1: reader }, [{ kind: "disk-slow", node: "n1", opBy: "7ms", at: "1s", for: "1s" }]);
    for (const time of [1_500, 2_500]) {
      world.at(time, () => {
        world.cluster.kill(id("n1"));
        world.cluster.restart(id("n1"));
      });
    }
    await world.run(5_000);
    expect(world.points).toEqual(["0.1 n1 read", "1507.1 n1 read", "2500.1 n1 read"]);
    expect(world.outcome.touched).toBe(1);
  });
});

describe("disk-lose-unsynced", () => {
  const fault = (more: object = {}): FaultText => ({ kind: "disk-lose-unsynced", node: "n1", at: "5s", ...more });

  it("lets a disk that loses nothing lose what was not synced, a seeded prefix but for", async () => {
    const { texts, touched } = await found([fault()], false);
    expect(texts).toEqual(new Set(["s", "saa", "saabb", "saabbcc"]));
    expect(new Set(touched)).toEqual(new Set([0, 1]));
  });

  it("loses any of it with orderFree", async () => {
    const { texts } = await found([fault({ orderFree: true })], false);
    expect(texts.has("s\0\0bb") && texts.has("saa\0\0cc")).toBe(true);
  });

  it("has ended with its end", async () => {
    const { texts, touched } = await found([fault({ for: "1s" })], false);
    expect(texts).toEqual(new Set(["saabbcc"]));
    expect(new Set(touched)).toEqual(new Set([0]));
  });
});

describe("disk-torn-write", () => {
  const fault = (more: object = {}): FaultText => ({ kind: "disk-torn-write", node: "n1", at: "5s", ...more });

  it("cuts the last write that survives a power loss", async () => {
    const { texts, touched } = await found([fault()], true);
    expect(texts).toEqual(new Set(["s", "sa", "saa", "saab", "saabb", "saabbc", "saabbcc"]));
    expect(new Set(touched)).toEqual(new Set([0, 1]));
  });

  it("cuts only the very last write of a disk that loses nothing else", async () => {
    const { texts } = await found([fault()], false);
    expect(texts).toEqual(new Set(["saabb", "saabbc", "saabbcc"]));
  });

  it("has ended with its end", async () => {
    const { texts } = await found([fault({ for: "1s" })], true);
    expect(texts).toEqual(new Set(["s", "saa", "saabb", "saabbcc"]));
  });
});
