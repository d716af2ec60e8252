import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { LiveKvClient } from "./live-kv-client.ts";
import { compileSystem, freeAddresses, LiveProcess, type Line } from "./live-process.ts";

const IDS = ["n1", "n2", "n3"];
const TTL_MS = 2_000;

let root = "";
let client: LiveKvClient;
const nodes = new Map<string, LiveProcess>();

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "faultline-halt-"));
  const compiled = compileSystem(join(root, "js"));
  const free = await freeAddresses(IDS.length);
  const addresses = Object.fromEntries(IDS.map((id, i) => [id, free[i] as string]));
  for (const id of IDS)
    nodes.set(
      id,
      new LiveProcess(compiled("src/system/live/run-live-process.ts"), {
        module: compiled("src/system/programs/ha-node/ha-node.ts"),
        export: "haNode",
        // Slow elections: the machine that runs this may be busy, and the primary shall stay the same.
        config: {
          ...{ durability: "async", electionTimeoutMs: 1_500, heartbeatMs: 100 },
          halt: { ttlMs: TTL_MS, sweepMs: 200, keepMs: 1_000 },
        },
        id,
        peers: addresses,
        dataDir: join(root, id),
        untilStdinEnds: true,
      }),
    );
  client = await LiveKvClient.open("c1", addresses);
});
afterAll(async () => {
  await client.close();
  for (const node of nodes.values()) await node.destroy();
  rmSync(root, { recursive: true, force: true });
});

const node = (id: string): LiveProcess => nodes.get(id) as LiveProcess;
const isPoint = (line: Line, name: string, fields: Readonly<Record<string, unknown>>): boolean =>
  line.name === name && Object.entries(fields).every(([key, value]) => line.fields?.[key] === value);

it("a replica writes by right of a halt lock, which ends by the primary's clock when its holder is stopped", async () => {
  const claims = IDS.map(async (id) => {
    await node(id).line(`${id} may write`, ({ key, value }) => key === "writable" && value === "yes");
    return id;
  });
  for (const claim of claims) claim.catch(() => undefined);
  const primary = await Promise.any(claims);
  const replica = IDS.find((id) => id !== primary) as string;

  await client.untilOk("write", "k1", "theirs", { among: [replica] });
  const commit = await node(primary).line(
    "the posted transaction",
    ({ name, fields }) => name === "repl.commit" && fields?.["halt"] !== undefined,
  );
  expect(commit.fields?.["key"]).toBe("k1");
  await node(primary).line("the end", (line) => isPoint(line, "halt.end", { by: replica, reason: "released" }));
  expect((await client.untilOk("read", "k1", null, { among: [replica] })).value).toBe("theirs");

  // More than it can post before it is stopped.
  const start = node(primary).lines.length;
  const many = Array.from({ length: 150 }, (_, i) => client.attempt(replica, "write", "many", i));
  await node(primary).line("a lock", (line) => isPoint(line, "halt.grant", { by: replica }), { start });
  node(replica).signal("SIGSTOP");
  const own = client.untilOk("write", "k2", "ours", { among: [primary] });
  await node(primary).line("its end", (line) => isPoint(line, "halt.end", { by: replica, reason: "expired" }), {
    start,
  });
  await own;

  node(replica).signal("SIGCONT");
  await Promise.all(many);
  await client.untilOk("write", "k3", "theirs again", { among: [replica] });
  // Who wrote at the primary's position has all that the primary had.
  expect((await client.untilOk("read", "k2", null, { among: [replica] })).value).toBe("ours");
  expect(IDS.flatMap((id) => node(id).lines.filter(({ name }) => name === "divergence"))).toEqual([]);
});
