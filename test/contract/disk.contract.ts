import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Disk } from "../../src/system/ports/disk.ts";
import { DiskError } from "../../src/system/ports/errors.ts";
import type { MakeWorld } from "./world.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (content: Uint8Array | undefined): string | undefined =>
  content === undefined ? undefined : new TextDecoder().decode(content);
const read = async (disk: Disk, path: string): Promise<string | undefined> => textOf(await disk.read(path));

/** The code of the {@link DiskError} with which a call rejects; otherwise what came instead. */
async function failure(call: () => Promise<unknown>): Promise<string> {
  try {
    await call();
    return "no error";
  } catch (error) {
    return error instanceof DiskError ? error.code : `another error: ${String(error)}`;
  }
}

/** Bytes that the small disk of {@link describeDisk} holds. */
export const SMALL_DISK_BYTES = 65_536;

/**
 * What every {@link Disk} promises, as far as it shows without a loss of power.
 *
 * @param options.small  A world whose disk holds {@link SMALL_DISK_BYTES}; or why there is none.
 */
export function describeDisk(name: string, make: MakeWorld, options: { readonly small: MakeWorld | string }): void {
  const { small } = options;
  const onDisk = async <T>(body: (disk: Disk) => Promise<T>): Promise<T> =>
    (await make()).run(({ disk }) => body(disk));

  describe(`Disk contract: ${name}`, () => {
    it("reads what was written, synced or not", async () => {
      const seen = await onDisk(async (disk) => {
        await disk.write("a", bytes("one"));
        const unsynced = await read(disk, "a");
        await disk.sync("a");
        return [unsynced, await read(disk, "a")];
      });
      expect(seen).toEqual(["one", "one"]);
    });

    it("keeps every byte, in an empty file and in one of a megabyte", async () => {
      const [empty, large] = await onDisk(async (disk) => {
        const content = new Uint8Array(1_048_577);
        for (let i = 0; i < content.length; i++) content[i] = Math.imul(i, 2_654_435_761) >>> 24;
        await disk.write("empty", new Uint8Array(0));
        await disk.write("large", content);
        const back = await disk.read("large");
        return [
          await disk.read("empty"),
          back !== undefined && back.length === content.length && back.every((byte, i) => byte === content[i]),
        ];
      });
      expect(empty).toEqual(new Uint8Array(0));
      expect(large).toBe(true);
    });

    it("gives the reader bytes of its own, and takes a copy of the writer's", async () => {
      const seen = await onDisk(async (disk) => {
        const mine = bytes("abc");
        const writing = disk.write("a", mine);
        mine[0] = 0x7a;
        await writing;
        const first = await disk.read("a");
        if (first !== undefined) first[1] = 0x7a;
        return read(disk, "a");
      });
      expect(seen).toBe("abc");
    });

    it("replaces the whole file", async () => {
      const seen = await onDisk(async (disk) => {
        await disk.write("a", bytes("a long text"));
        await disk.write("a", bytes("short"));
        return read(disk, "a");
      });
      expect(seen).toBe("short");
    });

    it("has nothing to read of a file that is not there", async () => {
      expect(await onDisk(async (disk) => [await disk.read("a"), await disk.read("no/such/file")])).toEqual([
        undefined,
        undefined,
      ]);
    });

    it("appends in the order of the calls, also of calls that nobody waited for", async () => {
      const seen = await onDisk(async (disk) => {
        const calls: Promise<void>[] = [];
        for (let i = 0; i < 100; i++) calls.push(disk.append("log", bytes(`${String(i)},`)));
        const during = disk.read("log");
        calls.push(disk.append("log", bytes("end")));
        await Promise.all(calls);
        return [textOf(await during), await read(disk, "log")];
      });
      const all = Array.from({ length: 100 }, (_, i) => `${String(i)},`).join("");
      expect(seen).toEqual([all, `${all}end`]);
    });

    it("lets all calls on one file take effect in call order", async () => {
      const seen = await onDisk(async (disk) => {
        const calls = [
          disk.write("a", bytes("0123456789")),
          disk.truncate("a", 4),
          disk.append("a", bytes("x")),
          disk.sync("a"),
          disk.rename("a", "b"),
          disk.append("b", bytes("y")),
          disk.append("a", bytes("new")),
        ];
        const b = disk.read("b");
        await Promise.all(calls);
        return [textOf(await b), await read(disk, "a")];
      });
      expect(seen).toEqual(["0123xy", "new"]);
    });

    it("goes on after a call that failed", async () => {
      const seen = await onDisk(async (disk) => {
        const failed = failure(() => disk.truncate("a", 0));
        const written = disk.append("a", bytes("one"));
        const code = await failed;
        await written;
        return [code, await read(disk, "a")];
      });
      expect(seen).toEqual(["DISK_NOT_FOUND", "one"]);
    });

    it("cuts a file, and appends after the cut", async () => {
      const seen = await onDisk(async (disk) => {
        await disk.write("a", bytes("0123456789"));
        await disk.truncate("a", 10);
        const whole = await read(disk, "a");
        await disk.truncate("a", 3);
        const cut = await read(disk, "a");
        await disk.append("a", bytes("!"));
        const appended = await read(disk, "a");
        await disk.truncate("a", 0);
        return [whole, cut, appended, await read(disk, "a")];
      });
      expect(seen).toEqual(["0123456789", "012", "012!", ""]);
    });

    it("refuses to cut to a length that the file does not have", async () => {
      const seen = await onDisk(async (disk) => {
        await disk.write("a", bytes("123"));
        const results: string[] = [];
        for (const length of [4, -1, 1.5]) results.push(await failure(() => disk.truncate("a", length)));
        return [results.every((result) => result.startsWith("DISK_")), await read(disk, "a")];
      });
      expect(seen).toEqual([true, "123"]);
    });

    it("renames over whatever has the new name", async () => {
      const seen = await onDisk(async (disk) => {
        await disk.write("a", bytes("new"));
        await disk.write("b", bytes("old"));
        await disk.sync("b");
        await disk.rename("a", "b");
        return [await read(disk, "a"), await read(disk, "b"), await disk.list("")];
      });
      expect(seen).toEqual([undefined, "new", ["b"]]);
    });

    it("renames into a directory that is not there yet, and onto itself", async () => {
      const seen = await onDisk(async (disk) => {
        await disk.write("a", bytes("one"));
        await disk.rename("a", "deep/er/b");
        await disk.rename("deep/er/b", "deep/er/b");
        return read(disk, "deep/er/b");
      });
      expect(seen).toBe("one");
    });

    it("removes a file, and does nothing when there is none", async () => {
      const seen = await onDisk(async (disk) => {
        await disk.write("a", bytes("one"));
        await disk.remove("a");
        await disk.remove("a");
        await disk.remove("no/such/file");
        const gone = await read(disk, "a");
        await disk.append("a", bytes("two"));
        return [gone, await read(disk, "a")];
      });
      expect(seen).toEqual([undefined, "two"]);
    });

    it("lists the files of one directory, by code unit, without those of directories in it", async () => {
      const seen = await onDisk(async (disk) => {
        for (const path of ["d/b", "d/a", "d/B", "d/10", "d/9", "d/ä", "d/sub/inner", "other/x", "top"])
          await disk.write(path, bytes("."));
        return [await disk.list("d"), await disk.list("d/sub"), await disk.list(""), await disk.list("none")];
      });
      expect(seen).toEqual([["10", "9", "B", "a", "b", "ä"], ["inner"], ["top"], []]);
    });

    it("lists what was called before it", async () => {
      const seen = await onDisk(async (disk) => {
        const calls = [disk.write("d/a", bytes(".")), disk.write("d/b", bytes(".")), disk.remove("d/a")];
        const listed = await disk.list("d");
        await Promise.all(calls);
        return listed;
      });
      expect(seen).toEqual(["b"]);
    });

    it("syncs files and directories, at any depth, also when nothing is left in them", async () => {
      const seen = await onDisk(async (disk) => {
        await disk.write("d/e/a", bytes("one"));
        await disk.sync("d/e/a");
        await disk.sync("d/e/a");
        await disk.syncDirectory("d/e");
        await disk.syncDirectory("");
        await disk.remove("d/e/a");
        await disk.syncDirectory("d/e");
        return disk.list("d/e");
      });
      expect(seen).toEqual([]);
    });

    it("says that a file is not there when it is to be cut, renamed or synced", async () => {
      const seen = await onDisk(async (disk) => [
        await failure(() => disk.truncate("a", 0)),
        await failure(() => disk.rename("a", "b")),
        await failure(() => disk.sync("a")),
      ]);
      expect(seen).toEqual(["DISK_NOT_FOUND", "DISK_NOT_FOUND", "DISK_NOT_FOUND"]);
    });

    it("rejects a path that is absolute, empty, or leaves the disk", async () => {
      const paths = ["", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/./b"];
      const seen = await onDisk(async (disk) => {
        const codes: string[] = [];
        for (const path of paths) {
          codes.push(await failure(() => disk.read(path)));
          codes.push(await failure(() => disk.write(path, bytes("."))));
          codes.push(await failure(() => disk.append(path, bytes("."))));
          codes.push(await failure(() => disk.rename("ok", path)));
          codes.push(await failure(() => disk.remove(path)));
          codes.push(await failure(() => disk.sync(path)));
          if (path !== "")
            codes.push(await failure(() => disk.list(path)), await failure(() => disk.syncDirectory(path)));
        }
        return codes;
      });
      expect([...new Set(seen)]).toEqual(["DISK_PATH"]);
    });

    it("names the operation and the path in its errors", async () => {
      const facts = await onDisk(async (disk) => {
        try {
          await disk.sync("some/file");
          return undefined;
        } catch (error) {
          return (error as DiskError).facts;
        }
      });
      expect(facts).toEqual({ operation: "sync", path: "some/file" });
    });

    it.skipIf(typeof small === "string")(
      `says that bytes do not fit, leaves the file as it was, and goes on with what fits${typeof small === "string" ? ` (not here: ${small})` : ""}`,
      async () => {
        const world = await (small as MakeWorld)();
        const large = new Uint8Array(SMALL_DISK_BYTES * 0.625).fill(120);
        const seen = await world.run(async ({ disk }) => {
          await disk.append("log", large);
          await disk.sync("log");
          const codes = [
            await failure(() => disk.append("log", large)),
            await failure(() => disk.write("other", new Uint8Array(SMALL_DISK_BYTES + 1))),
          ];
          await disk.remove("other");
          const kept = (await disk.read("log"))?.length;
          await disk.append("log", bytes("fits"));
          await disk.sync("log");
          const grown = (await disk.read("log"))?.length;
          await disk.remove("log");
          await disk.write("other", large);
          await disk.sync("other");
          return [codes, kept, grown];
        });
        expect(seen).toEqual([["DISK_FULL", "DISK_FULL"], large.length, large.length + 4]);
      },
    );

    it("never syncs a file again of which a sync failed, until it is written anew; others it syncs", async () => {
      const seen = await (
        await make()
      ).run(async ({ disk }, control) => {
        const end = await control.failSyncs?.("broken");
        await disk.append("broken", bytes("x"));
        const codes = [await failure(() => disk.sync("broken"))];
        end?.();
        await disk.append("broken", bytes("y"));
        codes.push(await failure(() => disk.sync("broken")));
        await disk.rename("broken", "renamed");
        codes.push(await failure(() => disk.sync("renamed")));
        await disk.write("other", bytes("z"));
        codes.push(await failure(() => disk.sync("other")));
        await disk.remove("renamed");
        await disk.write("renamed", bytes("z"));
        codes.push(await failure(() => disk.sync("renamed")));
        return codes;
      });
      expect(seen).toEqual(["DISK_IO", "DISK_IO", "DISK_IO", "no error", "no error"]);
    });

    it("does what a map of texts does, for any calls at once on a few files", async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(anyCall, { minLength: 1, maxLength: 25 }), async (calls) => {
          const seen = await onDisk((disk) => Promise.all(calls.map((call) => outcomeOf(disk, call))));
          const model = new Map<string, string>();
          expect(seen).toEqual(calls.map((call) => expectedOf(model, call)));
        }),
        { numRuns: 60 },
      );
    });
  });
}

