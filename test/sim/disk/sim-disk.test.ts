import { describe, expect, it } from "vitest";
import { DiskError } from "../../../src/system/ports/errors.ts";
import { bytes, DiskBench, textOf } from "./disk-bench.ts";

describe("latencies of a disk", () => {
  it("completes after its latency, and a file's operations in call order", async () => {
    const bench = new DiskBench();
    const done: string[] = [];
    const note = (name: string) => (): void => void done.push(`${name} ${String(bench.trace.time)}`);
    void bench.disk.append("a", bytes("x")).then(note("append"));
    void bench.disk.sync("a").then(note("sync"));
    void bench.disk.append("a", bytes("y")).then(note("second append"));
    void bench.disk.append("b", bytes("y")).then(note("other file"));
    await bench.advance(10_000);
    expect(done).toEqual(["append 100", "other file 100", "sync 2000", "second append 2000"]);
  });

  it("shows what was written to whoever reads after the call, before it completed", async () => {
    const bench = new DiskBench();
    void bench.disk.append("a", bytes("x"));
    const read = bench.disk.read("a");
    void bench.disk.append("a", bytes("y"));
    expect(textOf(await bench.do(read))).toBe("x");
  });

  it("draws the same latencies whatever fault acts", async () => {
    const took = async (slow: boolean): Promise<unknown[]> => {
      const bench = new DiskBench("7", { syncLatency: { uniform: { min: 100, max: 9_000 } } });
      if (slow) bench.disk.addEffect({ fault: "f", slowOpBy: 5, touch: () => undefined });
      await bench.do(bench.disk.write("a", bytes("")));
      for (let i = 0; i < 5; i++) await bench.do(bench.disk.sync("a"));
      return bench.points("disk.sync").map((point) => point["tookUs"]);
    };
    expect(await took(true)).toEqual(await took(false));
  });
});

describe("effects on a disk", () => {
  it("slows syncs or operations, counts each, and leaves no trace", async () => {
    const bench = new DiskBench();
    let touched = 0;
    const touch = (): void => {
      touched++;
    };
    await bench.do(bench.disk.write("a", bytes("x")));
    const endSync = bench.disk.addEffect({ fault: "f", slowSyncBy: 3_000_000, touch });
    const endOp = bench.disk.addEffect({ fault: "g", slowOpBy: 50, touch });
    await bench.do(bench.disk.sync("a"));
    await bench.do(bench.disk.syncDirectory(""));
    expect(touched).toBe(2);
    const before = bench.trace.time;
    await bench.do(bench.disk.append("a", bytes("y")));
    expect([touched, bench.trace.time - before]).toEqual([3, 150]);
    endSync();
    endSync();
    endOp();
    await bench.do(bench.disk.sync("a"));
    expect(touched).toBe(3);
    expect(bench.points("disk.sync").map((point) => point["tookUs"])).toEqual([3_002_000, 2_000]);
    expect(bench.points("disk.sync-dir").map((point) => point["tookUs"])).toEqual([3_002_000]);
  });
});

describe("records of a disk", () => {
  it("records writes and names when they are called, syncs when they complete", async () => {
    const bench = new DiskBench();
    void bench.disk.write("d/a", bytes("xyz"));
    void bench.disk.sync("d/a");
    void bench.disk.append("d/a", bytes("!"));
    void bench.disk.rename("d/a", "d/b");
    void bench.disk.syncDirectory("d");
    void bench.disk.remove("d/b");
    await bench.advance(10_000);
    const all = ["write", "sync", "rename", "sync-dir", "remove"].map((name) => bench.points(`disk.${name}`));
    expect(all).toEqual([
      [{ at: 0, path: "d/a", bytes: 3 }],
      [{ at: 2_000, path: "d/a", bytes: 3, tookUs: 2_000 }],
      [{ at: 0, from: "d/a", to: "d/b" }],
      [{ at: 2_000, path: "d", tookUs: 2_000 }],
      [{ at: 0, path: "d/b" }],
    ]);
  });

  it("records an operation that failed", async () => {
    const bench = new DiskBench();
    await expect(bench.do(bench.disk.sync("nope"))).rejects.toThrow(DiskError);
    expect(bench.points("disk.error")).toEqual([{ at: 0, operation: "sync", path: "nope", code: "DISK_NOT_FOUND" }]);
  });
});

describe("a disk of limited size", () => {
  it("is full when all files together would be larger, and takes again what became free", async () => {
    const bench = new DiskBench("1", { capacityBytes: 10 });
    await bench.do(bench.disk.write("a", bytes("123456")));
    await bench.do(bench.disk.write("b", bytes("1234")));
    await expect(bench.do(bench.disk.append("a", bytes("7")))).rejects.toThrow("DISK_FULL");
    expect(await bench.read("a")).toBe("123456");
    await bench.do(bench.disk.truncate("a", 5));
    await bench.do(bench.disk.append("b", bytes("5")));
    await bench.do(bench.disk.rename("a", "b"));
    await bench.do(bench.disk.write("c", bytes("54321")));
    await expect(bench.do(bench.disk.append("c", bytes("0")))).rejects.toThrow("DISK_FULL");
    await bench.do(bench.disk.remove("c"));
    await bench.do(bench.disk.append("b", bytes("67890")));
    expect(await bench.content()).toBe("b=1234567890");
  });

  it("counts anew after a power loss", async () => {
    const bench = new DiskBench("1", { capacityBytes: 4 });
    await bench.do(bench.disk.write("a", bytes("1234")));
    bench.disk.powerLoss({ loseUnsynced: true, tornWrites: false, orderFree: false });
    const left = ((await bench.read("a")) ?? "").length;
    await bench.do(bench.disk.append("a", bytes("x".repeat(4 - left))));
    await expect(bench.do(bench.disk.append("a", bytes("y")))).rejects.toThrow("DISK_FULL");
  });
});

describe("a name", () => {
  it("is not a file and a directory at once", async () => {
    const bench = new DiskBench();
    await bench.do(bench.disk.write("a/b", bytes("")));
    await bench.do(bench.disk.write("c", bytes("")));
    await expect(bench.do(bench.disk.write("a", bytes("")))).rejects.toThrow(DiskError);
    await expect(bench.do(bench.disk.write("c/d", bytes("")))).rejects.toThrow(DiskError);
    await expect(bench.do(bench.disk.rename("c", "a"))).rejects.toThrow(DiskError);
  });
});
