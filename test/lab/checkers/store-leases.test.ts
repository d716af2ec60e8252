import { describe, expect, it } from "vitest";
import { Scene } from "./scene.ts";

const config = { durability: "async", election: "lease", leaseStore: "redis1", leaseTtlMs: 10_000 };

/** What goes between a node and the store of its lease. */
class StoreScene extends Scene {
  #asked = 0;

  /** Asks for something. @returns Answers it. */
  ask(node: string, command: readonly string[]): (value: number | string | null) => void {
    const id = ++this.#asked;
    this.tell(node, "redis1", { type: "redis.request", session: node, id, command });
    return (value) => {
      this.tell("redis1", node, { type: "redis.reply", session: node, id, value, error: "" });
    };
  }
  tellStore(node: string, epoch: number, txid: number): (value: number) => void {
    const hex = txid.toString(16).padStart(16, "0");
    return this.ask(node, [
      "EVALSHA",
      "d",
      "2",
      "k",
      "primary:{k}",
      "token",
      `${String(epoch)} ${hex}/${sum(txid)} ${node}`,
    ]);
  }
}

const sum = (txid: number): string => String(txid).padStart(16, "f");

describe("cut-off-leader-stops with the lease of a store (I42)", () => {
  function held(): StoreScene {
    const scene = new StoreScene("cut-off-leader-stops", { config });
    const answer = scene.at(1_000).ask("n1", ["EVALSHA"]);
    scene.at(1_800);
    answer(1);
    scene.claim("n1", "writable", "yes", { epoch: 1 });
    return scene;
  }

  it("holds when writes end within a lease of the asking, whomever else the holder reaches", () => {
    const scene = held();
    scene.at(2_000).links(["n1"], ["n2", "n3"], "cut");
    scene.at(10_900).accept("n1", 1);
    scene.at(10_950).claim("n1", "writable", "no", { reason: "no-lease" });
    expect(scene.verdict()).toMatchObject({ verdict: "holds", judged: 1 });
  });

  it("counts the lease anew from each question that is answered, and from none that is not", () => {
    const scene = held();
    const answer = scene.at(9_000).ask("n1", ["EVALSHA"]);
    answer(1);
    scene.at(17_000).ask("n1", ["EVALSHA"]);
    scene.at(18_900).accept("n1", 1);
    scene.at(18_950).claim("n1", "writable", "no", { reason: "no-lease" });
    const late = scene.at(19_200).accept("n1", 1);
    expect(scene.violation()).toMatchObject({
      ...{ record: late, nodes: ["n1"], expected: "no write after 19.001 s" },
      message:
        "n1 accepted a write at 19.200 s, but the last question that its lease's store has answered is of 9.000 s",
    });
  });

  it("is violated by a holder that goes on saying that it may write", () => {
    const scene = held();
    expect(scene.violation()).toMatchObject({ observed: "still says writable=yes", nodes: ["n1"] });
  });

  it("waits for the word of a paused holder until it runs again, and judges what it lets in then", () => {
    const scene = held();
    scene.at(2_000).process("n1", "paused", "pause");
    scene.at(20_000).process("n1", "up", "resume");
    scene.at(20_005).claim("n1", "writable", "no", { reason: "no-lease" });
    expect(scene.verdict().verdict).not.toBe("violated");

    const late = held();
    late.at(2_000).process("n1", "paused", "pause");
    late.at(20_000).process("n1", "up", "resume");
    late.accept("n1", 1);
    expect(late.verdict()).toMatchObject({ verdict: "violated" });
  });
});

describe("no-stale-epoch with the lease of a store (I09)", () => {
  /** n1 leads epoch 1 and made two transactions, of which n2 has both and n3 has one. */
  function led(): StoreScene {
    const scene = new StoreScene("no-stale-epoch", { config });
    scene.at(100).claim("n1", "role", "leader", { term: 1 });
    for (const txid of [1, 2]) {
      const at = { txid: String(txid), checksum: sum(txid) };
      const pre = txid === 1 ? "0".repeat(16) : sum(txid - 1);
      scene
        .at(100 * txid + 100)
        .point("n1", "repl.commit", { epoch: 1, ...at, pre, client: "c1", seq: txid, key: "k" });
      scene.point("n2", "repl.apply", { epoch: 1, stream: 1, ...at });
      if (txid === 1) scene.point("n3", "repl.apply", { epoch: 1, stream: 1, ...at });
    }
    return scene;
  }

  it("holds for a new leader that has what the store was told is shared", () => {
    const scene = led();
    scene.at(500).tellStore("n1", 1, 2)(1);
    scene.at(900).claim("n2", "role", "leader", { term: 2 });
    expect(scene.verdict()).toMatchObject({ verdict: "holds" });
  });

  it("is violated by one that has less", () => {
    const scene = led();
    scene.at(500).tellStore("n1", 1, 2)(1);
    const stale = scene.at(900).claim("n3", "role", "leader", { term: 2 });
    expect(scene.violation()).toMatchObject({
      ...{ record: stale, nodes: ["n1", "n3"], observed: "transaction 1 of a chain without it" },
      message:
        "n3 leads epoch 2 since 0.900 s from transaction 1 of a chain without it, but n1, which led epoch 1, had told the lease's store at 0.500 s that transaction 2 is shared",
    });
  });

  it("leaves out what the store did not take", () => {
    const scene = led();
    scene.at(400).tellStore("n1", 1, 1)(1);
    scene.at(500).tellStore("n1", 1, 2)(0);
    scene.at(510).tellStore("n1", 1, 2);
    scene.at(900).claim("n3", "role", "leader", { term: 2 });
    expect(scene.verdict()).toMatchObject({ verdict: "holds" });
  });
});
