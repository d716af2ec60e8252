import { describe, expect, it } from "vitest";
import { DiskOfdJournal, type OfdEntry } from "../../../src/system/components/receipts/ofd-journal.ts";
import { DiskError, FailStopError } from "../../../src/system/ports/errors.ts";
import { DiskBench, LOSE } from "../../sim/disk/disk-bench.ts";

const FILE = "ofd/journal";

const token = (n: number): OfdEntry => ["token", String(n)];
const open = (bench: DiskBench): ReturnType<typeof DiskOfdJournal.open> =>
  bench.do(DiskOfdJournal.open({ disk: bench.disk }));

describe("an OFD's journal", () => {
  it("gives back what was appended, in order, after any power loss", async () => {
    for (let seed = 1; seed <= 30; seed++) {
      const bench = new DiskBench(String(seed));
      const { journal } = await open(bench);
      await bench.do(journal.append(token(1)));
      // Not waited for: of these the disk may keep any prefix.
      for (const n of [2, 3]) void journal.append(token(n)).catch(() => undefined);
      bench.disk.powerLoss({ ...LOSE, tornWrites: true });
      const { entries } = await open(bench);
      expect(entries).toEqual([token(1), token(2), token(3)].slice(0, Math.max(entries.length, 1)));
    }
  });

  it("shares a sync among what is appended meanwhile, and keeps the order", async () => {
    const bench = new DiskBench();
    const { journal } = await open(bench);
    const syncs: string[] = [];
    const sync = bench.disk.sync.bind(bench.disk);
    bench.disk.sync = (path) => {
      syncs.push(path);
      return sync(path);
    };
    const done: number[] = [];
    await bench.do(Promise.all([1, 2, 3, 4, 5].map((n) => journal.append(token(n)).then(() => done.push(n)))));
    await bench.do(journal.append(token(6)));
    expect(syncs).toEqual([FILE, FILE, FILE]);
    expect(done).toEqual([1, 2, 3, 4, 5]);
    expect((await open(bench)).entries).toEqual([1, 2, 3, 4, 5, 6].map(token));
  });

  it("drops a torn tail and goes on after what is whole; stops at damage before its end", async () => {
    const bench = new DiskBench();
    const { journal } = await open(bench);
    for (const n of [1, 2]) await bench.do(journal.append(token(n)));
    const content = (await bench.do(bench.disk.read(FILE))) as Uint8Array;

    const torn = new DiskBench();
    await torn.do(torn.disk.write(FILE, content.subarray(0, content.length - 1)));
    const again = await open(torn);
    expect(again.entries).toEqual([token(1)]);
    await torn.do(again.journal.append(token(3)));
    expect((await open(torn)).entries).toEqual([token(1), token(3)]);

    const damaged = new DiskBench();
    content[10] = (content[10] as number) ^ 1;
    await damaged.do(damaged.disk.write(FILE, content));
    await expect(open(damaged)).rejects.toBeInstanceOf(FailStopError);
  });

  it("stops for good when the disk refuses", async () => {
    const bench = new DiskBench();
    const { journal } = await open(bench);
    bench.disk.append = () => Promise.reject(new DiskError("DISK_FULL", "append", FILE));
    for (const n of [1, 2]) await expect(journal.append(token(n))).rejects.toBeInstanceOf(FailStopError);
  });
});
