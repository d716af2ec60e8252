import { describe, expect, it } from "vitest";
import { JournalReceiptBuffer } from "../../../src/system/components/receipts/journal-receipt-buffer.ts";
import type { Disk } from "../../../src/system/ports/disk.ts";
import { DiskError, FailStopError } from "../../../src/system/ports/errors.ts";
import { receiptOf } from "../../contract/receipt-buffer.contract.ts";
import { bytes, DiskBench, LOSE, overSeeds } from "../../sim/disk/disk-bench.ts";
import { TestWorld } from "../../sim/world.ts";

const FILE = "receipts/journal";

async function open(bench: DiskBench, compactBytes = 1_048_576): Promise<JournalReceiptBuffer> {
  return bench.do(JournalReceiptBuffer.open({ disk: bench.disk, compactBytes }));
}

async function idsOf(bench: DiskBench, buffer: JournalReceiptBuffer): Promise<string[]> {
  return (await bench.do(buffer.list())).map(({ id }) => id);
}

/** A journal of two receipts; its bytes. */
async function journal(): Promise<{ bench: DiskBench; content: Uint8Array }> {
  const bench = new DiskBench();
  const buffer = await open(bench);
  for (const n of [1, 2]) await bench.do(buffer.insert(receiptOf(n)));
  return { bench, content: (await bench.do(bench.disk.read(FILE))) as Uint8Array };
}

async function benchWith(content: Uint8Array): Promise<DiskBench> {
  const bench = new DiskBench();
  await bench.do(bench.disk.write(FILE, content));
  return bench;
}

describe("a receipt journal", () => {
  it("drops a torn tail, wherever it is torn, and goes on after what is whole", async () => {
    const { content } = await journal();
    const firstEnd = 8 + new DataView(content.buffer, content.byteOffset).getUint32(0, true);
    for (let length = firstEnd; length < content.length; length += 7) {
      const bench = await benchWith(content.subarray(0, length));
      const buffer = await open(bench);
      expect(await idsOf(bench, buffer)).toEqual(["pos-1:0001"]);
      await bench.do(buffer.insert(receiptOf(3)));
      bench.disk.powerLoss(LOSE);
      expect(await idsOf(bench, await open(bench))).toEqual(["pos-1:0001", "pos-1:0003"]);
    }
  });

  it("drops a tail of zeros, which a file system may show for bytes that it lost", async () => {
    const { content } = await journal();
    const longer = new Uint8Array(content.length + 300);
    longer.set(content);
    const bench = await benchWith(longer);
    expect(await idsOf(bench, await open(bench))).toEqual(["pos-1:0001", "pos-1:0002"]);
  });

  it("stops at damage before its end", async () => {
    const { content } = await journal();
    const at = 20;
    content[at] = (content[at] as number) ^ 1;
    const bench = await benchWith(content);
    await expect(open(bench)).rejects.toBeInstanceOf(FailStopError);
  });

  it("answers for nothing that a killed process left in the page cache alone", async () => {
    const { content } = await journal();
    const seen = await overSeeds(20, async (seed) => {
      const bench = new DiskBench(seed);
      await bench.do(bench.disk.write(FILE, new Uint8Array(0)));
      await bench.do(bench.disk.sync(FILE));
      await bench.do(bench.disk.syncDirectory("receipts"));
      await bench.do(bench.disk.append(FILE, content));
      const buffer = await open(bench);
      const { isNew } = await bench.do(buffer.insert(receiptOf(2)));
      bench.disk.powerLoss(LOSE);
      return `${String(isNew)} ${(await idsOf(bench, await open(bench))).join(" ")}`;
    });
    expect([...seen.keys()]).toEqual(["false pos-1:0001 pos-1:0002"]);
  });

  it("takes one sync for calls that come together, and none for one that changes nothing", async () => {
    const bench = new DiskBench();
    const buffer = await open(bench);
    const syncs = (): number => bench.points("disk.sync").length;
    const before = syncs();
    await bench.do(Promise.all(Array.from({ length: 20 }, (_, i) => buffer.insert(receiptOf(i)))));
    // The first goes alone; the others wait for it and go together.
    expect(syncs() - before).toBe(2);
    await bench.do(buffer.insert(receiptOf(7)));
    await bench.do(buffer.settle("nobody", 1n, { status: "failed" }));
    expect(syncs() - before).toBe(2);
  });

  it("stays short, however often its receipts change", async () => {
    const bench = new DiskBench();
    const buffer = await open(bench, 2_000);
    await bench.do(buffer.insert(receiptOf(1)));
    let longest = 0;
    for (let claim = 1; claim <= 200; claim++) {
      await bench.do(buffer.claim({ claim: BigInt(claim), limit: 1 }));
      longest = Math.max(longest, (await bench.do(bench.disk.read(FILE)))?.length ?? 0);
    }
    expect(longest).toBeGreaterThan(1_500);
    expect(longest).toBeLessThan(2_500);
    const [receipt] = await bench.do((await open(bench)).list());
    expect(receipt).toMatchObject({ claim: "200", status: "syncing" });
  });

  it("begins anew over what a compaction left that was cut short", async () => {
    const { bench } = await journal();
    await bench.do(bench.disk.write(`${FILE}.new`, bytes("half of a tab")));
    const buffer = await open(bench, 1);
    await bench.do(buffer.insert(receiptOf(3)));
    expect(await idsOf(bench, await open(bench))).toEqual(["pos-1:0001", "pos-1:0002", "pos-1:0003"]);
  });
});

describe("a journal that cannot be made durable", () => {
  const failing = (disk: Disk, isFailing: () => boolean): Disk => ({
    read: (path) => disk.read(path),
    write: (path, content) => disk.write(path, content),
    append: (path, content) => disk.append(path, content),
    truncate: (path, length) => disk.truncate(path, length),
    rename: (from, to) => disk.rename(from, to),
    remove: (path) => disk.remove(path),
    list: (directory) => disk.list(directory),
    sync: (path) => (isFailing() ? Promise.reject(new DiskError("DISK_IO", "sync", path)) : disk.sync(path)),
    syncDirectory: (directory) => disk.syncDirectory(directory),
  });

  it("answers nothing that depends on it, and stops the process whatever the caller does", async () => {
    const outcomes: string[] = [];
    const world = new TestWorld({
      n1: async ({ disk, observer }) => {
        let isFailing = false;
        const buffer = await JournalReceiptBuffer.open({ disk: failing(disk, () => isFailing), observer });
        const tell =
          (what: string) =>
          (call: Promise<unknown>): Promise<unknown> =>
            call.then(
              () => outcomes.push(`${what} answered`),
              (error: unknown) =>
                outcomes.push(`${what} ${error instanceof FailStopError ? "fail-stop" : String(error)}`),
            );
        await tell("first")(buffer.insert(receiptOf(1)));
        isFailing = true;
        await Promise.all([tell("second")(buffer.insert(receiptOf(2))), tell("look")(buffer.list())]);
      },
    });
    await world.run(1_000);
    expect(outcomes[0]).toBe("first answered");
    expect(outcomes.filter((outcome) => outcome.endsWith("answered"))).toEqual(["first answered"]);
    expect(
      world
        .records("state")
        .filter(({ key }) => key === "process")
        .at(-1),
    ).toMatchObject({
      value: "down",
      fields: { reason: "fail-stop" },
    });
    const changed = world.records("point").filter(({ name }) => name === "receipt.status");
    expect(changed.map(({ fields }) => fields["id"])).toEqual(["pos-1:0001"]);
  });
});
