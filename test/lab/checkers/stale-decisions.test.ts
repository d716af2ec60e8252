import { describe, expect, it } from "vitest";
import type { RecordId } from "../../../src/trace/record.ts";
import { Scene } from "./scene.ts";

describe("no-stale-epoch at a chain of transactions (I09)", () => {
  const scene = (): Scene => new Scene("no-stale-epoch", { config: { durability: "async" } });
  const adopt = (run: Scene, node: string, epoch: number): RecordId => run.point(node, "repl.epoch", { epoch });
  const at = (txid: number): { txid: string; checksum: string } => ({ txid: String(txid), checksum: "0".repeat(16) });

  it("holds for old transactions that a newer primary passes on, and for what follows on a newer epoch", () => {
    const run = scene();
    adopt(run, "n1", 1);
    run.point("n1", "repl.commit", { epoch: 1, ...at(1) });
    adopt(run, "n2", 2);
    run.point("n2", "repl.apply", { epoch: 1, stream: 2, ...at(1) });
    run.point("n1", "repl.snapshot", { epoch: 2, ...at(1) });
    run.point("n1", "repl.rollback", { epoch: 3, ...at(1) });
    run.point("n2", "halt.grant", { epoch: 2, id: 1, by: "n3", ...at(1) });
    run.point("n2", "halt.post", { epoch: 2, id: 1, by: "n3", ...at(2) });
    expect(run.verdict()).toMatchObject({ verdict: "holds", judged: 6 });
  });

  it("is violated by a snapshot of an old primary that ends after a newer epoch was adopted", () => {
    const run = scene();
    const known = adopt(run.at(1_000), "n1", 3);
    const placed = run.at(2_500).point("n1", "repl.snapshot", { epoch: 2, ...at(9) });
    expect(run.violation()).toMatchObject({
      record: placed,
      nodes: ["n1"],
      message:
        "the database of n1 took a snapshot that ends with transaction 9 under epoch 2 at 2.500 s, but it knows epoch 3 since 1.000 s",
      related: [known],
      facts: { epoch: 2, floor: 3 },
    });
  });

  it.each([
    ["repl.commit", { epoch: 1 }, "made transaction 4"],
    ["repl.apply", { epoch: 1, stream: 1 }, "applied transaction 4"],
    ["repl.rollback", { epoch: 1 }, "went back to transaction 4"],
    ["halt.grant", { epoch: 1, id: 7, by: "n3" }, "granted n3 a halt lock at transaction 4"],
    ["halt.post", { epoch: 1, id: 7, by: "n3" }, "let in transaction 4 of n3, which holds its halt lock,"],
  ])(
    "is violated by a %s under an epoch older than what took effect there before, also over a restart",
    (name, fields, what) => {
      const run = scene();
      run.point("n2", "repl.apply", { epoch: 1, stream: 2, ...at(3) });
      run.process("n2", "down", "crash");
      run.process("n2", "up", "restart");
      run.point("n2", name, { ...fields, ...at(4) });
      expect(run.violation().message).toContain(`the database of n2 ${what} under epoch 1`);
    },
  );

  it("asks nothing of a database whose disk was wiped", () => {
    const run = scene();
    adopt(run, "n1", 5);
    run.process("n1", "down", "crash");
    run.disk("n1", "lost", { path: "replication/log", bytes: 10, torn: false, what: "wipe" });
    run.process("n1", "up", "restart");
    run.point("n1", "repl.apply", { epoch: 1, stream: 4, ...at(1) });
    expect(run.verdict()).toMatchObject({ verdict: "holds", judged: 1 });
  });
});

describe("no-stale-epoch at an isolation device (I09)", () => {
  const turn = (run: Scene, host: string, value: string, epoch: number): RecordId =>
    run.claim("isolation", `isolates>${host}`, value, { epoch });

  it("holds for newer leaders, and for hosts that ask to be let back", () => {
    const run = new Scene("no-stale-epoch");
    turn(run, "n1", "yes", 2);
    turn(run, "n2", "yes", 3);
    turn(run, "n1", "no", 1);
    turn(run, "n3", "yes", 3);
    expect(run.verdict()).toMatchObject({ verdict: "holds", judged: 3 });
  });

  it("is violated by a host that is cut off for a leader older than the last that was obeyed, whichever host that was for", () => {
    const run = new Scene("no-stale-epoch");
    const newer = turn(run.at(4_000), "n2", "yes", 3);
    const stale = turn(run.at(9_000), "n1", "yes", 2);
    expect(run.violation()).toMatchObject({
      record: stale,
      nodes: ["isolation", "n1"],
      message:
        "isolation cut n1 off for a leader of epoch 2 at 9.000 s, but it had cut n2 off for one of epoch 3 at 4.000 s",
      related: [newer],
    });
  });

  it("asks nothing of a device that has forgotten everything with its process", () => {
    const run = new Scene("no-stale-epoch");
    turn(run, "n2", "yes", 3);
    run.process("isolation", "down", "crash");
    turn(run, "n1", "yes", 2);
    expect(run.verdict()).toMatchObject({ verdict: "holds", judged: 2 });
  });
});