type Call =
  | { readonly does: "write" | "append"; readonly path: string; readonly text: string }
  | { readonly does: "truncate"; readonly path: string; readonly length: number }
  | { readonly does: "rename"; readonly path: string; readonly to: string }
  | { readonly does: "remove" | "read" | "sync"; readonly path: string };

const anyPath = fc.constantFrom("a", "b", "d/c");
const anyCall: fc.Arbitrary<Call> = fc.oneof(
  fc.record({
    does: fc.constantFrom("write", "append"),
    path: anyPath,
    text: fc.constantFrom("", "x", "yz", "0123456789"),
  }),
  fc.record({ does: fc.constant("truncate"), path: anyPath, length: fc.nat(12) }),
  fc.record({ does: fc.constant("rename"), path: anyPath, to: anyPath }),
  fc.record({ does: fc.constantFrom("remove", "read", "sync"), path: anyPath }),
);

async function outcomeOf(disk: Disk, call: Call): Promise<string> {
  try {
    switch (call.does) {
      case "read":
        return (await read(disk, call.path)) ?? "nothing";
      case "write":
      case "append":
        await disk[call.does](call.path, bytes(call.text));
        break;
      case "truncate":
        await disk.truncate(call.path, call.length);
        break;
      case "rename":
        await disk.rename(call.path, call.to);
        break;
      case "remove":
      case "sync":
        await disk[call.does](call.path);
        break;
    }
    return "done";
  } catch (error) {
    // Which code a length out of range has is not promised.
    if (!(error instanceof DiskError)) throw error;
    return call.does === "truncate" && error.code !== "DISK_NOT_FOUND" ? "too long" : error.code;
  }
}

function expectedOf(files: Map<string, string>, call: Call): string {
  const before = files.get(call.path);
  switch (call.does) {
    case "read":
      return before ?? "nothing";
    case "write":
      files.set(call.path, call.text);
      return "done";
    case "append":
      files.set(call.path, (before ?? "") + call.text);
      return "done";
    case "remove":
      files.delete(call.path);
      return "done";
    case "sync":
      return before === undefined ? "DISK_NOT_FOUND" : "done";
    case "truncate":
      if (before === undefined) return "DISK_NOT_FOUND";
      if (call.length > before.length) return "too long";
      files.set(call.path, before.slice(0, call.length));
      return "done";
    case "rename":
      if (before === undefined) return "DISK_NOT_FOUND";
      files.delete(call.path);
      files.set(call.to, before);
      return "done";
  }
}
