import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FileWatch } from "../../../src/cli/watch/file-watch.ts";
import { filesBehind } from "../../../src/cli/watch/files-behind.ts";
import { onKeys } from "../../../src/cli/watch/keys.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "faultline-watch-"));
});
afterEach(() => rmSync(root, { recursive: true }));

function write(path: string, text: string): string {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

describe("what a scenario is made of", () => {
  it("is every file it names, however it does, and what those name", () => {
    const main = write(
      "main.ts",
      `import { a } from "./a.ts"; import b from '../${root.split("/").at(-1) ?? ""}/deep/b'; export * from "./deep";
       const c = await import(\`./c.mjs\`); readFileSync(new URL("./table.csv", import.meta.url)); import "faultline"; import "./gone.ts";`,
    );
    const others = [
      write("a.ts", 'import "./main.ts"; import data from "./data.json";'),
      write("deep/b.ts", ""),
      write("deep/index.ts", 'import "./last.js";'),
      write("deep/last.js", ""),
      write("c.mjs", ""),
      write("table.csv", '"./unread.ts"'),
      write("data.json", "{}"),
    ];
    write("unread.ts", "");
    expect(filesBehind([main]).toSorted()).toEqual([main, ...others].toSorted());
  });

  it("is itself, for data and for what is not there", () => {
    const file = write("one.yaml", 'about: "./main.ts"');
    write("main.ts", "");
    expect(filesBehind([file, join(root, "gone.ts")]).toSorted()).toEqual([join(root, "gone.ts"), file]);
  });
});

/** A machine on which events and the time after them happen when the test says so. */
class Machine {
  readonly folders = new Map<string, () => void>();
  #pending: (() => void)[] = [];
  changes = 0;

  watch(list: () => readonly string[]): FileWatch {
    return new FileWatch(list, () => this.changes++, {
      watchFolder: (folder, onEvent) => {
        this.folders.set(folder, onEvent);
        return { close: () => this.folders.delete(folder) };
      },
      later: (callback) => {
        this.#pending.push(callback);
        return () => {
          this.#pending = this.#pending.filter((one) => one !== callback);
        };
      },
    });
  }

  event(folder: string): void {
    this.folders.get(folder)?.();
  }

  /** How many times somebody wakes up when it has been quiet for long. */
  quiet(): number {
    const due = this.#pending;
    this.#pending = [];
    for (const callback of due) callback();
    return due.length;
  }
}

describe("a watch", () => {
  it("tells once of many events, when all is quiet", () => {
    const machine = new Machine();
    const file = write("one.yaml", "1");
    machine.watch(() => [file]).begin();
    write("one.yaml", "2");
    for (let i = 0; i < 5; i++) machine.event(root);
    expect(machine.changes).toBe(0);
    expect(machine.quiet()).toBe(1);
    expect(machine.changes).toBe(1);
  });

  it("does not tell of events that change nothing", () => {
    const machine = new Machine();
    const file = write("one.yaml", "1");
    machine.watch(() => [file]).begin();
    write("one.yaml", "1");
    write("neighbour.yaml", "1");
    machine.event(root);
    expect(machine.quiet()).toBe(1);
    expect(machine.changes).toBe(0);
  });

  it("tells of a file that is replaced, that goes, and that comes", () => {
    const machine = new Machine();
    const files = [write("one.yaml", "1")];
    const watch = machine.watch(() => files);
    const tells = (change: () => void): void => {
      const before = machine.changes;
      watch.begin();
      change();
      machine.event(root);
      machine.quiet();
      expect(machine.changes).toBe(before + 1);
    };
    tells(() => renameSync(write("one.yaml.tmp", "2"), join(root, "one.yaml")));
    tells(() => rmSync(join(root, "one.yaml")));
    tells(() => write("one.yaml", "2"));
    tells(() => files.push(write("two.yaml", "1")));
  });

  it("watches the folders of its files as they are now, and none after its end", () => {
    const machine = new Machine();
    let files = [write("a/one.yaml", "1"), write("b/two.yaml", "1")];
    const watch = machine.watch(() => files);
    expect(watch.begin()).toBe(2);
    expect([...machine.folders.keys()]).toEqual([join(root, "a"), join(root, "b")]);
    files = [write("b/two.yaml", "2"), write("c/three.yaml", "1")];
    watch.begin();
    expect([...machine.folders.keys()]).toEqual([join(root, "b"), join(root, "c")]);
    machine.event(join(root, "c"));
    watch.close();
    expect(machine.folders.size).toBe(0);
    expect(machine.quiet()).toBe(0);
  });
});

describe("keys", () => {
  const press = (input: PassThrough, keys: string): string[] => {
    const heard: string[] = [];
    const release = onKeys(input, {
      quit: () => heard.push("quit"),
      again: () => heard.push("again"),
      interrupt: () => heard.push("interrupt"),
    });
    input.emit("data", Buffer.from(keys));
    release();
    input.emit("data", Buffer.from(keys));
    return heard;
  };

  it("of a terminal are heard until it is given back", () => {
    const modes: boolean[] = [];
    const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: (isRaw: boolean) => modes.push(isRaw) });
    expect(press(input, "xq\rr\u0003")).toEqual(["quit", "again", "again", "interrupt"]);
    expect(modes).toEqual([true, false]);
  });

  it("of anything else are not", () => {
    expect(press(new PassThrough(), "q")).toEqual([]);
  });
});
