import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FsDisk } from "../../src/system/live/fs-disk.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
let root = "";
const disks: FsDisk[] = [];

async function openDisk(path: string = root): Promise<FsDisk> {
  const disk = await FsDisk.open(path);
  disks.push(disk);
  return disk;
}

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "faultline-disk-"));
});
afterEach(async () => {
  for (const disk of disks.splice(0)) await disk.close();
  await rm(root, { recursive: true, force: true });
});

const openFiles = async (): Promise<number> => (await readdir("/proc/self/fd")).length;

describe("FsDisk", () => {
  it("finds everything again when it is opened anew", async () => {
    const before = await openDisk(join(root, "made/at/once"));
    await before.append("d/log", bytes("one "));
    await before.append("d/log", bytes("two"));
    await before.close();
    const after = await openDisk(join(root, "made/at/once"));
    expect(await after.read("d/log")).toEqual(bytes("one two"));
    expect(await readFile(join(root, "made/at/once/d/log"), "utf8")).toBe("one two");
  });

  it.runIf(existsSync("/dev/full"))("says that the disk is full", async () => {
    const disk = await openDisk();
    await symlink("/dev/full", join(root, "full"));
    await expect(disk.append("full", bytes("x"))).rejects.toMatchObject({
      code: "DISK_FULL",
      facts: { operation: "append", path: "full" },
    });
  });

  it.runIf(existsSync("/dev/full"))(
    "never syncs a file again of which a sync failed, until it is written anew",
    async () => {
      const disk = await openDisk();
      // fsync of a character device fails, as that of a broken disk does.
      await symlink("/dev/null", join(root, "broken"));
      await disk.append("broken", bytes("x"));
      await expect(disk.sync("broken")).rejects.toMatchObject({ code: "DISK_IO" });
      await disk.append("broken", bytes("y"));
      await expect(disk.sync("broken")).rejects.toMatchObject({ code: "DISK_IO" });
      await disk.rename("broken", "renamed");
      await expect(disk.sync("renamed")).rejects.toMatchObject({ code: "DISK_IO" });
      await disk.remove("renamed");
      await disk.write("renamed", bytes("z"));
      await disk.sync("renamed");
    },
  );

  it("says that a name cannot be a file", async () => {
    const disk = await openDisk();
    await disk.write("file", bytes("x"));
    await expect(disk.write("file/below", bytes("x"))).rejects.toMatchObject({ code: "DISK_PATH" });
    await expect(disk.write("x".repeat(300), bytes("x"))).rejects.toMatchObject({ code: "DISK_PATH" });
    await disk.write("d/file", bytes("x"));
    await expect(disk.write("d", bytes("x"))).rejects.toMatchObject({ code: "DISK_PATH" });
  });

  it("cannot be opened where a file stands", async () => {
    await writeFile(join(root, "file"), "x");
    await expect(FsDisk.open(join(root, "file"))).rejects.toMatchObject({
      code: "DISK_PATH",
      facts: { operation: "open" },
    });
  });

  it.runIf(existsSync("/proc/self/fd"))(
    "keeps a bounded number of files open, and none once it is closed",
    async () => {
      const before = await openFiles();
      const disk = await openDisk();
      for (let i = 0; i < 300; i++) await disk.append(`f${String(i)}`, bytes("x"));
      expect((await openFiles()) - before).toBeLessThanOrEqual(140);
      for (let i = 0; i < 300; i++) await disk.append(`f${String(i)}`, bytes("y"));
      expect(await disk.read("f0")).toEqual(bytes("xy"));
      await disk.close();
      expect((await openFiles()) - before).toBeLessThanOrEqual(1);
    },
  );
});
