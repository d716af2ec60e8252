import { describe, expect, it } from "vitest";
import type { Disk } from "../../../src/system/ports/disk.ts";
import { DiskError } from "../../../src/system/ports/errors.ts";
import type { FaultText } from "../../../src/sim/faults/registry.ts";
import { PLAIN_DISK, type Body } from "../world.ts";
import { FaultWorld, id } from "./fault-world.ts";

const text = new TextEncoder();

/** What the machine's own hand reads on n1. */
async function readAll(world: FaultWorld, path: string): Promise<Uint8Array> {
  const reading = world.cluster.node("n1").disk.read(path);
  await world.run(world.kernel.now / 1_000 + 10);
  return (await reading) ?? new Uint8Array(0);
}

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

/** Says what came of each step of `work`; from the second start on `then` runs instead. */
function steps(
  work: (disk: Disk) => readonly (readonly [ms: number, name: string, call: () => Promise<unknown>])[],
  then?: (disk: Disk) => Promise<string>,
): Body {
  return (env) => {
    if (env.incarnation > 1 && then !== undefined) {
      void then(env.disk).then((seen) => env.observer.point(seen));
      return;
    }
    for (const [ms, name, call] of work(env.disk)) {
      const timer = env.timers.create(name, () => {
        call().then(
          () => env.observer.point(`${name} ok`),
          (error: unknown) => env.observer.point(`${name} ${error instanceof DiskError ? error.code : String(error)}`),
        );
      });
      timer.arm(ms);
    }
  };
}

const bytes = (length: number): Uint8Array => new Uint8Array(length).fill(120);
const textIn = (content: Uint8Array | undefined): string =>
  content === undefined ? "nothing" : new TextDecoder().decode(content).replaceAll("\0", ".");
/** What programs said, without the time. */
const said = (world: FaultWorld): string[] => world.points.map((point) => point.split(" ").slice(2).join(" "));

describe("disk-full", () => {
  const full = (more: object = {}): FaultText => ({ kind: "disk-full", node: "n1", at: "1s", for: "1s", ...more });
  const body = steps((disk) => [
    [100, "write", () => disk.write("a", bytes(100))],
    [1_100, "append", () => disk.append("a", bytes(1))],
    [1_200, "other", () => disk.write("b", bytes(1))],
    [1_300, "sync", () => disk.sync("a")],
    [1_400, "shorter", () => disk.write("a", bytes(40))],
    [1_500, "fits", () => disk.append("b", bytes(60))],
    [1_600, "too much", () => disk.append("b", bytes(1))],
    [1_700, "remove", () => disk.remove("b")],
    [1_800, "again", () => disk.append("a", bytes(60))],
    [2_100, "after", () => disk.append("a", bytes(1_000))],
  ]);

  it("lets nothing hold more than when it began, and gives the room back at its end", async () => {
    const world = await new FaultWorld({ n1: body }, [full()]).run(3_000);
    expect(said(world)).toEqual([
      "write ok",
      "append DISK_FULL",
      "other DISK_FULL",
      "sync ok",
      "shorter ok",
      "fits ok",
      "too much DISK_FULL",
      "remove ok",
      "again ok",
      "after ok",
    ]);
    expect(world.outcome.touched).toBe(3);
    expect(new TextDecoder().decode(await readAll(world, "a"))).toHaveLength(1_100);
  });

  it("changes nothing on the disks of others, nor what a disk holds by itself", async () => {
    const own = { cluster: { disk: { ...PLAIN_DISK, capacityBytes: 120 } } };
    const world = await new FaultWorld({ n1: body, n2: body }, [full({ node: "n2" })], own).run(3_000);
    const of = (node: string): string[] => world.points.filter((point) => point.includes(` ${node} `));
    expect(
      of("n1")
        .filter((point) => point.includes("DISK_FULL"))
        .map((point) => point.split(" ")[2]),
    ).toEqual(["after"]);
    expect(of("n2").filter((point) => point.includes("DISK_FULL"))).toHaveLength(4);
  });

  it("lasts until the last of two ends; each leaves what was there when it began", async () => {
    const world = await new FaultWorld({ n1: body }, [
      full({ id: "a", for: "350ms" }),
      full({ id: "b", at: "1350ms", for: "350ms" }),
    ]).run(3_000);
    expect(said(world).filter((one) => one.includes("FULL"))).toEqual([
      "append DISK_FULL",
      "other DISK_FULL",
      "too much DISK_FULL",
    ]);
    expect(world.faults.outcomes().map(({ touched }) => touched)).toEqual([2, 1]);
  });
});

