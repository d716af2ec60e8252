import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PowerLossRules } from "../../../src/sim/disk/sim-file.ts";
import { bytes, DiskBench, LOSE, overSeeds } from "./disk-bench.ts";

const ANY: PowerLossRules = { ...LOSE, orderFree: true };
const TORN: PowerLossRules = { ...LOSE, tornWrites: true };

/** A disk with a durable file `log` that holds `s`. */
async function benchWithLog(seed: string, start = "s"): Promise<DiskBench> {
  const bench = new DiskBench(seed);
  await bench.do(bench.disk.write("log", bytes(start)));
  await bench.do(bench.disk.sync("log"));
  await bench.do(bench.disk.syncDirectory(""));
  return bench;
}

describe("a power loss and the bytes of a file", () => {
  it("keeps what was synced and a seeded prefix of what was not", async () => {
    const seen = await overSeeds(100, async (seed) => {
      const bench = await benchWithLog(seed);
      for (const text of ["a", "b", "c"]) void bench.disk.append("log", bytes(text));
      bench.disk.powerLoss(LOSE);
      return bench.content();
    });
    expect([...seen.keys()]).toEqual(["log=s", "log=sa", "log=sab", "log=sabc"]);
    expect(Math.min(...seen.values())).toBeGreaterThan(10);
  });

  it("keeps any subset in order-free mode, with zeros where a lost append was", async () => {
    const seen = await overSeeds(100, async (seed) => {
      const bench = await benchWithLog(seed);
      for (const text of ["a", "b"]) void bench.disk.append("log", bytes(text));
      bench.disk.powerLoss(ANY);
      return bench.content();
    });
    expect([...seen.keys()]).toEqual(["log=s", "log=s\0b", "log=sa", "log=sab"]);
  });

  it("keeps everything when the disk loses nothing", async () => {
    const seen = await overSeeds(20, async (seed) => {
      const bench = await benchWithLog(seed);
      void bench.disk.append("log", bytes("a"));
      void bench.disk.write("new/file", bytes("b"));
      void bench.disk.rename("log", "moved");
      bench.disk.powerLoss({ ...LOSE, loseUnsynced: false });
      return `${await bench.content()} | ${await bench.content("new")}`;
    });
    expect([...seen.keys()]).toEqual(["moved=sa | file=b"]);
  });

  it("makes durable what was written before the sync was issued, once it completes", async () => {
    const seen = await overSeeds(40, async (seed) => {
      const bench = await benchWithLog(seed);
      void bench.disk.append("log", bytes("a"));
      void bench.disk.sync("log");
      void bench.disk.append("log", bytes("b"));
      await bench.advance(bench.trace.time + 2_000);
      bench.disk.powerLoss(LOSE);
      return bench.content();
    });
    expect([...seen.keys()]).toEqual(["log=sa", "log=sab"]);
  });

  it("loses what a sync under way had not finished, and never completes it", async () => {
    let completed = 0;
    const seen = await overSeeds(40, async (seed) => {
      const bench = await benchWithLog(seed);
      void bench.disk.append("log", bytes("a"));
      void bench.disk.sync("log").then(() => completed++);
      await bench.advance(bench.trace.time + 1_999);
      bench.disk.powerLoss(LOSE);
      await bench.advance(bench.trace.time + 10_000);
      return bench.content();
    });
    expect([...seen.keys()]).toEqual(["log=s", "log=sa"]);
    expect(completed).toBe(0);
  });

  it("cuts the last surviving write at a sector or a byte", async () => {
    const lengths = await overSeeds(600, async (seed) => {
      const bench = await benchWithLog(seed, "s".repeat(100));
      void bench.disk.append("log", bytes("a".repeat(2_300)));
      bench.disk.powerLoss(TORN);
      const text = (await bench.read("log")) ?? "";
      expect(text).toBe("s".repeat(100) + "a".repeat(text.length - 100));
      return String(text.length).padStart(4, "0");
    });
    const often = [...lengths].filter(([, count]) => count > 5).map(([length]) => Number(length));
    expect(often).toEqual([100, 512, 1_024, 1_536, 2_048, 2_400]);
    expect(lengths.size).toBeGreaterThan(100);
  });

  it("cuts only the last survivor, and never what was synced", async () => {
    const seen = await overSeeds(200, async (seed) => {
      const bench = await benchWithLog(seed, "sss");
      void bench.disk.append("log", bytes("aa"));
      void bench.disk.append("log", bytes("bb"));
      bench.disk.powerLoss(TORN);
      return bench.content();
    });
    expect([...seen.keys()]).toEqual(["log=sss", "log=sssa", "log=sssaa", "log=sssaab", "log=sssaabb"]);
  });

  it("leaves a torn file when a whole write is cut: replacing is not atomic", async () => {
    const seen = await overSeeds(100, async (seed) => {
      const bench = await benchWithLog(seed, "old");
      void bench.disk.write("log", bytes("new"));
      bench.disk.powerLoss(TORN);
      return bench.content();
    });
    expect([...seen.keys()]).toEqual(["log=", "log=n", "log=ne", "log=new"]);
  });

  it("leaves one of the states since the last sync, whatever was done", async () => {
    const change = fc.oneof(
      fc.record({
        does: fc.constantFrom("write", "append"),
        text: fc.string({ maxLength: 4, unit: "grapheme-ascii" }),
      }),
      fc.record({ does: fc.constant("truncate"), text: fc.constant("") }),
      fc.record({ does: fc.constant("sync"), text: fc.constant("") }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 12 }), fc.nat(1_000), async (changes, seed) => {
        const bench = await benchWithLog(String(seed));
        let now = "s";
        let possible = new Set([now]);
        for (const { does, text } of changes) {
          if (does === "sync") {
            await bench.do(bench.disk.sync("log"));
            possible = new Set();
          } else if (does === "truncate") {
            now = now.slice(0, now.length >> 1);
            void bench.disk.truncate("log", now.length);
          } else {
            now = does === "append" ? now + text : text;
            void bench.disk[does]("log", bytes(text));
          }
          possible.add(now);
        }
        bench.disk.powerLoss(LOSE);
        expect(possible).toContain(await bench.read("log"));
      }),
      { numRuns: 80 },
    );
  });
});

