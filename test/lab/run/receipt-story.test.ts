import { describe, expect, it } from "vitest";
import { ReceiptStory } from "../../../src/lab/run/receipt-story.ts";
import { TraceWriter } from "../../../src/trace/trace-writer.ts";

const SECOND = 1_000_000;

interface Told {
  /** `seconds text`. */
  readonly lines: string[];
  /** `name: value`, with `!` before what is not as it should be. */
  readonly figures: string[];
}

/** What is told of a run: the methods write its records at a moment, in seconds. */
class Run {
  readonly #story: ReceiptStory;
  readonly #trace: TraceWriter;

  constructor(options: { hasOneBuffer?: boolean } = {}) {
    this.#story = new ReceiptStory({ hasOneBuffer: options.hasOneBuffer ?? true });
    this.#trace = new TraceWriter({ keep: false, listeners: [this.#story] });
  }
  at(seconds: number): TraceWriter {
    this.#trace.time = Math.floor(seconds * SECOND);
    return this.#trace;
  }
  create(seconds: number, pos: string, ...ids: string[]): this {
    for (const id of ids) this.at(seconds).point(0, pos, "receipt.create", { id, pos, hlc: `${id}-${pos}` });
    return this;
  }
  attempt(seconds: number, by: string, key: string, fencing = "1"): this {
    this.at(seconds).point(0, "ofd1", "ofd.attempt", { key, pos: by, fencing, by, mode: "success" });
    return this;
  }
  accept(seconds: number, pos: string, ...keys: string[]): this {
    for (const key of keys) this.at(seconds).point(0, "ofd1", "ofd.accept", this.#accepted(pos, key));
    return this;
  }
  recover(seconds: number, pos: string, key: string): this {
    this.at(seconds).point(0, "ofd1", "ofd.recover", this.#accepted(pos, key));
    return this;
  }
  #accepted(pos: string, key: string) {
    return { key, pos, fencing: "1", receiptHlc: `${key}-${pos}`, by: pos, number: 1, hash: 7 };
  }
  dead(seconds: number, pos: string, id: string, retries: number): this {
    this.at(seconds).point(0, pos, "sync.dead", { id, pos, retries });
    return this;
  }
  trigger(seconds: number, node: string, by = "manual"): this {
    this.at(seconds).point(0, node, "sync.trigger", { by });
    return this;
  }
  done(seconds: number, node: string, result: string, synced = 0, by = "manual"): this {
    this.at(seconds).point(0, node, "sync.done", { by, result, synced, failures: 0 });
    return this;
  }
  lock(seconds: number, node: string, value: string, fields: Record<string, string> = {}): this {
    this.at(seconds).state(0, node, "lock>sync", value, fields);
    return this;
  }
  breaker(seconds: number, node: string, value: string, reason: string): this {
    const at = this.at(seconds);
    if (reason === "created")
      at.point(0, node, "breaker.config", { name: "ofd", failureThreshold: 5, successThreshold: 2 });
    at.state(0, node, "breaker>ofd", value, { generation: seconds, reason, isManual: false });
    return this;
  }
  stamp(seconds: number, node: string, stamp: string): this {
    this.at(seconds).point(0, node, "hlc", { stamp, ms: 1, counter: 0, via: "now", wallMs: 1 });
    return this;
  }
  told(end = 60): Told {
    const { story, summary } = this.#story.finish(end * SECOND);
    return {
      lines: story.map(({ time, text }) => `${String(time / SECOND)} ${text}`),
      figures: summary.map(({ name, value, isGood }) => `${isGood ? "" : "!"}${name}: ${value}`),
    };
  }
}

describe("the story of receipts", () => {
  it("is silent about a run without receipts", () => {
    expect(new Run().trigger(1, "pos1").done(2, "pos1", "drained").told()).toEqual({ lines: [], figures: [] });
  });

  it("tells who sends how many under which token, once until another does", () => {
    const run = new Run().create(1, "pos1", "a", "b").create(1, "pos2", "c");
    run.attempt(2, "pos1", "a", "5").accept(2, "pos1", "a").attempt(3, "pos1", "b", "6");
    run.attempt(4, "pos2", "b", "7").accept(4, "pos1", "b").accept(4, "pos2", "c");
    expect(run.told().lines).toEqual([
      "2 pos1 holds the lock and sends the 3 receipts that wait, from a on (token 5).",
      "4 pos2 holds the lock and sends the 2 receipts that wait, from b on (token 7).",
      "4 The OFD has all 3 receipts.",
    ]);
  });

  it("counts an adapter's own receipts alone where each has its own buffer", () => {
    const run = new Run({ hasOneBuffer: false }).create(1, "pos1", "a", "b").create(1, "pos2", "c");
    run.attempt(2, "pos2", "c");
    expect(run.told().lines[0]).toBe(
      "2 pos2 holds the lock and sends the one receipt that waits, from c on (token 1).",
    );
  });

  it("counts what is sent again though the OFD has it, and neither what it has besides nor what was given up", () => {
    const run = new Run().create(1, "pos1", "a", "b", "c", "d").attempt(2, "pos1", "a").accept(2, "pos1", "a", "b");
    run.dead(3, "pos1", "c", 20).attempt(4, "pos2", "a", "2");
    expect(run.told().lines).toContain(
      "4 pos2 holds the lock and sends the 2 receipts that wait, from a on (token 2).",
    );
  });

  it("does not take a sender with an older token for a new one", () => {
    const run = new Run().create(1, "pos1", "a").attempt(2, "pos2", "a", "9").attempt(3, "pos1", "a", "8");
    run.accept(4, "pos1", "a");
    expect(run.told().lines).toEqual([
      "2 pos2 holds the lock and sends the one receipt that waits, from a on (token 9).",
      "4 The OFD has the one receipt.",
    ]);
  });

  it("reads a token as the epoch of its server and the number in it", () => {
    const token = ((2n << 32n) + 3n).toString();
    const run = new Run().create(1, "pos1", "a").attempt(2, "pos1", "a", token);
    run.at(3).point(0, "ofd1", "ofd.refuse", {
      ...{ key: "a", fencing: "17", by: "pos2", reason: "OFD_STALE_TOKEN", largest: token },
    });
    const { lines, figures } = run.told();
    expect(lines.slice(0, 2)).toEqual([
      "2 pos1 holds the lock and sends the one receipt that waits, from a on (token 2.3).",
      "3 The OFD refuses a from pos2: its token 17 is smaller than 2.3.",
    ]);
    expect(figures).toContain("OFD received: 0 in 1 attempts, 1 refused by token");
  });

  it("tells who lost the lock and why, and not who gave it back", () => {
    const run = new Run().create(1, "pos1", "a").accept(1, "pos1", "a");
    run.lock(2, "pos1", "held").lock(3, "pos1", "free", { reason: "released" });
    run.lock(4, "pos1", "held").lock(5, "pos1", "free", { reason: "expired" });
    run.lock(6, "pos2", "held").lock(7, "pos2", "free", { reason: "taken" });
    expect(run.told().lines.slice(1)).toEqual([
      "5 pos1 loses the lock: it could not be extended in time.",
      "7 pos2 loses the lock: its server gave it to somebody else.",
    ]);
  });

  it("tells once that a node cannot ask for the lock, and again after it could", () => {
    const run = new Run().create(1, "pos1", "a").accept(1, "pos1", "a");
    const away = (seconds: number): void => void run.at(seconds).point(0, "pos1", "lock.unavailable", { key: "sync" });
    away(2);
    away(3);
    run.lock(4, "pos1", "held");
    away(5);
    expect(run.told().lines.slice(1)).toEqual([
      "2 pos1 cannot ask Redis for the lock, so it sends nothing.",
      "5 pos1 cannot ask Redis for the lock, so it sends nothing.",
    ]);
  });

  it("ends with what never reached the OFD, at the end of the run", () => {
    const run = new Run().create(1, "pos1", "a", "b", "c").accept(2, "pos1", "b");
    const { lines, figures } = run.told(90);
    expect(lines).toEqual(["90 2 of 3 receipts never reached the OFD in 90s: a and c."]);
    expect(figures).toContain("!receipts synced: 1, 2 still pending");
  });

  it("says what was given up instead of that the OFD has all", () => {
    const run = new Run().create(1, "pos1", "a", "b").accept(2, "pos1", "b").dead(3, "pos1", "a", 20);
    const { lines, figures } = run.told();
    expect(lines).toEqual(["3 pos1 gives a up after 20 attempts.", "3 The OFD has 1 receipt; a was given up."]);
    expect(figures).toEqual(expect.arrayContaining(["receipts synced: 1", "!given up: 1"]));
  });

  it("counts a receipt that was given up although the OFD has it once", () => {
    const run = new Run().create(1, "pos1", "a", "b").accept(2, "pos1", "a", "b").dead(3, "pos1", "a", 20);
    const { lines, figures } = run.told();
    expect(lines[0]).toBe("2 The OFD has all 2 receipts.");
    expect(figures).toEqual(
      expect.arrayContaining(["receipts synced: 2", "!given up: 1, 1 of them accepted", "duplicates: 0"]),
    );
  });

  it("takes what an OFD reads back after a restart for accepted, once", () => {
    const run = new Run().create(1, "pos1", "a", "b").accept(2, "pos1", "a");
    run.recover(3, "pos1", "a").recover(3, "pos1", "b");
    const { lines, figures } = run.told();
    expect(lines).toEqual(["3 The OFD has all 2 receipts."]);
    expect(figures).toContain("duplicates: 0");
  });

  it("tells a few of one sort of line, and counts all", () => {
    const run = new Run().create(1, "pos1", "a").accept(1, "pos1", "a");
    for (let i = 2; i < 12; i++) run.at(i).point(0, "ofd1", "ofd.replay", { key: "a", by: "pos1" });
    const { lines, figures } = run.told();
    expect(lines.filter((line) => line.includes("already"))).toHaveLength(4);
    expect(lines[1]).toBe("2 The OFD has a already and gives pos1 its first answer again.");
    expect(figures).toContain("OFD received: 1 in 0 attempts, 10 answered again");
  });
});

describe("manual syncs in the story", () => {
  const make = (): Run => new Run().create(0, "pos1", "a").accept(0, "pos1", "a");

  it("that are asked for at once are one line, with how many found the lock taken", () => {
    const run = make().trigger(1, "pos1").trigger(1.05, "pos2").trigger(1.1, "pos3");
    run.done(1.2, "pos2", "skipped").done(1.2, "pos3", "skipped").done(1.5, "pos1", "drained", 3);
    const { lines, figures } = run.told();
    expect(lines.slice(1)).toEqual([
      "1 3 manual syncs at once at pos1, pos2 and pos3; 2 find the lock taken and send nothing.",
    ]);
    expect(figures).toContain("manual syncs: 3: 1 ran, 2 found the lock taken");
  });

  it("that come later are a line of their own", () => {
    const run = make().trigger(1, "pos1").trigger(1.2, "pos2");
    expect(run.told().lines.slice(1)).toEqual(["1 A manual sync at pos1.", "1.2 A manual sync at pos2."]);
  });

  it.each([
    ["drained", 0, "A manual sync at pos1 finds nothing to send."],
    ["drained", 4, "A manual sync at pos1 sends 4."],
    ["failed", 0, "A manual sync at pos1: the OFD fails."],
    ["failed", 2, "A manual sync at pos1 sends 2, then the OFD fails."],
    ["breaker-open", 0, "A manual sync at pos1: the breaker lets nothing through."],
    ["unavailable", 0, "A manual sync at pos1: the lock cannot be asked for."],
    ["skipped", 0, "A manual sync at pos1 finds the lock taken."],
    ["lock-lost", 1, "A manual sync at pos1 ends without all being sent."],
    ["buffer-error", 1, "A manual sync at pos1 ends without all being sent."],
  ])("that end %s after %i receipts say so", (result, synced, text) => {
    expect(make().trigger(1, "pos1").done(2, "pos1", result, synced).told().lines[1]).toBe(`1 ${text}`);
  });

  it("are not those of the timer", () => {
    const run = make().trigger(1, "pos1", "timer").done(1, "pos1", "skipped", 0, "timer");
    const { lines, figures } = run.told();
    expect(lines).toHaveLength(1);
    expect(figures.join()).not.toContain("manual syncs");
  });
});

describe("a breaker in the story", () => {
  it("opens, is half-open, opens again, closes: each told with its number, and as a path", () => {
    const run = new Run().create(0, "pos1", "a").accept(0, "pos1", "a").breaker(0, "pos1", "closed", "created");
    run.breaker(1, "pos1", "open", "failures").breaker(61, "pos1", "half-open", "recovery-timeout");
    run.breaker(62, "pos1", "open", "probe-failed").breaker(122, "pos1", "half-open", "recovery-timeout");
    run.breaker(123, "pos1", "closed", "recovered");
    const { lines, figures } = run.told();
    expect(lines.slice(1)).toEqual([
      "1 pos1's breaker opens after 5 failed calls in a row.",
      "61 pos1's breaker is half-open: the next call is a probe.",
      "62 pos1's breaker opens again: the probe failed.",
      "122 pos1's breaker is half-open: the next call is a probe.",
      "123 pos1's breaker closes after 2 successes.",
    ]);
    expect(figures).toContain(
      "breaker of pos1: closed → open (5 failures) → half-open → open (probe failed) → half-open → closed (2 successes)",
    );
  });

  it("is new after a restart of its process", () => {
    const run = new Run().create(0, "pos1", "a").breaker(0, "pos1", "closed", "created");
    run.breaker(1, "pos1", "open", "failures").breaker(2, "pos1", "closed", "created");
    run.breaker(3, "pos1", "open", "forced");
    expect(run.told().figures).toContain(
      "breaker of pos1: closed → open (5 failures) → (restart) closed → open (by hand)",
    );
  });

  it("that never changed is not told, restarted or not", () => {
    const run = new Run().create(0, "pos1", "a").breaker(0, "pos1", "closed", "created");
    run.breaker(1, "pos1", "closed", "created");
    expect(run.told().figures.join()).not.toContain("breaker");
  });

  it("that changes all the time is told twelve changes, and how many more there were", () => {
    const run = new Run().create(0, "pos1", "a").breaker(0, "pos1", "closed", "created");
    for (let i = 1; i <= 20; i++) run.breaker(i, "pos1", i % 2 === 1 ? "open" : "closed", "forced");
    const { lines, figures } = run.told();
    expect(lines.filter((line) => line.includes("breaker"))).toHaveLength(12);
    expect(figures.find((line) => line.includes("breaker"))).toMatch(/ … 8 more$/);
  });
});

describe("the figures of a run of receipts", () => {
  it("show a duplicate, whoever it is of", () => {
    const run = new Run().create(1, "pos1", "a").accept(2, "pos1", "a").accept(3, "pos1", "a");
    expect(run.told().figures).toEqual(
      expect.arrayContaining(["receipts synced: 1", "OFD received: 2 in 0 attempts", "!duplicates: 1"]),
    );
  });

  it("show a till whose receipts arrived out of order, each till by itself", () => {
    const order = (first: string, second: string): string[] =>
      new Run().create(1, "pos1", "a", "b").accept(2, "pos1", first).accept(3, "pos1", second).told().figures;
    expect(order("a", "b")).toContain("order preserved: yes, at the OFD for every till");
    expect(order("b", "a")).toContain("!order preserved: no");
    const two = new Run().create(1, "pos1", "b").create(1, "pos2", "a").accept(2, "pos1", "b").accept(3, "pos2", "a");
    expect(two.told().figures).toContain("order preserved: yes, at the OFD for every till");
  });

  it("show a clock that gave a stamp twice or went back, each node by itself", () => {
    const stamped = (...stamps: [string, string][]): string => {
      const run = new Run().create(0, "pos1", "a");
      for (const [i, [node, stamp]] of stamps.entries()) run.stamp(i, node, stamp);
      return run.told().figures.find((line) => line.includes("HLC")) ?? "";
    };
    expect(stamped(["pos1", "1"], ["pos2", "1"], ["pos1", "2"])).toBe("HLC monotonic: yes, 3 stamps on 2 nodes");
    expect(stamped(["pos1", "1"], ["pos1", "1"])).toBe("!HLC monotonic: no, 2 stamps on 1 node");
    expect(stamped(["pos1", "2"], ["pos1", "1"])).toBe("!HLC monotonic: no, 2 stamps on 1 node");
  });
});
