import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DiskEpochBook } from "../../../src/system/components/lock/disk-epoch-book.ts";
import { EpochBook } from "../../../src/system/components/lock/epoch-book.ts";
import type { Disk } from "../../../src/system/ports/disk.ts";
import { nodeId } from "../../../src/system/ports/node.ts";
import { TestWorld } from "../../sim/world.ts";

describe("an epoch book", () => {
  it("numbers servers in the order in which they are first asked for", () => {
    const book = new EpochBook();
    expect(["a", "b", "a", "c", "b"].map((id) => book.epochOf(id))).toEqual([1, 2, 1, 3, 2]);
    expect([book.get("c"), book.get("d")]).toEqual([3, undefined]);
  });

  it("gives a new server a larger epoch than every one before it, also when it has forgotten the old ones", () => {
    const ids = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 300, maxLength: 1_000 });
    fc.assert(
      fc.property(ids, (asked) => {
        const book = new EpochBook();
        let last = 0;
        for (const id of asked) {
          const known = book.get(`s${String(id)}`);
          const epoch = book.epochOf(`s${String(id)}`);
          expect(epoch).toBe(known ?? last + 1);
          last = Math.max(last, epoch);
        }
        expect(EpochBook.fromText(book.toText()).toText()).toBe(book.toText());
      }),
      { numRuns: 20 },
    );
  });

  it.each(["x", "1 a", "1 a\n1 b\n", "2 a\n1 b\n", "0 a\n", "1 a\n2 a\n", "1 a b\n"])("refuses %j", (text) => {
    expect(() => EpochBook.fromText(text)).toThrow("EPOCH_BOOK_DAMAGED");
  });
});

describe("an epoch book on disk", () => {
  /** Runs `body` at each start of a node whose power goes at these times, ms. */
  async function onDisk(body: (disk: Disk, life: number) => Promise<void>, lostAtMs: number[] = []): Promise<void> {
    const errors: unknown[] = [];
    const world = new TestWorld({
      n1: ({ disk, incarnation }) => void body(disk, incarnation).catch((error: unknown) => errors.push(error)),
    });
    for (const ms of lostAtMs)
      world.at(ms, () => {
        world.cluster.crash(nodeId("n1"));
        world.cluster.restart(nodeId("n1"));
      });
    await world.run(10_000);
    expect(errors).toEqual([]);
  }

  it("remembers every epoch it gave, whenever the power goes", async () => {
    for (let ms = 1; ms < 40; ms++) {
      const given = new Map<string, number>();
      await onDisk(
        async (disk, life) => {
          const book = await DiskEpochBook.open({ disk });
          for (const id of ["a", "b", `of life ${String(life)}`.replaceAll(" ", "-"), "c"]) {
            const epoch = await book.epochOf(id);
            expect(given.get(id) ?? epoch).toBe(epoch);
            given.set(id, epoch);
          }
        },
        [ms],
      );
      expect(new Set(given.values()).size).toBe(given.size);
    }
  });

  it("answers callers in order, each when its own is durable", async () => {
    await onDisk(async (disk) => {
      const book = await DiskEpochBook.open({ disk, path: "epochs" });
      const epochs = await Promise.all(["a", "b", "a", "c"].map((id) => book.epochOf(id)));
      expect(epochs).toEqual([1, 2, 1, 3]);
      const again = await DiskEpochBook.open({ disk, path: "epochs" });
      expect(await again.epochOf("c")).toBe(3);
    });
  });

  it("gives nothing out that the disk refused, and works again afterwards", async () => {
    await onDisk(async (disk) => {
      let isFull = true;
      const failing: Disk = Object.assign(Object.create(disk) as Disk, {
        read: (path: string) => disk.read(path),
        write: (path: string, bytes: Uint8Array) => disk.write(path, bytes),
        sync: (path: string) => (isFull ? Promise.reject(new Error("EIO")) : disk.sync(path)),
        rename: (from: string, to: string) => disk.rename(from, to),
        syncDirectory: (path: string) => disk.syncDirectory(path),
      });
      const book = await DiskEpochBook.open({ disk: failing });
      await expect(book.epochOf("a")).rejects.toThrow("EIO");
      isFull = false;
      expect(await book.epochOf("b")).toBe(1);
      expect(await (await DiskEpochBook.open({ disk })).epochOf("b")).toBe(1);
    });
  });

  it("stops for good when the file is damaged", async () => {
    await onDisk(async (disk) => {
      await (await DiskEpochBook.open({ disk })).epochOf("a");
      const bytes = (await disk.read("lock/epochs")) as Uint8Array;
      bytes[9] = (bytes[9] as number) + 1;
      await disk.write("lock/epochs", bytes);
      await expect(DiskEpochBook.open({ disk })).rejects.toThrow("FAIL_STOP");
    });
  });
});
