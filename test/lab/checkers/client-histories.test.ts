import { describe, expect, it } from "vitest";
import type { RecordId } from "../../../src/trace/record.ts";
import type { Verdict } from "../../../src/trace/verdict.ts";
import { Scene, type SceneOptions } from "./scene.ts";

/** A scene in which `c1` calls as if it were many: what matters is when calls begin and end. */
class Clients extends Scene {
  begins(ms: number, what: string, key = "k"): RecordId {
    this.at(ms);
    return what === "read"
      ? this.trace.invoke("c1", "read", key)
      : this.trace.invoke("c1", "write", key, { value: what });
  }
  ends(ms: number, call: RecordId, outcome: "ok" | "fail" | "info" = "ok", value: string | null = null): RecordId {
    this.at(ms);
    return this.trace.complete("c1", call, outcome, value);
  }
  /** A write that begins, is committed as entry `index`, and ends. */
  writes(ms: number, value: string, index: number, key = "k"): RecordId {
    const call = this.begins(ms, value, key);
    this.commits(index, value, key);
    return this.ends(ms + 5, call);
  }
  reads(ms: number, value: string | null, key = "k"): RecordId {
    return this.ends(ms + 5, this.begins(ms, "read", key), "ok", value);
  }
  commits(index: number, value: string, key = "k"): void {
    for (const node of ["n1", "n2", "n3"])
      this.point(node, "store.commit", { epoch: 1, index, key, value, client: "c1", seq: index, maxEpoch: 1 });
  }
}

function verdicts(
  checks: "all" | readonly string[],
  write: (scene: Clients) => void,
  options: SceneOptions = {},
): Verdict[] {
  const scene = new Clients(checks, options);
  write(scene);
  return scene.verdicts().filter(({ invariant }) => invariant === "I12" || invariant === "I19");
}
const one = (name: string, write: (scene: Clients) => void): Verdict => verdicts([name], write)[0] as Verdict;

describe("linearizable (I12)", () => {
  it("holds for keys that are written and read in turn, each with its own values", () => {
    const verdict = one("linearizable", (scene) => {
      scene.reads(5, null);
      scene.writes(10, "a", 1);
      scene.writes(20, "b", 2, "other");
      scene.reads(30, "a");
      scene.reads(40, "b", "other");
    });
    expect(verdict).toMatchObject({ verdict: "holds", judged: 5 });
  });

  it("is violated by a read of what was overwritten, and shows what contradicts it", () => {
    let read = -1;
    const verdict = one("linearizable", (scene) => {
      scene.writes(10, "a", 1);
      scene.writes(20, "b", 2);
      scene.reads(30, "b");
      read = scene.reads(40, "a");
      scene.reads(50, "b");
    });
    expect(verdict).toMatchObject({
      verdict: "violated",
      violation: {
        record: read,
        time: 45_000,
        nodes: ["c1"],
        message:
          'c1 read "a" from "k" between 0.040 s and 0.045 s, and no order of all operations on "k" up to then explains it: write of "a" by c1, 0.010 s–0.015 s; write of "b" by c1, 0.020 s–0.025 s; read "a" by c1, 0.040 s–0.045 s',
        observed: 'none; before it the value could be "b"',
        facts: { key: "k", operations: 3 },
      },
    });
    expect(verdict.violation?.related).toHaveLength(2);
  });

  it("takes the first of several keys that are wrong", () => {
    let first = -1;
    const verdict = one("linearizable", (scene) => {
      scene.writes(10, "a", 1, "late");
      scene.writes(20, "b", 2, "early");
      first = scene.reads(30, null, "early");
      scene.reads(40, null, "late");
    });
    expect(verdict.violation).toMatchObject({ record: first, facts: { key: "early" } });
  });

  it("lets a write of unknown end take effect later or never, and one that failed not at all", () => {
    const last = (outcome: "fail" | "info", ...seen: (string | null)[]): Verdict =>
      one("linearizable", (scene) => {
        scene.writes(10, "a", 1);
        const call = scene.begins(20, "b");
        scene.ends(25, call, outcome);
        seen.forEach((value, i) => scene.reads(30 + 10 * i, value));
      });
    expect(last("info", "a", "b")).toMatchObject({ verdict: "holds" });
    expect(last("info", "a", "a")).toMatchObject({ verdict: "holds" });
    expect(last("info", "b", "a")).toMatchObject({ verdict: "violated" });
    expect(last("fail", "b")).toMatchObject({ verdict: "violated" });
  });

  it("lets a write without an end take effect, and orders what happens at one moment by its records", () => {
    const open = one("linearizable", (scene) => {
      scene.begins(10, "a");
      scene.reads(20, "a");
    });
    expect(open).toMatchObject({ verdict: "holds", judged: 1 });
    const sameMoment = one("linearizable", (scene) => {
      scene.ends(10, scene.begins(10, "a"));
      scene.ends(10, scene.begins(10, "read"), "ok", null);
    });
    expect(sameMoment).toMatchObject({ verdict: "violated" });
  });

  describe("hands over, where the run is kept,", () => {
    const kept = (write: (scene: Clients) => void): Verdict =>
      verdicts(["linearizable"], write, { keep: true })[0] as Verdict;

    it("for each key an order in which its calls can have taken effect", () => {
      const calls: RecordId[] = [];
      const verdict = kept((scene) => {
        calls.push(scene.begins(10, "a"), scene.begins(11, "b"), scene.begins(12, "read"), scene.begins(13, "late"));
        scene.ends(20, calls[0] as number);
        scene.ends(21, calls[1] as number);
        // It saw the write that was called first, so that came second.
        scene.ends(22, calls[2] as number, "ok", "a");
        calls.push(scene.begins(30, "read", "other"));
        scene.ends(35, calls[4] as number);
      });
      const [a, b, read, , other] = calls as [number, number, number, number, number];
      expect(verdict.orders?.map(({ key, misfit }) => ({ key, misfit }))).toEqual([
        { key: "k", misfit: -1 },
        { key: "other", misfit: -1 },
      ]);
      const first = verdict.orders?.[0]?.calls ?? [];
      expect([...first].sort((x, y) => x - y)).toEqual([a, b, read]);
      expect(first.indexOf(read)).toBe(first.indexOf(a) + 1);
      expect(verdict.orders?.[1]?.calls).toEqual([other]);
    });

    it("of a key that is wrong the longest order that is legal, and the first call that fits in none", () => {
      const calls: RecordId[] = [];
      const verdict = kept((scene) => {
        for (const value of ["a", "b"]) {
          const call = scene.begins(10 * (calls.length + 1), value);
          scene.ends(10 * (calls.length + 1) + 5, call);
          calls.push(call);
        }
        const stale = scene.begins(40, "read");
        scene.ends(45, stale, "ok", "a");
        calls.push(stale);
        scene.reads(50, "b");
      });
      expect(verdict).toMatchObject({ verdict: "violated" });
      expect(verdict.orders).toEqual([{ key: "k", calls: calls.slice(0, 2), misfit: calls[2] }]);
    });

    it("and nothing where it is not: a sweep pays nothing", () => {
      expect(one("linearizable", (scene) => void scene.writes(10, "a", 1))).not.toHaveProperty("orders");
    });
  });

  it("judges values that are written twice too: a client that starts again counts from 1", () => {
    const again = (value: string): Verdict =>
      one("linearizable", (scene) => {
        scene.writes(10, "a", 1);
        scene.writes(20, "b", 2);
        scene.writes(30, "a", 3);
        scene.reads(40, value);
      });
    expect(again("a")).toMatchObject({ verdict: "holds", judged: 4 });
    expect(again("b")).toMatchObject({ verdict: "violated" });
  });
});

