import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { LiveKvClient, within } from "./live-kv-client.ts";
import { compileSystem, freeAddresses, LiveProcess, type Line } from "./live-process.ts";

const IDS = ["n1", "n2", "n3"];

let root = "";
let compiled: (source: string) => string;
let addresses: Record<string, string> = {};
const nodes = new Map<string, LiveProcess>();
let client: LiveKvClient;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "faultline-cluster-"));
  compiled = compileSystem(join(root, "js"));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

beforeEach(async () => {
  const data = mkdtempSync(join(root, "data-"));
  const free = await freeAddresses(IDS.length);
  addresses = Object.fromEntries(IDS.map((id, i) => [id, free[i] as string]));
  for (const id of IDS) start(id, data);
  client = await LiveKvClient.open("c1", addresses);
});
afterEach(async () => {
  await client.close();
  for (const node of nodes.values()) await node.destroy();
  nodes.clear();
});

let dataDir = (_id: string): string => "";

function start(id: string, data?: string): void {
  if (data !== undefined) dataDir = (one) => join(data, one);
  nodes.set(
    id,
    new LiveProcess(compiled("src/system/live/run-live-process.ts"), {
      module: compiled("src/system/programs/ha-node/ha-node.ts"),
      export: "haNode",
      // Slower than the default: the machine that runs this may be busy.
      config: { electionTimeoutMs: 600, heartbeatMs: 60 },
      id,
      peers: addresses,
      dataDir: dataDir(id),
      untilStdinEnds: true,
    }),
  );
}

const node = (id: string): LiveProcess => nodes.get(id) as LiveProcess;
const isState = (line: Line, key: string, value: string): boolean =>
  line.kind === "state" && line.key === key && line.value === value;
const epochOf = (line: Line): number => line.fields?.["epoch"] as number;

/** How many lines each node has said; `from` these on, something is new. */
const marks = (): Map<string, number> => new Map(IDS.map((id) => [id, node(id).lines.length]));

/** The first of these nodes that may write, by its own word, from these marks on. */
async function writer(
  among: readonly string[],
  from: ReadonlyMap<string, number> = new Map(),
): Promise<{ id: string; epoch: number }> {
  const claims = among.map(async (id) => {
    const line = await node(id).line(`${id} may write`, (one) => isState(one, "writable", "yes"), {
      start: from.get(id) ?? 0,
    });
    return { id, epoch: epochOf(line) };
  });
  // The others' wait ends with their process.
  for (const claim of claims) claim.catch(() => undefined);
  return Promise.any(claims);
}

/** A node that was seen to write, with the epoch of its last claim to. */
function lastWriter(id: string): { id: string; epoch: number } {
  const claim = node(id).lines.findLast((line) => isState(line, "writable", "yes"));
  return { id, epoch: claim === undefined ? 0 : epochOf(claim) };
}

describe("three ha-node processes on loopback", () => {
  it("elect a leader, and replicate what it commits to every store", async () => {
    await writer(IDS);
    const { by } = await client.untilOk("write", "k1", "v1");
    const { epoch } = lastWriter(by);
    expect(epoch).toBeGreaterThanOrEqual(1);
    const commits = IDS.map((one) =>
      node(one).line("the commit", ({ name, fields }) => name === "store.commit" && fields?.["value"] === "v1"),
    );
    for (const { fields } of await Promise.all(commits)) {
      expect(fields).toMatchObject({ key: "k1", epoch, client: "c1", seq: 1 });
    }
    expect((await client.untilOk("read", "k1")).value).toBe("v1");
  });

  it("go on with a new leader when the old one is stopped, and take it back when it continues", async () => {
    await writer(IDS);
    const old = lastWriter((await client.untilOk("write", "k1", "before")).by);
    const others = IDS.filter((id) => id !== old.id);

    const stoppedAt = marks();
    node(old.id).signal("SIGSTOP");
    const next = await writer(others, stoppedAt);
    expect(next.epoch).toBeGreaterThan(old.epoch);
    expect(others).toContain((await client.untilOk("write", "k1", "after", { among: others })).by);

    // This write waits in the stopped leader's socket: it is the first thing that the leader sees, and it still believes to lead.
    const stale = client.attempt(old.id, "write", "k1", "stale");
    expect(await within(stale, 200)).toBeUndefined();
    const continuedAt = marks();
    node(old.id).signal("SIGCONT");
    const reply = await within(stale, 20_000);
    expect(reply?.outcome).toBe("fail");
    await node(old.id).line(
      "the old leader follows",
      (one) => isState(one, "role", "follower") && (one.fields?.["term"] as number) >= next.epoch,
      {
        start: continuedAt.get(old.id) ?? 0,
      },
    );

    // It is a member again when it holds what was committed without it, and what comes now.
    const rest = await client.untilOk("write", "k2", "rejoined", { among: others });
    expect(others).toContain(rest.by);
    for (const value of ["after", "rejoined"]) {
      await node(old.id).line(
        `the old leader stores ${value}`,
        ({ name, fields }) => name === "store.commit" && fields?.["value"] === value,
      );
    }
    expect((await client.untilOk("read", "k1", null, { among: others })).value).toBe("after");
    for (const id of IDS)
      expect(
        node(id).lines.filter(({ name, fields }) => name === "store.commit" && fields?.["value"] === "stale"),
      ).toEqual([]);
  });

  it("keep what was acknowledged when all three are killed and started again", async () => {
    await writer(IDS);
    for (let i = 0; i < 10; i++) await client.untilOk("write", `k${String(i)}`, `v${String(i)}`);
    await Promise.all(IDS.map((one) => node(one).destroy()));
    for (const one of IDS) start(one);
    const back = await writer(IDS);
    expect(node(back.id).lines.find(({ kind }) => kind === "started")).toMatchObject({ incarnation: 2 });
    for (let i = 0; i < 10; i++) expect((await client.untilOk("read", `k${String(i)}`)).value).toBe(`v${String(i)}`);
  });
});
