import { describe, expect, it } from "vitest";
import { HlcClock } from "../../../src/system/components/hlc/hlc-clock.ts";
import { HlcBoundError } from "../../../src/system/components/hlc/hlc-errors.ts";
import { compareStamps, decodeStamp, type HlcStamp } from "../../../src/system/components/hlc/stamp.ts";
import type { Disk } from "../../../src/system/ports/disk.ts";
import { DiskError } from "../../../src/system/ports/errors.ts";
import type { NodeEnv } from "../../../src/system/ports/node.ts";
import { nodeId } from "../../../src/system/ports/node-id.ts";
import { EPOCH_MS } from "../../../src/sim/cluster.ts";
import { TestWorld, type Body, type WorldOptions } from "../../sim/world.ts";

const n1 = nodeId("n1");

type Use = (hlc: HlcClock, env: NodeEnv) => void;

/** A node that opens its clock and then does this. */
function node(use: Use): Body {
  return (env) => {
    void HlcClock.open({ nodeId: env.id, ...env }).then((hlc) => use(hlc, env));
  };
}

/** Stamps at once and every 50 ms; what is refused is not stamped. */
const steady: Use = (hlc, env) => {
  const timer = env.timers.create("stamp", () => {
    void hlc.nowWhenDurable();
    timer.arm(50);
  });
  void hlc.nowWhenDurable();
  timer.arm(50);
};

function stamps(world: TestWorld): HlcStamp[] {
  return world
    .records("point")
    .filter((record) => record.name === "hlc")
    .map((record) => decodeStamp(String(record.fields["stamp"])));
}

function expectStrict(world: TestWorld): void {
  const given = stamps(world);
  expect(given.length).toBeGreaterThan(2);
  for (let i = 1; i < given.length; i++) {
    expect(compareStamps(given[i - 1] as HlcStamp, given[i] as HlcStamp)).toBe(-1);
  }
}

async function run(
  use: Use,
  play: (world: TestWorld) => void,
  untilMs: number,
  options: WorldOptions = {},
): Promise<TestWorld> {
  const world = new TestWorld({ n1: node(use) }, options);
  play(world);
  return world.run(untilMs);
}

