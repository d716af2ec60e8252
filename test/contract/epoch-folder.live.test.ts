import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { EpochFolder } from "../../src/system/live/epoch-folder.ts";

async function inFolder<T>(body: (folder: string) => Promise<T>): Promise<T> {
  const parent = await mkdtemp(join(tmpdir(), "faultline-epochs-"));
  try {
    return await body(join(parent, "epochs"));
  } finally {
    await rm(parent, { recursive: true, force: true });
  }
}

describe("an epoch folder", () => {
  it("gives each new server a larger epoch, and an old one the same again", () =>
    inFolder(async (folder) => {
      const book = await EpochFolder.open(folder);
      expect([await book.epochOf("a"), await book.epochOf("b"), await book.epochOf("a")]).toEqual([1, 2, 1]);
      const again = await EpochFolder.open(folder);
      expect([await again.epochOf("b"), await again.epochOf("c"), await again.epochOf("a")]).toEqual([2, 3, 1]);
    }));

  it("is one agreement of all who ask at once, whatever each of them has seen", () =>
    inFolder(async (folder) => {
      const servers = ["a", "b", "c", "d", "e", "f"];
      const books = await Promise.all(servers.map(() => EpochFolder.open(folder)));
      // Each begins with another server, and asks for all of them.
      const told = await Promise.all(
        books.map(async (book, first) => {
          const order = servers.map((_, i) => servers[(first + i) % servers.length]!);
          const epochs = await Promise.all(order.map((server) => book.epochOf(server)));
          return Object.fromEntries(order.map((server, i) => [server, epochs[i]]));
        }),
      );
      expect(Object.values(told[0]!).sort()).toEqual([1, 2, 3, 4, 5, 6]);
      for (const epochs of told) expect(epochs).toEqual(told[0]);
      expect((await readdir(folder)).sort()).toEqual(["1", "2", "3", "4", "5", "6"]);
    }));

  it("takes no notice of what a killed process was about to enter", () =>
    inFolder(async (folder) => {
      const book = await EpochFolder.open(folder);
      await writeFile(join(folder, "new-0"), "half a na");
      expect(await book.epochOf("a")).toBe(1);
    }));

  it("refuses a file that names no server, and an id that is none", () =>
    inFolder(async (folder) => {
      const book = await EpochFolder.open(folder);
      await expect(book.epochOf("two words")).rejects.toThrow("a server id has");
      expect(await book.epochOf("a")).toBe(1);
      await writeFile(join(folder, "2"), "");
      await expect(book.epochOf("b")).rejects.toThrow("EPOCH_FOLDER_DAMAGED");
      expect(await book.epochOf("a")).toBe(1);
    }));
});