describe("disk-fsync-fails", () => {
  const fails = (more: object = {}): FaultText => ({
    kind: "disk-fsync-fails",
    node: "n1",
    at: "1s",
    for: "1s",
    ...more,
  });
  const append = (disk: Disk, text: string) => (): Promise<void> => disk.append("log", new TextEncoder().encode(text));
  const work = (disk: Disk): readonly (readonly [number, string, () => Promise<unknown>])[] => [
    [100, "append", append(disk, "aa")],
    [200, "sync", () => disk.sync("log")],
    [300, "names", () => disk.syncDirectory("")],
    [1_100, "append", append(disk, "bb")],
    [1_150, "append", append(disk, "cc")],
    [1_200, "failing", () => disk.sync("log")],
    [1_300, "other", () => disk.write("other", bytes(1))],
    [1_400, "failing names", () => disk.syncDirectory("")],
    [2_100, "append", append(disk, "dd")],
    [2_200, "told", () => disk.sync("log")],
    [2_300, "other sync", () => disk.sync("other")],
    [2_400, "names again", () => disk.syncDirectory("")],
  ];
  const read = async (disk: Disk): Promise<string> => textIn(await disk.read("log"));

  it("fails syncs of files and names that begin while it lasts, and of a file that it failed for good", async () => {
    const world = await new FaultWorld({ n1: steps(work) }, [fails()]).run(3_000);
    expect(said(world).filter((one) => !one.startsWith("append"))).toEqual([
      "sync ok",
      "names ok",
      "failing DISK_IO",
      "other ok",
      "failing names DISK_IO",
      "told DISK_IO",
      "other sync ok",
      "names again ok",
    ]);
    expect(world.outcome.touched).toBe(2);
    expect(textIn(await readAll(world, "log"))).toBe("aabbccdd");
    const errors = world.records("point").filter(({ name }) => name === "disk.error");
    expect(errors.map(({ fields }) => fields["operation"])).toEqual(["sync", "syncDirectory", "sync"]);
  });

  /** What a process that starts at 2.6 s reads, and what a power loss after it has synced leaves, over seeds. */
  async function afterwards(more: Partial<{ rewrites: boolean }>): Promise<Set<string>> {
    const seen = new Set<string>();
    for (let seed = 1; seed <= 30; seed++) {
      const second = async (disk: Disk): Promise<string> => {
        const before = await read(disk);
        if (more.rewrites === true) await disk.write("log", new TextEncoder().encode(before));
        await disk.append("log", new TextEncoder().encode("ee"));
        await disk.sync("log");
        return before;
      };
      let lives = 0;
      const world = new FaultWorld(
        { n1: steps(work, (disk) => (++lives === 1 ? second(disk) : read(disk))) },
        [fails()],
        {
          seed: String(seed),
        },
      );
      world.at(2_600, () => {
        world.cluster.kill(id("n1"));
        world.cluster.restart(id("n1"));
      });
      world.at(2_800, () => {
        world.cluster.crash(id("n1"));
        world.cluster.restart(id("n1"));
      });
      await world.run(3_000);
      const [cached, durable] = said(world).slice(-2);
      expect(cached).toBe("aabbccdd");
      seen.add(durable ?? "");
    }
    return seen;
  }

  it("leaves what it gave up in the page cache: a new process reads it, syncs without an error, and loses it with the power", async () => {
    expect(await afterwards({})).toEqual(new Set(["aa....ddee", "aabb..ddee", "aabbccddee"]));
  });

  it("takes what is written anew", async () => {
    expect(await afterwards({ rewrites: true })).toEqual(new Set(["aabbccddee"]));
  });

  it("counts for each of two that failed the same sync", async () => {
    const world = new FaultWorld({ n1: steps(work) }, [fails({ id: "a" }), fails({ id: "b", at: "1350ms" })]);
    await world.run(3_000);
    expect(world.faults.outcomes().map(({ touched }) => touched)).toEqual([2, 3]);
    expect(said(world)).toContain("other sync DISK_IO");
  });
});

describe("disk-read-only", () => {
  it("refuses changes and syncs, goes on reading, and takes them again at its end", async () => {
    const body = steps((disk) => [
      [100, "write", () => disk.write("a", bytes(3))],
      [1_050, "read", () => disk.read("a")],
      [1_100, "list", () => disk.list("")],
      [1_150, "write", () => disk.write("a", bytes(9))],
      [1_200, "append", () => disk.append("a", bytes(9))],
      [1_250, "truncate", () => disk.truncate("a", 1)],
      [1_300, "rename", () => disk.rename("a", "b")],
      [1_350, "remove", () => disk.remove("a")],
      [1_400, "sync", () => disk.sync("a")],
      [1_450, "names", () => disk.syncDirectory("")],
      [2_100, "sync", () => disk.sync("a")],
      [2_200, "append", () => disk.append("a", bytes(1))],
    ]);
    const world = await new FaultWorld({ n1: body }, [
      { kind: "disk-read-only", node: "n1", at: "1s", for: "1s" },
      { kind: "disk-read-only", node: "n1", at: "1425ms", for: "100ms" },
    ]).run(3_000);
    const refused = ["write", "append", "truncate", "rename", "remove", "sync", "names"];
    expect(said(world)).toEqual([
      "write ok",
      "read ok",
      "list ok",
      ...refused.map((name) => `${name} DISK_READ_ONLY`),
      "sync ok",
      "append ok",
    ]);
    expect(world.faults.outcomes().map(({ touched }) => touched)).toEqual([7, 1]);
    expect(await readAll(world, "a")).toHaveLength(4);
  });
});

