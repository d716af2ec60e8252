import { beforeAll, describe, expect, it } from "vitest";
import { loadFile } from "../../../src/cli/scenario-files.ts";
import { runScenario } from "../../../src/lab/run/run-scenario.ts";
import type { KvReply, KvRequest } from "../../../src/system/programs/kv/protocol.ts";
import type { RunResult } from "../../../src/trace/result.ts";
import type { TraceRecord } from "../../../src/trace/record.ts";

const SECOND = 1_000_000;
const [CUT, HEALED] = [6 * SECOND, 14 * SECOND];
/** LEASE of ET = 300 ms and what clocks may differ, and the way of an answer that was decided before. */
const SETTLED = CUT + 2 * SECOND;

/** One answer to a write, as its client gets it. */
interface Answer {
  readonly time: number;
  readonly node: string;
  readonly client: string;
  readonly seq: number;
  readonly said: string;
}

// S10, judged on the messages between clients and nodes and on the records of the stores.
describe.each(["1", "2"])("writes on replicas and in a split, seed %s", (seed) => {
  let result: RunResult;
  let records: readonly TraceRecord[];
  let answers: readonly Answer[];
  const leaderAt = (time: number): string =>
    records.findLast((one) => one.kind === "state" && one.key === "role" && one.value === "leader" && one.time < time)
      ?.node ?? "";
  /** What the nodes of which `is` holds said to writes in a window, each once. */
  const saidBy = (is: (node: string) => boolean, from: number, to: number): string[] => {
    const found = answers.filter(({ node, time }) => is(node) && time >= from && time < to);
    return [...new Set(found.map(({ said }) => said))].sort();
  };
  const namesOf = (name: string): Set<string> =>
    new Set(
      records
        .filter((one) => one.kind === "point")
        .filter((one) => one.name === name && String(one.fields["client"]) !== "")
        .map(({ fields }) => `${String(fields["client"])} #${String(fields["seq"])}`),
    );

  beforeAll(async () => {
    const [loaded] = await loadFile("scenarios/seed/replica-split-writes.yaml");
    if (loaded === undefined) throw new Error("there is no scenario");
    const run = await runScenario(loaded.input, { seed, keepTrace: true });
    if (run.trace === undefined) throw new Error("the run kept no trace");
    const { trace } = run;
    result = run.result;
    records = Array.from({ length: trace.count }, (_, id) => trace.record(id));
    const asked = new Map<string, { client: string; seq: number }>();
    const found: Answer[] = [];
    for (const record of records) {
      if (record.kind !== "sent") continue;
      const { time, node, to, message } = record;
      if (message.type === "kv.request") {
        const { id, client, seq, operation } = message as KvRequest;
        if (operation === "write") asked.set(`${node} ${id}`, { client, seq });
      }
      if (message.type !== "kv.reply") continue;
      const { id, outcome, error, leader } = message as KvReply;
      const write = asked.get(`${to} ${id}`);
      if (write === undefined) continue;
      const said = outcome === "ok" ? "ok" : `${outcome} ${error} ${leader}`.trim();
      found.push({ time, node, ...write, said });
    }
    answers = found;
  });

  it("holds, and what every guard said is judged", () => {
    expect(result.outcome).toBe("holds");
    expect(result.verdicts.find(({ invariant }) => invariant === "I37")?.judged).toBeGreaterThan(1_000);
  });

  it("answers a write on a replica with NotPrimaryError and the name of the primary", () => {
    const primary = leaderAt(CUT);
    expect(saidBy((node) => node !== primary, 3 * SECOND, CUT)).toEqual([`fail ENOTPRIMARY ${primary}`]);
    expect(saidBy((node) => node === primary, 3 * SECOND, CUT)).toEqual(["ok"]);
  });

  it("answers with SplitBrainError where a split was found, though that node is no primary either", () => {
    const old = leaderAt(CUT);
    const primary = leaderAt(HEALED);
    expect(primary).not.toBe(old);
    expect(saidBy((node) => node === old, SETTLED, HEALED)).toEqual(["fail ESPLITBRAIN"]);
    expect(saidBy((node) => node === primary, SETTLED, HEALED)).toEqual(["ok"]);
    // Its companion never led: it is no primary, and knows of none.
    const others = saidBy((node) => node !== old && node !== primary, SETTLED, HEALED);
    expect(others).toEqual(["fail ENOTPRIMARY", `fail ENOTPRIMARY ${primary}`]);
  });

  it("lets nothing take effect that was refused", () => {
    const accepted = namesOf("store.accept");
    const passed = new Set(
      answers.filter(({ said }) => !/^fail E/.test(said)).map(({ client, seq }) => `${client} #${seq}`),
    );
    const refused = new Set(answers.map(({ client, seq }) => `${client} #${seq}`).filter((one) => !passed.has(one)));
    expect(refused.size).toBeGreaterThan(150);
    const committed = namesOf("store.commit");
    expect([...refused].filter((one) => accepted.has(one) || committed.has(one))).toEqual([]);
    expect([...committed].filter((one) => !accepted.has(one))).toEqual([]);
  });
});
