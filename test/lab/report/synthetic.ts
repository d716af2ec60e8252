import type { Fields, Message } from "../../../src/trace/plain.ts";
import type { RunResult } from "../../../src/trace/result.ts";
import { TraceWriter } from "../../../src/trace/trace-writer.ts";
import type { Trace } from "../../../src/trace/trace.ts";
import type { Verdict } from "../../../src/trace/verdict.ts";

export interface SyntheticOptions {
  /** Plants a second writer: the old leader keeps its write access until well after the new one has its own. */
  readonly isFailing?: boolean;
  /** Virtual seconds; the network is cut from 10 s to 40 s, or to the end of a shorter run. */
  readonly seconds?: number;
  readonly heartbeatMs?: number;
  /** Detector pings between all pairs, as real runs have them. */
  readonly hasDetector?: boolean;
  /** Name of node n5, for tests of hostile names. */
  readonly fifth?: string;
}

export interface SyntheticRun {
  readonly trace: Trace;
  readonly result: RunResult;
}

const CUT = 10_000_000;
const HEAL = 40_000_000;

/** Writes a run like S01 record by record: 5 nodes, 3 clients, a 2+3 cut, a fence, an election, a heal. No program runs. */
export function syntheticRun(options: SyntheticOptions = {}): SyntheticRun {
  return new Script(options).run();
}

class Script {
  readonly #writer = new TraceWriter({ keep: true });
  readonly #options: SyntheticOptions;
  readonly #nodes: readonly string[];
  readonly #end: number;
  readonly #queue: { time: number; order: number; action: () => void }[] = [];
  readonly #marks = new Map<string, number>();
  #order = 0;
  #random = 7;
  #leader = "n1";
  #term = 1;
  #ok = 0;
  #info = 0;
  #fail = 0;

  constructor(options: SyntheticOptions) {
    this.#options = options;
    this.#nodes = ["n1", "n2", "n3", "n4", options.fifth ?? "n5"];
    this.#end = (options.seconds ?? 60) * 1_000_000;
  }

  run(): SyntheticRun {
    this.#at(0, () => {
      for (const node of this.#nodes) this.#writer.state(1, node, "process", "up", { incarnation: 1, reason: "start" });
      for (const node of this.#nodes) this.#role(node, node === "n1" ? "leader" : "follower", "n1");
      this.#writer.state(0, "n1", "writable", "yes", { epoch: 1, reason: "" });
      for (const node of this.#nodes) this.#writer.state(0, node, "coordinator", "healthy", { reason: "" });
      this.#writer.state(1, this.#nodes[4] as string, "clock", "+38 ms", { offsetUs: 38_000, ppm: 0, frozen: false });
    });
    this.#at(10_500_000, () =>
      this.#writer.state(1, this.#nodes[4] as string, "clock", "+11 ms", { offsetUs: 11_000, ppm: 0, frozen: false }),
    );
    this.#heartbeats();
    if (this.#options.hasDetector === true) this.#pings();
    this.#clients();
    this.#cutAndElect();
    this.#drain();
    return { trace: this.#writer.trace as Trace, result: this.#result() };
  }

  #at(time: number, action: () => void): void {
    if (time <= this.#end) this.#queue.push({ time, order: this.#order++, action });
  }

  /** Runs what is planned in order of time; the queue is sorted anew, last first, when an action planned more. */
  #drain(): void {
    const queue = this.#queue;
    let sorted = -1;
    for (;;) {
      if (sorted !== queue.length) queue.sort((a, b) => b.time - a.time || b.order - a.order);
      const next = queue.pop();
      if (next === undefined) break;
      sorted = queue.length;
      this.#writer.time = next.time;
      this.#writer.cause = -1;
      next.action();
    }
    this.#writer.time = this.#end;
  }

  #delay(): number {
    this.#random = (Math.imul(this.#random, 1103515245) + 12345) & 0x7fffffff;
    return 2_000 + (this.#random % 8_000);
  }

  #isCut(a: string, b: string, time: number): boolean {
    const side = (node: string): boolean => node === "n1" || node === "n2";
    return time >= CUT && time < HEAL && this.#nodes.includes(a) && this.#nodes.includes(b) && side(a) !== side(b);
  }