describe("a power loss and names", () => {
  it("may take a synced file whose name was never made durable", async () => {
    const seen = await overSeeds(40, async (seed) => {
      const bench = new DiskBench(seed);
      void bench.disk.write("a", bytes("x"));
      await bench.do(bench.disk.sync("a"));
      bench.disk.powerLoss(LOSE);
      return bench.content();
    });
    expect([...seen.keys()]).toEqual(["", "a=x"]);
  });

  it("keeps a name after its directory was synced", async () => {
    const seen = await overSeeds(20, async (seed) => {
      const bench = new DiskBench(seed);
      void bench.disk.write("d/a", bytes("x"));
      await bench.do(bench.disk.sync("d/a"));
      await bench.do(bench.disk.syncDirectory("d"));
      bench.disk.powerLoss(LOSE);
      return bench.content("d");
    });
    expect([...seen.keys()]).toEqual(["a=x"]);
  });

  it("undoes names of a directory in order: never the second without the first", async () => {
    const create = async (seed: string, rules: PowerLossRules): Promise<string> => {
      const bench = new DiskBench(seed);
      for (const path of ["a", "b"]) void bench.disk.write(path, bytes(""));
      bench.disk.powerLoss(rules);
      return bench.content();
    };
    expect([...(await overSeeds(60, (seed) => create(seed, LOSE))).keys()]).toEqual(["", "a=", "a= b="]);
    expect([...(await overSeeds(60, (seed) => create(seed, ANY))).keys()]).toEqual(["", "a=", "a= b=", "b="]);
  });

  it.each([
    ["in order", LOSE],
    ["order-free", ANY],
  ])("shows the old file or the new one after a rename, %s", async (_, rules) => {
    const seen = await overSeeds(60, async (seed) => {
      const bench = await benchWithLog(seed, "old");
      void bench.disk.write("log.tmp", bytes("new"));
      await bench.do(bench.disk.sync("log.tmp"));
      await bench.do(bench.disk.syncDirectory(""));
      void bench.disk.rename("log.tmp", "log");
      bench.disk.powerLoss(rules);
      return bench.content();
    });
    expect([...seen.keys()]).toEqual(["log=new", "log=old log.tmp=new"]);
  });

  it("undoes a rename between directories in both or in none", async () => {
    const seen = await overSeeds(60, async (seed) => {
      const bench = new DiskBench(seed);
      void bench.disk.write("d/a", bytes("x"));
      await bench.do(bench.disk.sync("d/a"));
      await bench.do(bench.disk.syncDirectory("d"));
      void bench.disk.rename("d/a", "e/b");
      bench.disk.powerLoss(LOSE);
      return `${await bench.content("d")}|${await bench.content("e")}`;
    });
    expect([...seen.keys()]).toEqual(["a=x|", "|b=x"]);
  });

  it("makes a rename durable by a sync of either directory, with what it builds upon", async () => {
    const seen = await overSeeds(20, async (seed) => {
      const bench = new DiskBench(seed);
      void bench.disk.write("d/a", bytes("x"));
      void bench.disk.write("d/other", bytes(""));
      await bench.do(bench.disk.sync("d/a"));
      void bench.disk.rename("d/a", "e/b");
      await bench.do(bench.disk.syncDirectory("e"));
      bench.disk.powerLoss(LOSE);
      return bench.content("e");
    });
    expect([...seen.keys()]).toEqual(["b=x"]);
  });

  it("brings back a removed file whose removal was not durable", async () => {
    const seen = await overSeeds(40, async (seed) => {
      const bench = await benchWithLog(seed);
      void bench.disk.remove("log");
      bench.disk.powerLoss(LOSE);
      return bench.content();
    });
    expect([...seen.keys()]).toEqual(["", "log=s"]);
  });

  it("leaves every file in one place, with bytes it once had, whatever was renamed and lost", async () => {
    const paths = ["a", "b", "d/a", "d/b"];
    const call = fc.record({
      does: fc.constantFrom("write", "rename", "remove", "syncDirectory"),
      path: fc.constantFrom(...paths),
      to: fc.constantFrom(...paths),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(call, { maxLength: 15 }),
        fc.nat(1_000),
        fc.boolean(),
        async (calls, seed, orderFree) => {
          const bench = new DiskBench(String(seed));
          for (const [i, { does, path, to }] of calls.entries()) {
            if (does === "write") {
              await bench.do(bench.disk.remove(path));
              await bench.do(bench.disk.write(path, bytes(`file ${String(i)}`)));
              await bench.do(bench.disk.sync(path));
            } else if (does === "rename") await bench.do(bench.disk.rename(path, to)).catch(() => undefined);
            else if (does === "remove") await bench.do(bench.disk.remove(path));
            else await bench.do(bench.disk.syncDirectory(path.startsWith("d/") ? "d" : ""));
          }
          bench.disk.powerLoss({ ...LOSE, orderFree });
          const texts: string[] = [];
          for (const path of paths) texts.push((await bench.read(path)) ?? "");
          const files = texts.filter((text) => text !== "");
          expect(new Set(files).size).toBe(files.length);
          expect(files.every((text) => text.startsWith("file "))).toBe(true);
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe("records of a power loss", () => {
  it("tells what each file lost", async () => {
    const seen = await overSeeds(40, async (seed) => {
      const bench = await benchWithLog(seed);
      void bench.disk.append("log", bytes("aaaa"));
      bench.disk.powerLoss(LOSE);
      const [lost] = bench.points("disk.lost");
      return `${(await bench.read("log")) ?? ""} ${JSON.stringify(lost?.["bytes"] ?? null)}`;
    });
    expect([...seen.keys()]).toEqual(["s 4", "saaaa null"]);
  });

  it("tells which names went", async () => {
    const seen = await overSeeds(40, async (seed) => {
      const bench = new DiskBench(seed);
      void bench.disk.write("a", bytes("four"));
      await bench.do(bench.disk.sync("a"));
      bench.disk.powerLoss(LOSE);
      return bench
        .points("disk.lost")
        .map(({ path, bytes, what }) => [path, bytes, what].join(" "))
        .join();
    });
    expect([...seen.keys()]).toEqual(["", "a 4 create"]);
  });

  it("says what was torn, and how much went with it", async () => {
    const seen = await overSeeds(60, async (seed) => {
      const bench = await benchWithLog(seed);
      void bench.disk.append("log", bytes("aa"));
      bench.disk.powerLoss(TORN);
      return bench
        .points("disk.lost")
        .map(({ bytes, torn }) => `${String(bytes)} ${String(torn)}`)
        .join();
    });
    expect([...seen.keys()]).toEqual(["", "1 true", "2 true"]);
  });
});
