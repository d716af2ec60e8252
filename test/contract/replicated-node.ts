import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { openWasmSqlite } from "../../src/system/live/wasm-sqlite.ts";
import type { SqlRow } from "../../src/system/ports/sql-engine.ts";
import { snippetsOf } from "../docs/snippets.ts";
import { javascriptOf } from "./javascript.ts";
import { compileSystem, freeAddresses } from "./live-process.ts";

/** What a request came back with. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
  /** The proxy's cookie, ready to be sent back; `""` for none. */
  readonly cookie: string;
}

export interface Status {
  readonly id: string;
  readonly isPrimary: boolean;
  readonly epoch: number;
  readonly primary: string;
}

const PAGE = "docs/replicated-database.md";

/** Compiles the program of the page about the replicated database against the sources of now. @returns its file. */
export function compilePageProgram(folder: string): string {
  compileSystem(folder);
  symlinkSync(resolve("node_modules"), join(folder, "node_modules"));
  const program = snippetsOf(PAGE).find(({ language }) => language === "ts")?.text ?? "";
  const file = join(folder, "database-node.js");
  const local = javascriptOf(PAGE, program).replaceAll(/"faultline\/(live|programs)"/g, `"./src/system/$1/index.js"`);
  writeFileSync(file, local);
  return file;
}

/** Processes of the page's program, one a node, and clients of their proxies. */
export class ReplicatedCluster {
  readonly ids = ["n1", "n2", "n3"];
  readonly #file: string;
  readonly #root: string;
  readonly #config: unknown;
  readonly #peers: Record<string, string> = {};
  readonly #proxies: Record<string, string> = {};
  readonly #processes = new Map<string, ChildProcess>();
  #output = "";

  private constructor(options: { file: string; root: string; config: unknown }) {
    this.#file = options.file;
    this.#root = options.root;
    this.#config = options.config;
  }

  static async start(options: { file: string; root: string; config: unknown }): Promise<ReplicatedCluster> {
    const cluster = new ReplicatedCluster(options);
    const addresses = await freeAddresses(2 * cluster.ids.length);
    cluster.ids.forEach((id, i) => {
      cluster.#peers[id] = addresses[2 * i] as string;
      cluster.#proxies[id] = `http://${addresses[2 * i + 1] as string}`;
    });
    for (const id of cluster.ids) cluster.startNode(id);
    return cluster;
  }

  dataDir(id: string): string {
    return join(this.#root, id);
  }

  startNode(id: string): void {
    mkdirSync(this.#root, { recursive: true });
    const told = { id, peers: this.#peers, proxies: this.#proxies, dataDir: this.dataDir(id), config: this.#config };
    const child = spawn(process.execPath, [this.#file, JSON.stringify(told)], { stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => (this.#output += `${id}: ${text}`));
    this.#processes.set(id, child);
  }

  /** Ends a process as a power cut does, seen from the process. */
  async kill(id: string): Promise<void> {
    const child = this.#processes.get(id);
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  }

  /** Ends all in order, so that their files can be read. */
  async stop(): Promise<void> {
    await Promise.all(
      [...this.#processes.values()].map(async (child) => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        child.kill("SIGTERM");
        await once(child, "exit");
      }),
    );
  }

  async destroy(): Promise<void> {
    for (const id of this.ids) await this.kill(id);
  }

  /** Asks the proxy of one node, once. @returns `undefined` when nothing came back. */
  async ask(id: string, method: string, path: string, cookie = ""): Promise<Answer | undefined> {
    try {
      const response = await fetch(`${this.#proxies[id] as string}${path}`, {
        method,
        signal: AbortSignal.timeout(10_000),
        ...(cookie === "" ? {} : { headers: { cookie } }),
      });
      const text = await response.text();
      const isJson = response.headers.get("content-type")?.includes("json") === true;
      const set = response.headers.getSetCookie()[0] ?? "";
      return { status: response.status, body: isJson ? JSON.parse(text) : text, cookie: set.split(";")[0] ?? "" };
    } catch {
      return undefined;
    }
  }

  /** Writes an order through a node's proxy until it is taken. @returns the cookie. @throws after `limitMs`. */
  async order(id: string, item: string, limitMs = 60_000): Promise<string> {
    return this.until(`${id} takes ${item}`, limitMs, async () => {
      const answer = await this.ask(id, "POST", `/orders/${item}`);
      return answer?.status === 201 ? answer.cookie : undefined;
    });
  }

  /** The node that says it is the primary. */
  primary(among: readonly string[] = this.ids): Promise<Status> {
    return this.until("a primary", 30_000, async () => {
      const found = await Promise.all(among.map((id) => this.ask(id, "GET", "/status")));
      return found.map((one) => one?.body as Status | undefined).find((one) => one?.isPrimary === true);
    });
  }

  /** What `look` finds, as soon as it finds something. */
  async until<T>(what: string, limitMs: number, look: () => Promise<T | undefined>): Promise<T> {
    for (const end = performance.now() + limitMs; performance.now() < end;) {
      const found = await look();
      if (found !== undefined) return found;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`Not seen within ${String(limitMs)} ms: ${what}\n${this.#output.slice(-4_000)}`);
  }

  /** What stands in a node's database file, read by SQLite when the node is down. */
  async rows(id: string, sql: string): Promise<readonly SqlRow[]> {
    const engine = await openWasmSqlite(join(this.dataDir(id), "orders.db"));
    try {
      return engine.all(sql);
    } finally {
      engine.close();
    }
  }
}