  #send(from: string, to: string, message: Message, onArrival?: () => void): void {
    const sent = this.#writer.sent(from, to, message);
    const arrival = this.#writer.time + this.#delay();
    if (this.#isCut(from, to, this.#writer.time)) {
      this.#writer.dropped(to, from, sent, message, "partition", "cut");
      return;
    }
    this.#at(arrival, () => {
      if (this.#isCut(from, to, arrival)) {
        this.#writer.dropped(to, from, sent, message, "partition", "cut");
        return;
      }
      this.#writer.cause = this.#writer.delivered(to, from, sent, message);
      onArrival?.();
    });
  }

  #role(node: string, role: string, leader: string, extra: Fields = {}): void {
    const id = this.#writer.state(0, node, "role", role, {
      term: this.#term,
      leader: role === "leader" ? node : leader,
      ...extra,
    });
    this.#marks.set(`${node} ${role}`, id);
  }

  #heartbeats(): void {
    const step = (this.#options.heartbeatMs ?? 50) * 1_000;
    for (let time = 0; time < this.#end; time += step) {
      this.#at(time, () => {
        for (const leader of ["n1", "n3"]) {
          const hasStopped = leader === "n1" ? time >= this.#fenceAt() : this.#leader !== "n3";
          if (hasStopped) continue;
          this.#writer.cause = this.#writer.timer(leader, "heartbeat");
          for (const peer of this.#nodes) {
            if (peer === leader) continue;
            this.#send(leader, peer, { type: "raft.heartbeat", term: leader === "n3" ? 2 : 1 }, () => {
              this.#send(peer, leader, { type: "raft.heartbeat-reply", term: 1 });
            });
          }
        }
      });
    }
  }

  #pings(): void {
    for (let time = 7_000; time < this.#end; time += 100_000) {
      for (const node of this.#nodes) {
        this.#at(time, () => {
          for (const peer of this.#nodes)
            if (peer !== node)
              this.#send(node, peer, { type: "detector.ping", seq: time }, () =>
                this.#send(peer, node, { type: "detector.ack", seq: time }),
              );
        });
      }
    }
  }

  #clients(): void {
    let value = 0;
    ["c1", "c2", "c3"].forEach((client, index) => {
      for (let time = 20_000 + index * 25_000; time < this.#end; time += 80_000) {
        const target = index === 0 && time < 11_000_000 ? "n1" : "n3";
        const written = value++;
        this.#at(time, () => this.#write(client, target, written, time));
      }
    });
  }

  #write(client: string, target: string, value: number, time: number): void {
    const isDark = time >= CUT - 1 && time < this.#openAt() + 20_000;
    if (isDark && time > CUT + 40_000 && time < CUT + 300_000) return;
    const invoke = this.#writer.invoke(client, "write", "x", { value });
    this.#writer.cause = invoke;
    this.#send(client, target, { type: "kv.request", id: value }, () => {
      if (!isDark)
        for (const peer of this.#nodes)
          if (peer !== this.#leader)
            this.#send(this.#leader, peer, { type: "raft.append", index: value }, () =>
              this.#send(peer, this.#leader, { type: "raft.append-reply", index: value }),
            );
    });
    if (!isDark) {
      this.#at(time + 18_000 + this.#delay(), () => {
        this.#ok++;
        this.#writer.complete(client, invoke, "ok");
      });
    } else if (time < CUT + 40_000) {
      this.#at(time + 250_000, () => {
        this.#info++;
        this.#writer.complete(client, invoke, "info", "timeout");
      });
    } else {
      this.#at(time + 12_000, () => {
        this.#fail++;
        this.#writer.complete(client, invoke, "fail", "not leader");
      });
    }
  }

  #fenceAt(): number {
    return this.#options.isFailing === true ? 10_980_000 : 10_214_000;
  }
  #openAt(): number {
    return 10_642_000;
  }

  #cutAndElect(): void {
    const groups = [["n1", "n2"], this.#nodes.slice(2)];
    this.#at(CUT, () => {
      this.#writer.cause = this.#writer.fault("start", "cut", {
        kind: "partition",
        spec: "{}",
        groups: JSON.stringify(groups),
        roles: "{}",
      });
      this.#links("cut");
    });
    const end = this.#fenceAt();
    this.#at(end, () => {
      this.#marks.set("closed", this.#writer.state(0, "n1", "writable", "no", { epoch: 1, reason: "no-lease" }));
    });
    this.#at(end + 6_000, () => {
      this.#writer.state(0, "n1", "coordinator", "split_brain_detected", { reason: "stale leadership" });
      this.#writer.state(0, "n1", "fence", "fencing", { epoch: 1, reason: "" });
    });
    this.#at(end + 22_000, () => {
      this.#marks.set("fenced", this.#writer.state(0, "n1", "fence", "fenced", { epoch: 1, reason: "" }));
      this.#role("n1", "follower", "");
      this.#writer.state(0, "n1", "coordinator", "resolved", { reason: "" });
    });
    for (let time = 10_520_000; time < Math.min(HEAL, this.#end); time += 410_000) {
      this.#at(time, () => {
        this.#writer.cause = this.#writer.timer("n2", "election");
        if (time < 10_600_000) this.#role("n2", "pre-candidate", "");
        for (const peer of this.#nodes)
          if (peer !== "n2")
            this.#send("n2", peer, { type: "raft.pre-vote", term: 2 }, () =>
              this.#send(peer, "n2", { type: "raft.pre-vote-reply", granted: true }),
            );
      });
    }
    this.#at(10_560_000, () => this.#campaign());
    this.#at(HEAL, () => {
      this.#writer.cause = this.#writer.fault("stop", "cut", { touched: 900 });
      this.#links("up");
    });
    this.#at(HEAL + 31_000, () => {
      this.#role("n1", "follower", "n3");
      this.#role("n2", "follower", "n3");
    });
    this.#at(HEAL + 2_100_000, () => {
      this.#writer.state(0, "n1", "fence", "open", { epoch: 2, reason: "" });
      this.#writer.state(0, "n1", "coordinator", "healthy", { reason: "" });
    });
  }

  #campaign(): void {
    const rest = this.#nodes.slice(3);
    this.#writer.cause = this.#writer.timer("n3", "election");
    this.#role("n3", "candidate", "");
    let votes = 1;
    for (const peer of this.#nodes) {
      if (peer === "n3") continue;
      this.#send("n3", peer, { type: "raft.vote", term: 2 }, () => {
        this.#send(peer, "n3", { type: "raft.vote-reply", term: 2, granted: true }, () => {
          votes++;
          if (votes !== 3) return;
          this.#term = 2;
          this.#leader = "n3";
          this.#role("n3", "leader", "", { votes: ["n3", ...rest].join() });
          for (const follower of rest) this.#role(follower, "follower", "n3");
        });
      });
    }
    this.#at(this.#openAt(), () =>
      this.#marks.set("open", this.#writer.state(0, "n3", "writable", "yes", { epoch: 2, reason: "" })),
    );
  }

  #links(value: "cut" | "up"): void {
    for (const a of this.#nodes)
      for (const b of this.#nodes)
        if (a !== b && this.#isCut(a, b, CUT)) this.#writer.state(1, a, `link>${b}`, value, { fault: "cut" });
  }

  #result(): RunResult {
    const isFailing = this.#options.isFailing === true;
    const counts = this.#writer.counts;
    const fence = this.#fenceAt();
    const mark = (name: string): number => this.#marks.get(name) ?? -1;
    const line = (time: number, text: string, limit: string, record: number) => ({
      time,
      since: time === CUT || time >= HEAL ? -1 : time - CUT,
      text,
      limit,
      record,
    });
    const story = [
      line(
        CUT,
        `The network splits: n1 n2 on one side, ${this.#nodes.slice(2).join(" ")} on the other. n1 leads term 1.`,
        "",
        -1,
      ),
      line(
        fence,
        "n1 stops taking writes: a majority has not answered for one lease.",
        "limit 0.225 s",
        mark("closed"),
      ),
      line(fence + 22_000, "n1 fences itself and steps down to follower.", "limit 0.325 s", mark("fenced")),
      line(10_586_000, "n3 is elected leader of term 2 by n3, n4 and n5.", "limit 2.000 s", mark("n3 leader")),
      line(10_690_000, "n3 acknowledges its first write. Clients had waited 0.701 s for one.", "", -1),
      line(HEAL, "The network heals. n1 follows n3 after 0.031 s and is healthy after 2.100 s.", "limit 5.000 s", -1),
    ].filter((item) => item.time <= this.#end && !(isFailing && item.record >= 0 && item.time >= fence));
    return {
      schema: 1,
      tool: { name: "Faultline", version: "0.1.0" },
      nodeVersion: "v20.20.2",
      scenario: { name: "split-2-3", about: "Five nodes split two and three; the old leader is in the pair." },
      scenarioName: "split-2-3",
      source: { path: "scenarios/seed/split-2-3.yaml", sha256: "00" },
      seed: "8841",
      nodes: [
        ...["c1", "c2", "c3"].map((id) => ({ id, program: "kv-client", role: "client" as const, config: {} })),
        ...this.#nodes.map((id) => ({
          id,
          program: "ha-node",
          role: "node" as const,
          config: { electionTimeoutMs: 300, heartbeatMs: 50 },
        })),
      ],
      faults: [
        {
          id: "cut",
          kind: "partition",
          spec: { shape: "split" },
          startedAt: CUT,
          stoppedAt: this.#end >= HEAL ? HEAL : -1,
          groups: [["n1", "n2"], this.#nodes.slice(2)],
          roles: { leader: ["n1"] },
          touched: counts[2] ?? 0,
          optional: false,
        },
      ],
      verdicts: verdicts(isFailing, { open: this.#openAt(), fence, record: mark("open") }),
      expects: [],
      story,
      summary: [],
      digest: this.#writer.digest(),
      endTime: this.#end,
      counts: {
        records: this.#writer.count,
        events: this.#writer.count,
        sent: counts[0] ?? 0,
        delivered: counts[1] ?? 0,
        dropped: counts[2] ?? 0,
        operations: counts[6] ?? 0,
        ok: this.#ok,
        fail: this.#fail,
        info: this.#info,
      },
      outcome: isFailing ? "violated" : "holds",
      exitCode: isFailing ? 1 : 0,
      timing: { startedAt: "2026-01-01T00:00:00.000Z", wallMs: 412 },
    };
  }
}

const RULES = [
  ["single-primary", "I08", "At most one node may write", 41_902],
  ["one-leader-per-term", "I01", "One leader per term", 41_902],
  ["lease-disjointness", "I07", "Write access needs a live lease", 3_118],
  ["fence-holds", "I13", "A fence that returned holds", 96],
  ["no-stale-epoch", "I09", "No stale epoch at the store", 1_877],
  ["acked-is-committed", "I10", "Acknowledged means committed", 1_412],
  ["no-acked-write-lost", "I11", "No acknowledged write is lost", 1_412],
  ["strict-quorum", "I05", "Quorum is a strict majority", 2_046],
  ["term-monotone", "I02", "Terms never go back", 20_388],
  ["rejoins", "I44", "Healed nodes rejoin in time", 2],
] as const;

function verdicts(isFailing: boolean, at: { open: number; fence: number; record: number }): Verdict[] {
  const list = RULES.map(([checker, invariant, title, judged]): Verdict => {
    const verdict: Verdict = {
      checker,
      invariant,
      title,
      rule: `${title}, at every instant.`,
      verdict: "holds",
      judged,
    };
    if (!isFailing || checker !== "single-primary") return verdict;
    return {
      ...verdict,
      verdict: "violated",
      violation: {
        record: at.record,
        time: at.open,
        nodes: ["n1", "n3"],
        message: "At 10.642 s two nodes had write access: n1 (epoch 1) and n3 (epoch 2).",
        expected: "n1 without write access before n3 gains it: its lease ends by 10.225 s.",
        observed: "n1 kept write access until 10.980 s; n3 gained it at 10.642 s. Overlap 0.338 s.",
      },
    };
  });
  list.push({
    checker: "lock-tokens-grow",
    invariant: "I23",
    title: "Lock tokens grow",
    rule: "Lock tokens grow.",
    verdict: "not-exercised",
    judged: 0,
    reason: "no lock used",
  });
  return list;
}