describe("a durable clock", () => {
  it("has a synced bound before its first stamp, and renews it each second, 3 s ahead", async () => {
    const world = await run(steady, () => undefined, 3_500);
    const bounds = world.records("point").filter((record) => record.name === "hlc.bound");
    expect(bounds).toHaveLength(4);
    const first = world.all.find((record) => record.kind === "point" && record.name === "hlc");
    const durable = world.all.filter((record) => record.kind === "point" && record.name === "disk.sync-dir")[0];
    expect(durable?.id).toBeLessThan(first?.id ?? -1);
    expect(Number(bounds[1]?.fields["boundMs"]) - EPOCH_MS).toBe(4_000 + Math.floor((bounds[0]?.time ?? 0) / 1_000));
    expect(world.records("point").filter((record) => record.name === "hlc.held")).toEqual([]);
  });

  it("is strict across a power loss and a step back during the outage, which it knows from the stored reading", async () => {
    const world = await run(
      steady,
      (w) =>
        w
          .at(2_500, () => w.cluster.crash(n1))
          .at(2_600, () => w.cluster.node("n1").clock.addOffset(w.kernel.now, -3_600_000_000))
          .at(2_700, () => w.cluster.restart(n1)),
      8_000,
    );
    expectStrict(world);
    const jump = world.records("point").find((record) => record.name === "hlc.jump");
    expect(jump?.fields).toMatchObject({ direction: "back" });
    // It starts at the bound of before: at most 3 s ahead of what the wall showed at the last renewal.
    expect(stamps(world).at(-1)?.ms).toBeLessThanOrEqual(EPOCH_MS + 2_500 + 3_000);
  });

  it("waits for physical time to pass the bound instead of running ahead of its peers", async () => {
    const world = await run(
      steady,
      (w) => w.at(1_500, () => w.cluster.crash(n1)).at(1_600, () => w.cluster.restart(n1)),
      8_000,
    );
    expectStrict(world);
    const opened = world.records("point").filter((record) => record.name === "hlc.open")[1];
    expect(opened?.time).toBeGreaterThanOrEqual(4_000_000);
    expect(opened?.time).toBeLessThan(4_100_000);
    for (const record of world.records("point")) {
      if (record.name === "hlc") expect(Number(record.fields["ms"])).toBe(Number(record.fields["wallMs"]));
    }
  });

  it("does not run further ahead with every one of many restarts", async () => {
    const world = await run(
      steady,
      (w) => {
        w.at(1_000, () => w.cluster.node("n1").clock.addOffset(w.kernel.now, -3_600_000_000));
        for (let i = 1; i <= 10; i++) {
          w.at(i * 4_000, () => w.cluster.crash(n1)).at(i * 4_000 + 10, () => w.cluster.restart(n1));
        }
      },
      45_000,
    );
    expectStrict(world);
    expect(stamps(world).at(-1)?.ms).toBeLessThanOrEqual(EPOCH_MS + 1_000 + 3_000 + 100);
  });

  it("gives no stamp beyond its bound: now throws, nowWhenDurable waits", async () => {
    const seen: string[] = [];
    const world = new TestWorld({
      n1: node((hlc, env) => {
        const timer = env.timers.create("probe", () => {
          try {
            hlc.now();
            seen.push("now");
          } catch (error) {
            seen.push(error instanceof HlcBoundError ? "bound" : String(error));
          }
          void hlc.nowWhenDurable().then((stamp) => seen.push(String(stamp.ms - EPOCH_MS)));
        });
        timer.arm(500);
      }),
    });
    world.at(400, () => world.cluster.node("n1").clock.addOffset(world.kernel.now, 10_000_000));
    await world.run(900);
    expect(seen[0]).toBe("bound");
    expect(Number(seen[1])).toBeGreaterThan(10_500);
    expect(Number(seen[1])).toBeLessThan(10_520);
  });

  it("receives a stamp beyond its bound once that is renewed", async () => {
    const seen: number[] = [];
    const world = new TestWorld({
      n1: (env) => {
        void HlcClock.open({ nodeId: env.id, ...env, maxOffsetMs: 10_000 }).then(async (hlc) => {
          const remote = { ms: EPOCH_MS + 5_000, counter: 3, nodeId: nodeId("n2") };
          expect(() => hlc.receive(remote)).toThrow(HlcBoundError);
          seen.push(hlc.now().ms - EPOCH_MS);
          const stamp = await hlc.receiveWhenDurable(remote);
          seen.push(stamp.ms - EPOCH_MS, stamp.counter);
        });
      },
    });
    await world.run(200);
    expect(seen).toEqual([expect.any(Number), 5_000, 4]);
    expect(seen[0]).toBeLessThan(50);
  });

  it("keeps its old bound while the disk refuses, says so, and goes on when it takes it again", async () => {
    let refuse = false;
    let clock: HlcClock | undefined;
    const world = new TestWorld({
      n1: (env) => {
        const disk = {
          ...bound(env.disk),
          sync: (path: string) =>
            refuse ? Promise.reject(new DiskError("DISK_IO", "sync", path)) : env.disk.sync(path),
        };
        void HlcClock.open({ nodeId: env.id, ...env, disk }).then((hlc) => {
          clock = hlc;
          const timer = env.timers.create("stamp", () => {
            hlc.nowWhenDurable().catch(() => undefined);
            timer.arm(50);
          });
          timer.arm(50);
        });
      },
    });
    world.at(500, () => (refuse = true)).at(6_000, () => (refuse = false));
    await world.run(5_900);
    const last = stamps(world).at(-1)?.ms ?? 0;
    expect(last).toBeLessThan(clock?.stats.boundMs ?? 0);
    expect(last - EPOCH_MS).toBeLessThan(3_100);
    expect(clock?.stats.boundErrors).toBeGreaterThan(3);
    await world.run(7_500);
    expect((stamps(world).at(-1)?.ms ?? 0) - EPOCH_MS).toBeGreaterThan(7_000);
    expectStrict(world);
  });

  it("refuses to start from a damaged bound", async () => {
    const world = new TestWorld({
      n1: (env) => {
        void env.disk
          .write("hlc/bound", new TextEncoder().encode("not a bound"))
          .then(() => HlcClock.open({ nodeId: env.id, ...env }));
      },
    });
    await world.run(100);
    expect(world.records("state").at(-1)?.fields).toMatchObject({ reason: "fail-stop" });
  });

  it("renews no more once it is closed", async () => {
    const world = await run(
      (hlc) => hlc.close(),
      () => undefined,
      5_000,
    );
    expect(world.records("point").filter((record) => record.name === "hlc.bound")).toHaveLength(1);
  });
});

/** A disk's methods as properties, to change one. */
function bound(disk: Disk): Disk {
  return {
    read: (path) => disk.read(path),
    write: (path, bytes) => disk.write(path, bytes),
    append: (path, bytes) => disk.append(path, bytes),
    truncate: (path, length) => disk.truncate(path, length),
    rename: (from, to) => disk.rename(from, to),
    remove: (path) => disk.remove(path),
    list: (directory) => disk.list(directory),
    sync: (path) => disk.sync(path),
    syncDirectory: (directory) => disk.syncDirectory(directory),
  };
}
