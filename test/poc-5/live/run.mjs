// POC-5 of the seed (docs/components.md) with nothing simulated: a redis-server, an OFD behind HTTP, and tills that are processes with
// a SQLite file each. `--restart-redis` kills the redis-server in the middle of a sync instead.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as distributedLock from "./distributed-lock.mjs";
import * as hlcOrdering from "./hlc-ordering.mjs";
import * as networkFlapping from "./network-flapping.mjs";
import { Redis, RedisMissingError } from "./redis.mjs";
import * as redisRestart from "./redis-restart.mjs";
import { print, Report } from "./report.mjs";
import { World } from "./world.mjs";

const SEED = [distributedLock, networkFlapping, hlcOrdering];

/** What is to be ended, however this process ends. */
const open = { redis: undefined, world: undefined, folder: mkdtempSync(join(tmpdir(), "faultline-poc-5-")) };
process.on("exit", () => {
  open.world?.abandon();
  open.redis?.abandon();
  rmSync(open.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
});
process.once("SIGINT", () => process.exit(130));
process.once("SIGTERM", () => process.exit(143));

/** @returns {Promise<boolean>} whether it passed. */
async function runOne(scenario, name) {
  const report = new Report();
  report.begin(scenario.title);
  const world = await World.open({ folder: join(open.folder, name), redis: open.redis });
  open.world = world;
  try {
    return await scenario.run({ world, redis: open.redis, report });
  } catch (error) {
    report.broke(error);
    return report.end(scenario.title, []);
  } finally {
    await world.close();
  }
}

async function main() {
  const options = process.argv.slice(2);
  const unknown = options.filter((option) => option !== "--restart-redis");
  if (unknown.length > 0) {
    process.stderr.write(`unknown option ${unknown.join(" ")}; there is --restart-redis.\n`);
    return 2;
  }
  const scenarios = options.includes("--restart-redis") ? [redisRestart] : SEED;
  open.redis = await Redis.start(open.folder);
  let passed = 0;
  for (const [i, scenario] of scenarios.entries()) if (await runOne(scenario, String(i + 1))) passed++;
  await open.redis.kill();
  print("", `${String(passed)}/${String(scenarios.length)} scenarios PASS`);
  return passed === scenarios.length ? 0 : 1;
}

try {
  process.exit(await main());
} catch (error) {
  const isMissing = error instanceof RedisMissingError;
  process.stderr.write(`${isMissing ? error.message : (error.stack ?? String(error))}\n`);
  process.exit(isMissing ? 2 : 1);
}
