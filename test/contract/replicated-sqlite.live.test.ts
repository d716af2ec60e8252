import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { readTail } from "../../src/system/components/replication/lost-and-found.ts";
import { FsDisk } from "../../src/system/live/fs-disk.ts";
import { compilePageProgram, ReplicatedCluster } from "./replicated-node.ts";

const root = mkdtempSync(join(tmpdir(), "faultline-replicated-"));
let file = "";
let cluster: ReplicatedCluster | undefined;
let clusters = 0;
beforeAll(() => {
  file = compilePageProgram(root);
});
afterEach(async () => cluster?.destroy());
afterAll(() => rmSync(root, { recursive: true, force: true }));

async function start(config: Record<string, unknown>): Promise<ReplicatedCluster> {
  cluster = await ReplicatedCluster.start({ file, root: join(root, `cluster-${String(++clusters)}`), config });
  return cluster;
}

const ITEMS = "SELECT item FROM orders ORDER BY id";
const POSITION = "SELECT position FROM _replication_position";
const others = (of: ReplicatedCluster, id: string): string[] => of.ids.filter((one) => one !== id);

/** What every copy has in its file when all are down: the same, or this says what not. */
async function copies(of: ReplicatedCluster): Promise<readonly string[]> {
  await of.stop();
  const all = await Promise.all(of.ids.map(async (id) => [await of.rows(id, ITEMS), await of.rows(id, POSITION)]));
  for (const one of all) expect(one).toEqual(all[0]);
  return (all[0]?.[0] ?? []).map((row) => String(row["item"]));
}

describe("a replicated SQLite database in three processes", () => {
  it("keeps every write that was answered when its primary is killed in the middle of writes (quorum)", async () => {
    const three = await start({ durability: "quorum", electionTimeoutMs: 800, heartbeatMs: 80 });
    await three.order("n1", "first");
    const { id: old, epoch } = await three.primary();
    const [one, two] = others(three, old) as [string, string];

    // Written through the proxy of one replica, read at the other with the cookie.
    const cookie = await three.order(one, "second");
    expect(cookie).toMatch(/^__txid=0000000000000002\.\d+$/);
    expect(await three.ask(two, "GET", "/orders", cookie)).toMatchObject({ status: 200, body: ["first", "second"] });

    const answered = ["first", "second"];
    const primary = { isKilled: false };
    const writing = (async () => {
      for (let i = 0; !primary.isKilled || i < 10; i++) {
        const answer = await three.ask(i % 2 === 0 ? one : two, "POST", `/orders/during-${String(i)}`);
        if (answer?.status === 201) answered.push(`during-${String(i)}`);
      }
    })();
    await three.until("some writes", 60_000, async () => (answered.length > 12 ? true : undefined));
    await three.kill(old);
    primary.isKilled = true;
    await writing;

    const next = await three.primary([one, two]);
    expect(next.epoch).toBeGreaterThan(epoch);
    const last = await three.order(one, "after");
    answered.push("after");
    const read = await three.ask(two, "GET", "/orders", last);
    expect(read?.status).toBe(200);
    expect(read?.body).toEqual(expect.arrayContaining(answered));

    // The killed one comes back, and shows what was written without it.
    three.startNode(old);
    const again = await three.until("the old primary reads", 60_000, async () => {
      const answer = await three.ask(old, "GET", "/orders", last);
      return answer?.status === 200 ? answer.body : undefined;
    });
    expect(again).toEqual(read?.body);

    const items = await copies(three);
    expect(items).toEqual(expect.arrayContaining(answered));
    expect(new Set(items).size).toBe(items.length);
  });

  it("keeps a write for people to find that died with its primary, and tells the one who made it (async)", async () => {
    // Long, so that a primary whom nobody hears may still write for a while.
    const three = await start({ durability: "async", electionTimeoutMs: 4_000, heartbeatMs: 100 });
    await three.order("n1", "kept");
    const { id: old } = await three.primary();
    const [one, two] = others(three, old) as [string, string];
    const kept = await three.order(old, "kept-too");
    for (const id of [one, two]) expect((await three.ask(id, "GET", "/orders", kept))?.status).toBe(200);

    await Promise.all([three.kill(one), three.kill(two)]);
    const lost = await three.ask(old, "POST", "/orders/lost");
    expect(lost?.status).toBe(201);
    await three.kill(old);

    three.startNode(one);
    three.startNode(two);
    const after = await three.order(one, "after", 60_000);
    three.startNode(old);
    const again = await three.until("the old primary follows", 60_000, async () => {
      const answer = await three.ask(old, "GET", "/orders", after);
      return answer?.status === 200 ? answer.body : undefined;
    });
    expect(again).toEqual(["kept", "kept-too", "after"]);
    expect(await three.ask(old, "GET", "/orders", lost?.cookie)).toMatchObject({
      status: 409,
      body: { code: "READ_YOUR_WRITES_LOST" },
    });

    expect(await copies(three)).toEqual(["kept", "kept-too", "after"]);
    const files = join(three.dataDir(old), "files");
    const [epoch = "", ...more] = readdirSync(join(files, "lost+found"));
    const tail = await readTail(await FsDisk.open(files), `lost+found/${epoch}`);
    expect([more, tail.map(({ changes }) => JSON.stringify(changes).includes('["lost"]'))]).toEqual([[], [true]]);
    for (const id of [one, two]) expect(readdirSync(join(three.dataDir(id), "files"))).not.toContain("lost+found");
  });

  it("has no writes while its designated primary is away, and goes on answering reads (static)", async () => {
    const three = await start({ durability: "async", election: "static", primary: "n2" });
    const cookie = await three.order("n1", "one");
    await three.until(
      "n3 reads",
      60_000,
      async () => (await three.ask("n3", "GET", "/orders", cookie))?.status === 200 || undefined,
    );
    await three.kill("n2");
    expect((await three.ask("n1", "POST", "/orders/two"))?.status).toBe(502);
    expect(await three.ask("n3", "GET", "/orders", cookie)).toMatchObject({ status: 200, body: ["one"] });

    three.startNode("n2");
    await three.order("n3", "three");
    await three.until("n1 has it", 60_000, async () => {
      const { body } = (await three.ask("n1", "GET", "/orders")) ?? {};
      return Array.isArray(body) && body.includes("three") ? true : undefined;
    });
    await three.until("n3 has it", 60_000, async () => {
      const { body } = (await three.ask("n3", "GET", "/orders")) ?? {};
      return Array.isArray(body) && body.includes("three") ? true : undefined;
    });
    expect(await copies(three)).toEqual(["one", "three"]);
  });
});