describe("no-stale-read (I19)", () => {
  it("holds when a read gives what was acknowledged before it began, or what came later", () => {
    const verdict = one("no-stale-read", (scene) => {
      scene.reads(5, null);
      scene.writes(10, "a", 4);
      scene.reads(20, "a");
      const read = scene.begins(25, "read");
      scene.writes(30, "b", 5);
      scene.ends(40, read, "ok", "a");
      scene.commits(6, "c");
      scene.reads(50, "c");
    });
    expect(verdict).toMatchObject({ verdict: "holds", judged: 4 });
  });

  it("is violated by a read of what was overwritten and acknowledged before it began", () => {
    let acked = -1;
    let read = -1;
    const verdict = one("no-stale-read", (scene) => {
      scene.writes(10, "a", 4);
      acked = scene.writes(20, "b", 5);
      read = scene.reads(30, "a");
    });
    expect(verdict.violation).toMatchObject({
      record: read,
      related: [acked],
      nodes: ["c1"],
      message:
        'c1 read "a" from "k" at 0.035 s, having asked at 0.030 s, when "b" had been acknowledged to c1 since 0.025 s',
      expected: '"b", entry 5, or later',
      observed: '"a", entry 4',
      facts: { key: "k", index: 4, acknowledged: 5 },
    });
  });

  it("is violated by a read of nothing after an acknowledged write, and by one of what was never committed", () => {
    for (const value of [null, "dirty"]) {
      const verdict = one("no-stale-read", (scene) => {
        scene.writes(10, "a", 4);
        scene.reads(20, value);
      });
      expect(verdict).toMatchObject({ verdict: "violated", violation: { facts: { index: 0, acknowledged: 4 } } });
    }
  });

  it("sees by the log what clients alone cannot know: of two writes the one whose answer was lost is older", () => {
    const both = verdicts(["linearizable", "no-stale-read"], (scene) => {
      const lost = scene.begins(10, "a");
      scene.commits(1, "a");
      scene.writes(20, "b", 2);
      scene.ends(30, lost, "info");
      scene.reads(40, "a");
    });
    expect(both.map(({ checker, verdict }) => [checker, verdict])).toEqual([
      ["linearizable", "holds"],
      ["no-stale-read", "violated"],
    ]);
  });
});

describe("premises of both", () => {
  const stale = (scene: Clients): void => {
    scene.writes(10, "a", 1);
    scene.reads(20, null);
  };

  it("are exercised by the same history", () => {
    expect(verdicts("all", stale).map(({ verdict }) => verdict)).toEqual(["violated", "violated"]);
  });

  it("are not exercised where one disk is enough, nor by another program, nor by other clients", () => {
    const reasonsOf = (options: SceneOptions): unknown[] =>
      verdicts("all", stale, options).map(({ verdict, reason }) => [verdict, reason]);
    const async = ["not-exercised", "one disk is enough here (durability: async)"];
    expect(reasonsOf({ config: { durability: "async" } })).toEqual([async, async]);
    const other = ["not-exercised", "no node runs ha-node"];
    expect(reasonsOf({ program: "mine" })).toEqual([other, other]);
    const strangers = verdicts("all", (scene) => {
      const call = scene.trace.invoke("n1", "read", "k");
      scene.trace.complete("n1", call, "ok", "never");
    });
    expect(strangers.map(({ reason }) => reason)).toEqual(["no operation of a client succeeded", "no read succeeded"]);
  });

  it("are broken by a clock beyond rho, under which leases promise nothing", () => {
    const fast = verdicts("all", (scene) => {
      scene.clock("n1", -50_000);
      stale(scene);
    });
    for (const { verdict, reason } of fast) {
      expect(verdict).toBe("not-exercised");
      expect(reason).toContain("n1 ran at -50000 ppm");
    }
  });
});
