// A process that writes to a database until it is killed: commits rows of transactions, then stops in the middle of one.
import { createRequire } from "node:module";
import { betterSqliteEngine, type BetterSqliteLike } from "../../src/system/live/better-sqlite.ts";
import { openNodeSqlite } from "../../src/system/live/node-sqlite.ts";
import { openWasmSqlite } from "../../src/system/live/wasm-sqlite.ts";
import type { SqlEngine } from "../../src/system/ports/sql-engine.ts";

interface Config {
  readonly kind: string;
  readonly path: string;
  readonly committed: number;
}

async function open({ kind, path }: Config): Promise<SqlEngine> {
  if (kind === "node-sqlite3-wasm") return openWasmSqlite(path);
  if (kind === "node:sqlite") return openNodeSqlite(path);
  const Database = createRequire(import.meta.url)(kind) as new (file: string) => BetterSqliteLike;
  return betterSqliteEngine(new Database(path));
}

const config = JSON.parse(process.argv[2] ?? "") as Config;
const engine = await open(config);
engine.exec("CREATE TABLE rows (n INTEGER PRIMARY KEY, text TEXT)");
const insert = (n: number): number => engine.run("INSERT INTO rows VALUES (?, ?)", [n, "x".repeat(3_000)]);
for (let n = 1; n <= config.committed; n++) engine.transaction(() => insert(n));
// Of a page cache this small most of the next transaction goes into the WAL before its end.
engine.exec("PRAGMA cache_size = 10");
engine.exec("BEGIN IMMEDIATE");
for (let n = 1_001; n <= 1_500; n++) insert(n);
process.stdout.write(`${JSON.stringify({ kind: "in the middle" })}\n`);
// Until it is killed.
setInterval(() => undefined, 1_000);