describe("disk-stuck", () => {
  const stuck = (more: object = {}): FaultText => ({ kind: "disk-stuck", node: "n1", at: "1s", for: "1s", ...more });
  const body = steps((disk) => [
    [999, "under way", () => disk.sync("a")],
    [100, "write", () => disk.write("a", bytes(3))],
    [1_100, "append", () => disk.append("a", bytes(3))],
    [1_200, "sync", () => disk.sync("a")],
    [1_300, "read", () => disk.read("a")],
    [1_400, "other", () => disk.read("b")],
    [2_500, "later", () => disk.sync("a")],
  ]);

  it("lets what begins while it lasts complete at its end, in order, and what was under way as always", async () => {
    const world = await new FaultWorld({ n1: body }, [stuck()]).run(3_000);
    expect(world.points).toEqual([
      "100.1 n1 write ok",
      "1001 n1 under way ok",
      "2000.1 n1 append ok",
      "2000.1 n1 other ok",
      "2002 n1 sync ok",
      "2002 n1 read ok",
      "2502 n1 later ok",
    ]);
    expect(world.outcome.touched).toBe(4);
  });

  it("makes nothing durable: a power loss takes what waits", async () => {
    const world = new FaultWorld({ n1: body }, [stuck()], { seed: "3" });
    world.at(1_500, () => {
      world.cluster.crash(id("n1"));
    });
    await world.run(3_000);
    expect(world.points.at(-1)).toBe("1001 n1 under way ok");
    expect(world.records("point").filter(({ name }) => name === "disk.sync")).toHaveLength(1);
  });

  it("lasts until the last of two ends", async () => {
    const world = await new FaultWorld({ n1: body }, [stuck({ id: "a" }), stuck({ id: "b", at: "1250ms" })]).run(3_000);
    expect(world.points).toContain("2250.1 n1 append ok");
    expect(world.faults.outcomes().map(({ touched }) => touched)).toEqual([4, 2]);
  });
});

describe("bit-rot", () => {
  const rot = (more: object): FaultText => ({ kind: "bit-rot", node: "n1", at: "1s", ...more });
  const body = steps((disk) => [
    [100, "a", () => disk.write("a", bytes(20))],
    [200, "a", () => disk.sync("a")],
    [300, "names", () => disk.syncDirectory("")],
    [400, "b", () => disk.write("d/b", bytes(30))],
  ]);
  const flippedIn = (content: Uint8Array): number => {
    let count = 0;
    for (const byte of content) for (let x = byte ^ 120; x > 0; x >>= 1) count += x & 1;
    return count;
  };

  it("inverts a bit, durable or not, of which its record says the place, and of no other file", async () => {
    const files = new Set<unknown>();
    for (let seed = 1; seed <= 20; seed++) {
      const world = await new FaultWorld({ n1: body }, [rot({})], { seed: String(seed) }).run(2_000);
      const [record] = world.records("point").filter(({ name }) => name === "disk.rot");
      const [a, b] = [await readAll(world, "a"), await readAll(world, "d/b")];
      expect(flippedIn(a) + flippedIn(b)).toBe(1);
      const { path, byte, bit } = record?.fields ?? {};
      expect((path === "a" ? a : b)[Number(byte)]).toBe(120 ^ (1 << Number(bit)));
      if (path === "a") expect(world.cluster.node("n1").disk.readDurable("a")).toEqual(a);
      files.add(path);
      expect([world.outcome.touched, world.outcome.stoppedAt]).toEqual([1, 1_000_000]);
    }
    expect(files).toEqual(new Set(["a", "d/b"]));
  });

  it("keeps to one file, and touches nothing where there is no byte", async () => {
    const world = new FaultWorld({ n1: body }, [rot({ path: "a", bits: 5 }), rot({ id: "none", path: "c" })]);
    await world.run(2_000);
    expect(world.faults.outcomes().map(({ touched }) => touched)).toEqual([5, 0]);
    expect(flippedIn(await readAll(world, "d/b"))).toBe(0);
    expect(flippedIn(await readAll(world, "a")) % 2).toBe(1);
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
