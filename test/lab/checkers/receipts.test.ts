import { describe, expect, it } from "vitest";
import type { RunFacts } from "../../../src/lab/checkers/facts.ts";
import { CATALOGUE } from "../../../src/lab/checkers/catalogue.ts";
import { CheckerSet } from "../../../src/lab/checkers/checker-set.ts";
import type { Message, Plain } from "../../../src/trace/plain.ts";
import type { RecordId } from "../../../src/trace/record.ts";
import { TraceWriter } from "../../../src/trace/trace-writer.ts";
import type { Verdict, Violation } from "../../../src/trace/verdict.ts";
import { Scene } from "./scene.ts";

interface Options {
  readonly tills?: number;
  readonly config?: Plain;
  readonly bounds?: RunFacts["bounds"];
  readonly network?: RunFacts["network"];
}

/** Tills `pos1` …, one Redis, one OFD, in the words of docs/records.md. */
class ReceiptScene {
  readonly trace: TraceWriter;
  readonly #checkers: CheckerSet;
  #number = 0;

  constructor(check: string, options: Options = {}) {
    const tills = Array.from({ length: options.tills ?? 1 }, (_, i) => `pos${String(i + 1)}`);
    const programs = {
      ...Object.fromEntries(tills.map((till) => [till, "pos-adapter"])),
      redis1: "redis",
      ofd1: "ofd",
    };
    const nodes = Object.entries(programs).map(([id, program]) => ({
      ...{ id, program, role: "node" as const },
      config: program === "pos-adapter" ? (options.config ?? {}) : {},
    }));
    const run: RunFacts = {
      nodes,
      faults: [],
      endTime: 600_000_000,
      bounds: options.bounds ?? {},
      ...(options.network === undefined ? {} : { network: options.network }),
    };
    this.#checkers = new CheckerSet({ run, checks: [check], catalogue: CATALOGUE });
    this.trace = new TraceWriter({ keep: false, listeners: this.#checkers.listeners });
    for (const { id } of nodes) this.process(id, "up", "start");
    this.ofd("success");
  }

  at(ms: number): this {
    this.trace.time = ms * 1_000;
    return this;
  }
  process(node: string, value: "up" | "down" | "paused", reason: string): this {
    this.trace.state(1, node, "process", value, { incarnation: 1, reason });
    return this;
  }
  restart(node: string): this {
    return this.process(node, "down", "crash").process(node, "up", "restart");
  }
  links(a: string, b: string, value: "up" | "cut"): this {
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const)
      this.trace.state(1, from, `link>${to}`, value, { fault: "cut" });
    return this;
  }
  fault(phase: "start" | "stop", kind: string, spec: object = {}): this {
    const fields = { kind, spec: JSON.stringify({ kind, ...spec }), groups: '[["ofd1"]]', roles: "{}" };
    this.trace.fault(phase, kind, phase === "start" ? fields : { touched: 1 });
    return this;
  }
  ofd(mode: string): this {
    this.trace.state(0, "ofd1", "ofd", mode, mode === "slow" ? { byMs: 200 } : {});
    return this;
  }
  create(id: string, hlc: string, pos = "pos1"): RecordId {
    return this.trace.point(0, pos, "receipt.create", { id, pos, hlc });
  }
  status(id: string, from: string, to: string, claim = from === "" ? "" : "1", node = "pos1"): RecordId {
    return this.trace.point(0, node, "receipt.status", { id, pos: "pos1", from, to, claim, retries: 0 });
  }
  recover(id: string, status: string, node = "pos1"): RecordId {
    return this.trace.point(0, node, "receipt.recover", { id, pos: "pos1", status, claim: "1", retries: 0 });
  }
  /** Stored, and acknowledged. */
  store(id: string, hlc = `0-${id}`): this {
    this.status(id, "", "pending");
    this.create(id, hlc);
    return this;
  }
  accept(id: string, hlc = `0-${id}`, more: object = {}): RecordId {
    const fields = { key: id, pos: "pos1", fencing: "1", receiptHlc: hlc, by: "pos1", number: ++this.#number, hash: 1 };
    return this.trace.point(0, "ofd1", "ofd.accept", { ...fields, ...more });
  }
  recoverAccepted(id: string, number: number): RecordId {
    const fields = { key: id, pos: "pos1", fencing: "1", receiptHlc: `0-${id}`, number, hash: 1 };
    return this.trace.point(0, "ofd1", "ofd.recover", fields);
  }
  /** Claimed, accepted and settled. */
  sync(id: string, hlc = `0-${id}`): this {
    this.status(id, "pending", "syncing");
    this.accept(id, hlc);
    this.status(id, "syncing", "synced");
    return this;
  }
  tell(from: string, to: string, message: Message): this {
    this.trace.delivered(to, from, this.trace.sent(from, to, message), message);
    return this;
  }
  breaker(value: string): RecordId {
    return this.trace.state(0, "pos1", "breaker>ofd", value, { generation: 0, reason: "", isManual: false });
  }
  breakerConfig(): this {
    const limits = { failureThreshold: 5, recoveryTimeoutMs: 60_000, successThreshold: 2, halfOpenCallsMax: 1 };
    this.trace.point(0, "pos1", "breaker.config", {
      name: "ofd",
      mode: "consecutive",
      ...limits,
      callTimeoutMs: 10_000,
    });
    this.breaker("closed");
    return this;
  }
  attempt(name: "breaker.call" | "breaker.refuse", id = 1): RecordId {
    return this.trace.point(0, "pos1", name, { name: "ofd", id, generation: 0 });
  }
  result(result: string, id = 1): this {
    this.trace.point(0, "pos1", "breaker.result", { name: "ofd", id, generation: 0, result, isCurrent: true });
    return this;
  }

  verdict(endMs = 600_000): Verdict {
    return this.#checkers.finish(endMs * 1_000)[0] as Verdict;
  }
  violation(endMs?: number): Violation {
    const verdict = this.verdict(endMs);
    if (verdict.violation === undefined) throw new Error(`expected a violation, got ${JSON.stringify(verdict)}`);
    return verdict.violation;
  }
}

describe("no-duplicate-receipt (I34)", () => {
  const scene = (): ReceiptScene => new ReceiptScene("no-duplicate-receipt");

  it("holds for receipts accepted once, over a restart of the OFD", () => {
    const s = scene().store("a").sync("a").restart("ofd1");
    s.recoverAccepted("a", 1);
    s.store("b").sync("b");
    expect(s.verdict()).toMatchObject({ verdict: "holds", judged: 2 });
  });

  it("is violated by a second acceptance, in the same life or another", () => {
    const s = scene().at(1_000).store("a").sync("a");
    const again = s.at(2_000).accept("a");
    expect(s.violation()).toMatchObject({
      record: again,
      message: 'ofd1 accepted receipt "a" at 2.000 s, which was accepted at 1.000 s already',
    });
    const forgot = scene().store("a").sync("a").restart("ofd1");
    forgot.accept("a", "0-a", { number: 1 });
    expect(forgot.violation().observed).toBe("a second acceptance");
    const unrecorded = scene().store("a");
    unrecorded.recoverAccepted("a", 1);
    unrecorded.accept("a");
    expect(unrecorded.violation().observed).toBe("a second acceptance");
  });

  it("is violated by two receipts at one place", () => {
    const s = scene().store("a").store("b").sync("a");
    s.accept("b", "0-b", { number: 1 });
    expect(s.violation().message).toContain('put receipt "b" where it had accepted "a"');
  });

  it("is violated by another stamp or till than was created, whichever is recorded first", () => {
    const s = scene().store("a", "0-5");
    const wrong = s.accept("a", "0-6");
    expect(s.violation()).toMatchObject({ record: wrong, expected: "pos1 0-5", observed: "pos1 0-6" });
    const early = scene();
    early.accept("a", "0-5", { pos: "pos2" });
    const late = early.create("a", "0-5");
    expect(early.violation()).toMatchObject({ record: late, observed: "pos2 0-5" });
  });

  it("is violated by another content than the cashier's", () => {
    const asked = { type: "pos.create", id: 1, receipt: "a", payload: "3 apples" };
    const sent = (payload: string): Message => ({ type: "ofd.register", key: "a", payload });
    const right = scene().tell("c1", "pos1", asked).store("a").tell("pos1", "ofd1", sent("3 apples"));
    right.accept("a");
    expect(right.verdict()).toMatchObject({ verdict: "holds" });
    const wrong = scene().tell("c1", "pos1", asked).store("a").tell("pos1", "ofd1", sent("4 apples"));
    wrong.accept("a");
    expect(wrong.violation()).toMatchObject({ expected: "3 apples", observed: "4 apples" });
  });
});

describe("no-lost-receipt (I35)", () => {
  const scene = (options?: Options): ReceiptScene => new ReceiptScene("no-lost-receipt", options);

  it("holds for the legal rounds, another claim and a dead letter included", () => {
    const s = scene().store("a").store("b");
    s.status("a", "pending", "syncing");
    s.status("a", "syncing", "pending");
    s.status("a", "pending", "syncing", "2");
    s.status("a", "syncing", "syncing", "7");
    s.accept("a");
    s.status("a", "syncing", "synced", "7");
    s.status("b", "pending", "syncing", "7");
    s.status("b", "syncing", "failed", "7");
    expect(s.verdict()).toMatchObject({ verdict: "holds", judged: 13 });
  });

  it.each([
    ["synced without an acceptance", ["syncing"], "synced", "no OFD has accepted it"],
    ["an edge that is none", [], "synced", "no such change is legal"],
    ["a final status that changes", ["syncing", "failed"], "pending", "failed is final"],
  ])("is violated by %s", (_, path, to, how) => {
    const s = scene().store("a");
    let from = "pending";
    for (const next of path) {
      s.status("a", from, next);
      from = next;
    }
    const wrong = s.status("a", from, to);
    const violation = s.violation();
    expect(violation.record).toBe(wrong);
    expect(violation.message).toContain(how);
  });

  it("is violated by a change from where it was not, by a smaller claim, and by a settlement under another", () => {
    const skipped = scene().store("a");
    skipped.status("a", "syncing", "pending");
    expect(skipped.violation().message).toContain("it was pending");
    const smaller = scene().store("a");
    smaller.status("a", "pending", "syncing", "10");
    smaller.status("a", "syncing", "syncing", "9");
    expect(smaller.violation().message).toContain("claim 9 is below 10");
    const foreign = scene().store("a");
    foreign.status("a", "pending", "syncing", "9");
    foreign.accept("a");
    foreign.status("a", "syncing", "synced", "10");
    expect(foreign.violation().message).toContain("claimed under 9, not 10");
  });

  it("is violated by an acknowledgement before anything is stored", () => {
    const s = scene();
    const early = s.at(500).create("a", "0-1");
    s.status("a", "", "pending");
    expect(s.violation()).toMatchObject({ record: early, observed: "not stored anywhere" });
  });

  it("is violated by a receipt that a restart forgot, once its node has been up for a while", () => {
    const kept = scene().at(1_000).store("a").at(2_000).restart("pos1");
    kept.recover("a", "pending");
    expect(kept.verdict(20_000)).toMatchObject({ verdict: "holds" });
    const lost = scene().at(1_000).store("a").at(2_000).restart("pos1");
    expect(lost.violation(20_000)).toMatchObject({ time: 20_000_000, nodes: ["pos1"] });
    const young = scene().at(1_000).store("a").at(18_000).restart("pos1");
    expect(young.verdict(20_000)).toMatchObject({ verdict: "holds" });
    const away = scene().at(1_000).store("a").at(2_000).process("pos1", "down", "crash");
    expect(away.verdict(20_000)).toMatchObject({ verdict: "holds" });
  });

  it("is violated by a final status that is read back as another, not by one that got further unrecorded", () => {
    const back = scene().store("a").sync("a").restart("pos1");
    back.recover("a", "syncing");
    expect(back.violation().message).toContain("though it was synced");
    const further = scene().store("a");
    further.status("a", "pending", "syncing");
    further.accept("a");
    further.restart("pos1").recover("a", "synced");
    expect(further.verdict(20_000)).toMatchObject({ verdict: "holds" });
    const never = scene().store("a").restart("pos1");
    never.recover("a", "synced");
    expect(never.violation().message).toContain("no OFD has accepted it");
  });

  it("asks any of the copies that make a majority, when they are linked and have been for a while", () => {
    const three = (): ReceiptScene => {
      const s = scene({ tills: 3, config: { buffer: "replicated" } }).at(1_000);
      for (const node of ["pos1", "pos2"]) s.status("a", "", "pending", "", node);
      s.create("a", "0-1");
      return s;
    };
    const known = three().at(2_000).restart("pos1").restart("pos3");
    expect(known.verdict(20_000)).toMatchObject({ verdict: "holds" });
    const lost = three().at(2_000).restart("pos1").restart("pos2");
    expect(lost.violation(20_000).message).toContain("pos1, pos2, pos3");
    const cut = three().at(2_000).restart("pos1").restart("pos2").links("pos1", "pos2", "cut");
    expect(cut.verdict(20_000)).toMatchObject({ verdict: "holds" });
    const healing = three().at(2_000).restart("pos1").restart("pos2").links("pos1", "pos2", "cut");
    healing.at(17_000).links("pos1", "pos2", "up");
    expect(healing.verdict(20_000)).toMatchObject({ verdict: "holds" });
    const minority = three().restart("pos1").process("pos2", "down", "crash").process("pos3", "down", "crash");
    expect(minority.verdict(20_000)).toMatchObject({ verdict: "holds" });
  });

  it("is violated by an OFD that has not read back what it accepted", () => {
    const s = scene().at(1_000).store("a").sync("a").at(2_000).restart("ofd1");
    expect(s.violation(20_000)).toMatchObject({ nodes: ["ofd1"], expected: '"a" among the accepted' });
  });
});

describe("receipt-order (I36)", () => {
  const scene = (): ReceiptScene => new ReceiptScene("receipt-order");

  it("holds for each till by itself, with holes, and for what is accepted again", () => {
    const s = scene();
    s.accept("a", "0-1");
    s.accept("x", "0-0", { pos: "pos2" });
    s.accept("c", "0-3");
    s.accept("a", "0-1");
    expect(s.verdict()).toMatchObject({ verdict: "holds", judged: 3 });
  });

  it("is violated by an earlier stamp after a later one, recorded or read back", () => {
    const s = scene();
    const later = s.accept("b", "0-2");
    const earlier = s.at(3_000).accept("a", "0-1");
    expect(s.violation()).toMatchObject({
      ...{ record: earlier, related: [later], observed: "0-1" },
      message: 'ofd1 accepted receipt "a" of pos1 at 3.000 s, after "b", which has the later stamp',
    });
    const read = scene();
    read.recoverAccepted("b", 1);
    read.recoverAccepted("a", 2);
    expect(read.verdict()).toMatchObject({ verdict: "violated" });
  });

  it("leaves out a receipt that was given up", () => {
    const s = scene();
    s.trace.point(0, "pos1", "sync.dead", { id: "a", pos: "pos1", retries: 20 });
    s.accept("b", "0-2");
    s.accept("a", "0-1");
    s.accept("c", "0-3");
    expect(s.verdict()).toMatchObject({ verdict: "holds", judged: 2 });
  });
});

describe("breaker-open-zero (I27), beside the breaker's own words", () => {
  const register = { type: "ofd.register", key: "a", payload: "" };

  it("lets what was under way be sent again, and judges what is sent while open", () => {
    const s = new ReceiptScene("breaker-open-zero").breakerConfig();
    s.attempt("breaker.call");
    s.breaker("open");
    s.tell("pos1", "ofd1", register);
    expect(s.verdict()).toMatchObject({ verdict: "holds", judged: 1 });
  });

  it("is violated by a registration that no call of the breaker is behind", () => {
    const s = new ReceiptScene("breaker-open-zero").breakerConfig();
    s.attempt("breaker.call");
    s.result("failure");
    s.at(1_000).breaker("open");
    const sent = s.at(2_000).trace.sent("pos1", "ofd1", register);
    expect(s.violation()).toMatchObject({
      record: sent,
      message: "pos1 sent ofd.register to ofd1 beside pos1's breaker for ofd at 2.000 s, open since 1.000 s",
    });
  });
});

describe("breaker-recovers (I45)", () => {
  const opened = (options?: Options): ReceiptScene => {
    const s = new ReceiptScene("breaker-recovers", options).breakerConfig().at(1_000);
    s.breaker("open");
    return s;
  };
  /** An attempt each second, from … to, in s. */
  const refuse = (s: ReceiptScene, from: number, to: number): ReceiptScene => {
    for (let second = from; second <= to; second++) s.at(second * 1_000).attempt("breaker.refuse");
    return s;
  };

  it("holds for a breaker that two probes close", () => {
    const s = refuse(opened(), 2, 60);
    s.at(61_000).breaker("half-open");
    for (const id of [1, 2]) {
      s.attempt("breaker.call", id);
      s.result("success", id);
    }
    s.breaker("closed");
    expect(s.verdict()).toMatchObject({ verdict: "holds", judged: 1 });
  });

  it("is violated by one that refuses on and on, and does not mind one that nobody asks", () => {
    const s = refuse(opened(), 2, 100);
    expect(s.violation()).toMatchObject({ time: 81_020_000, nodes: ["pos1"], expected: "closed" });
    expect(refuse(opened(), 2, 62).verdict()).toMatchObject({ verdict: "inconclusive" });
    const paused = refuse(refuse(opened(), 2, 62), 75, 85);
    expect(paused.verdict(85_000)).toMatchObject({ verdict: "inconclusive" });
    expect(refuse(refuse(opened(), 2, 62), 75, 100).violation().time).toBe(95_020_000);
  });

  it("counts from the moment at which the OFD is well again", () => {
    const late = (heal: (s: ReceiptScene) => unknown, hurt: (s: ReceiptScene) => unknown): number => {
      const s = opened();
      hurt(s);
      refuse(s, 2, 99);
      heal(s.at(100_000));
      return refuse(s, 101, 140).violation().time;
    };
    const times = [
      late(
        (s) => s.ofd("success"),
        (s) => s.ofd("failing"),
      ),
      late(
        (s) => s.links("pos1", "ofd1", "up"),
        (s) => s.links("pos1", "ofd1", "cut"),
      ),
      late(
        (s) => s.fault("stop", "loss"),
        (s) => s.fault("start", "loss", { rate: "50%" }),
      ),
      late(
        (s) => s.process("ofd1", "up", "restart").ofd("success"),
        (s) => s.process("ofd1", "down", "crash"),
      ),
    ];
    expect(times).toEqual([120_020_000, 120_020_000, 120_020_000, 120_020_000]);
  });

  it("lets a mildly slow OFD be well, and a call that says nothing begin the wait anew", () => {
    const slow = opened().fault("start", "ofd-slow", { by: "200ms" }).ofd("slow");
    expect(refuse(slow, 2, 100).violation().time).toBe(81_020_000);
    const ignored = refuse(opened(), 2, 60).at(61_000);
    ignored.breaker("half-open");
    for (let second = 61; second <= 100; second += 3) {
      ignored.at(second * 1_000).attempt("breaker.call");
      ignored.result("ignored");
    }
    expect(ignored.verdict(101_000)).toMatchObject({ verdict: "inconclusive" });
  });

  it("is violated by a half-open one that lets nobody through for longer than its probe may take", () => {
    const s = opened().ofd("failing").at(61_000);
    s.breaker("half-open");
    s.attempt("breaker.call");
    s.at(71_000).attempt("breaker.refuse");
    const late = s.at(71_500).attempt("breaker.refuse");
    expect(s.violation()).toMatchObject({ record: late, expected: "a probe within 10.020 s" });
  });

  it("forgets a life that is over", () => {
    const s = refuse(opened(), 2, 70).restart("pos1");
    expect(s.at(100_000).verdict()).toMatchObject({ verdict: "inconclusive" });
  });
});

describe("receipts-drain (I46)", () => {
  const scene = (options: Options = {}): ReceiptScene => new ReceiptScene("receipts-drain", options);

  it("holds when what waits is synced or given up, round after round", () => {
    const s = scene().at(1_000).store("a").store("b").at(2_000).sync("a");
    s.status("b", "pending", "syncing");
    s.status("b", "syncing", "failed");
    s.at(3_000).store("c").sync("c");
    expect(s.verdict()).toMatchObject({ verdict: "holds", judged: 3 });
  });

  it("is violated by what still waits, pending or claimed, after lock, call and pauses had their time", () => {
    const s = scene().at(1_000).store("a");
    // 15 s, a lock of 30 s, a call of 10 s, an interval of 1 s, 50 ms for the receipt.
    expect(s.violation()).toMatchObject({ time: 57_050_000, nodes: ["pos1"] });
    const claimed = scene().at(1_000).store("a");
    claimed.status("a", "pending", "syncing", "4");
    expect(claimed.violation().message).toContain('"a" is still syncing under claim 4');
    const stated = scene({ bounds: { "receipts-drain": { bound: 9_000_000 } } })
      .at(1_000)
      .store("a");
    expect(stated.violation().time).toBe(10_000_000);
  });

  it("gives an open breaker its recovery, and goes by the adapter's configuration", () => {
    const open = scene().breakerConfig().at(1_000);
    open.breaker("open");
    open.store("a");
    expect(open.violation().time).toBe(127_050_000);
    const quick = scene({ config: { lockTtlMs: 2_000, callTimeoutMs: 1_000, syncIntervalMs: 500 } })
      .at(1_000)
      .store("a");
    expect(quick.violation().time).toBe(19_550_000);
  });

  it("asks nothing of a worker that only syncs by hand, and counts what it did", () => {
    const s = scene({ config: { syncIntervalMs: 0 } })
      .at(1_000)
      .store("a")
      .store("b")
      .at(400_000)
      .sync("a")
      .sync("b");
    expect(s.verdict()).toMatchObject({ verdict: "holds", judged: 2 });
  });

  it("begins anew when something heals, and asks nothing while something is wrong", () => {
    const hurt: ((s: ReceiptScene) => unknown)[] = [
      (s) => s.links("pos1", "redis1", "cut"),
      (s) => s.links("pos1", "ofd1", "cut"),
      (s) => s.process("redis1", "down", "kill"),
      (s) => s.process("ofd1", "down", "kill"),
      (s) => s.ofd("timeout-after-accept"),
      (s) => s.fault("start", "redis-slow"),
    ];
    for (const one of hurt) {
      const s = scene().at(1_000).store("a");
      one(s.at(2_000));
      expect(s.verdict()).toMatchObject({ verdict: "inconclusive" });
    }
    const healed = scene().at(1_000).store("a").at(2_000).links("pos1", "ofd1", "cut");
    healed.at(100_000).links("pos1", "ofd1", "up");
    expect(healed.violation().time).toBe(156_050_000);
  });

  it("waits for a lock that a Redis server keeps longer because its clock was set back", () => {
    const s = scene().at(1_000).store("a");
    s.trace.state(1, "redis1", "clock", "−60 s", { offsetUs: -60_000_000, ppm: 0, frozen: false });
    expect(s.violation().time).toBe(117_050_000);
  });

  it("takes a shared buffer for drained when one copy knows, and needs a majority and every running adapter linked", () => {
    const shared = (): ReceiptScene => {
      const s = scene({ tills: 3, config: { buffer: "replicated" } }).at(1_000);
      for (const node of ["pos1", "pos2", "pos3"]) s.status("a", "", "pending", "", node);
      return s;
    };
    const known = shared().at(2_000);
    known.status("a", "pending", "syncing", "1", "pos2");
    known.status("a", "syncing", "synced", "1", "pos2");
    known.restart("pos3").status("a", "", "pending", "", "pos3");
    expect(known.verdict()).toMatchObject({ verdict: "holds", judged: 1 });
    expect(shared().verdict()).toMatchObject({ verdict: "violated" });
    const cut = shared().at(2_000).links("pos1", "pos3", "cut");
    expect(cut.verdict()).toMatchObject({ verdict: "inconclusive" });
    const minority = shared().at(2_000).process("pos2", "down", "kill").process("pos3", "down", "kill");
    expect(minority.verdict()).toMatchObject({ verdict: "inconclusive" });
  });

  it("is not exercised on a network that loses too much by itself", () => {
    const s = scene({ network: { latencyUsHigh: 1_000, lossPpm: 50_000 } })
      .at(1_000)
      .store("a");
    expect(s.verdict().reason).toContain("5 % of all messages");
  });
});

it("says in few words that a run has no receipts", () => {
  const verdicts = new Scene("all").verdicts().filter(({ invariant }) => /^I(34|35|36|45|46)$/.test(invariant));
  expect(verdicts.map(({ verdict, reason }) => `${verdict}: ${String(reason)}`)).toEqual([
    "not-exercised: no receipt was accepted",
    "not-exercised: no receipt was created",
    "not-exercised: no receipt was accepted",
    "not-exercised: no node runs ofd",
    "not-exercised: no node runs pos-adapter",
  ]);
});
