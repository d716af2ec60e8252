import type { GuardCoordinator, GuardPrimary } from "../../components/guard/guard-state.ts";
import { SplitBrainGuard, type SplitBrainGuardOptions } from "../../components/guard/split-brain-guard.ts";
import { markShown, standingOn } from "../../components/proxy/chain-standing.ts";
import type { ProxyNode, Standing } from "../../components/proxy/proxy-node.ts";
import type { SessionMark } from "../../components/proxy/session-mark.ts";
import { formatMark } from "../../components/proxy/session-mark.ts";
import { SqliteStateMachine, type SqlStatement } from "../../components/replication/sqlite-state-machine.ts";
import { FaultlineError } from "../../ports/errors.ts";
import type { NodeEnv, Program, RunningProgram } from "../../ports/node.ts";
import { SqlError, type SqlEngine, type SqlRow, type SqlValue } from "../../ports/sql-engine.ts";
import type { Plain } from "../../ports/transport.ts";
import type { HaNodeConfig } from "../ha-node/config.ts";
import { startHaNode, type HaNodeFacts } from "../ha-node/ha-node.ts";

/** Configuration of a `sql-node`: an `ha-node`'s, with settings of its guard. */
export interface SqlNodeConfig extends Omit<HaNodeConfig, "guard" | "reads"> {
  readonly guard?: Pick<SplitBrainGuardOptions, "interval" | "pollMs" | "checkMsMax" | "log" | "onState">;
}

/** What a transaction did. */
export interface SqlWritten {
  /** Rows that were changed. */
  readonly rows: number;
  /** Of the transaction, in the words of the proxy's cookie. */
  readonly mark: string;
}

/**
 * One node of a replicated SQLite database, in the hands of the application beside it. It is also what `startHttpProxy` stands before.
 *
 * Reads are local and may be old; a proxy before the application has each session see its own writes. A write is a transaction of
 * statements, made on the primary alone, and done when `durability` says: in a majority's logs, or in the primary's.
 */
export class SqlNode implements ProxyNode {
  readonly id: string;
  /** For `expressGuard` and its like, before the application's routes. */
  readonly guard: SplitBrainGuard;
  readonly #engine: SqlEngine;
  readonly #facts: HaNodeFacts;

  constructor(options: { env: NodeEnv; engine: SqlEngine; facts: HaNodeFacts; config: SqlNodeConfig }) {
    const { env, engine, facts, config } = options;
    const { id, clock, timers, observer } = env;
    this.id = id;
    this.#engine = engine;
    this.#facts = facts;
    const primary: GuardPrimary = {
      isPrimary: () => facts.isPrimary,
      primaryHostname: () => this.#otherPrimary(),
    };
    this.guard = new SplitBrainGuard({
      ...{ clock, timers, observer, primary, nodeId: id },
      ...config.guard,
      coordinator: () => this.#coordinator(),
    });
  }

  get isPrimary(): boolean {
    return this.#facts.isPrimary;
  }
  get epoch(): number {
    return this.#facts.epoch;
  }
  get lagMs(): number {
    return this.#facts.replication?.lagMs ?? Infinity;
  }
  primary(): string | undefined {
    return this.#facts.leader === "" ? undefined : this.#facts.leader;
  }
  position(): SessionMark | undefined {
    const { replication } = this.#facts;
    return replication === undefined ? undefined : markShown(replication.database);
  }
  standing(mark: SessionMark): Standing {
    const { replication } = this.#facts;
    return replication === undefined ? "behind" : standingOn(replication.database, mark);
  }

  /** Runs one statement that changes nothing, on this node's copy. @throws {SqlError} also when it would change something. */
  read(sql: string, parameters: readonly SqlValue[] = []): readonly SqlRow[] {
    const engine = this.#engine;
    engine.exec("PRAGMA query_only = ON");
    try {
      return engine.all(sql, parameters);
    } finally {
      engine.exec("PRAGMA query_only = OFF");
    }
  }

  /**
   * Makes one transaction of these statements, each run again on every copy.
   *
   * @throws {SqlError} when a statement failed, so that none had an effect, on any copy.
   * @throws {ChangesRefusedError} for a statement that would do something else on every copy.
   * @throws {DatabaseError} when this node may not write: nothing was changed.
   * @throws {FaultlineError} `WRITE_UNCONFIRMED` when it may have taken effect.
   */
  async write(statements: readonly SqlStatement[]): Promise<SqlWritten> {
    const changes = { statements: statements.map((one) => ({ ...one })) } as unknown as Plain;
    const { position, result } = await this.#facts.commit(changes);
    const { ok, rows = 0, error = "it failed" } = result as { ok: boolean; rows?: number; error?: string };
    if (!ok) throw new SqlError(statements.map(({ sql }) => sql).join("; "), error);
    return { rows, mark: formatMark({ txid: position.txid, epoch: this.#facts.epoch }) };
  }

  #otherPrimary(): string | undefined {
    const { leader } = this.#facts;
    return leader === "" || leader === this.id ? undefined : leader;
  }

  #coordinator(): GuardCoordinator {
    const { coordinator } = this.#facts;
    if (coordinator === undefined) throw new FaultlineError("NODE_STARTING", "this node has not read its disk yet.");
    return coordinator;
  }
}

/**
 * A program of one node whose data are a SQLite database.
 *
 * @param engine   Of this node alone, open as long as the program runs; its tables are changed by {@link SqlNode.write} and nothing else.
 * @param onStart  Is given the node before anything else happens.
 * @example
 * const program = sqlNode(await openWasmSqlite("data/n1.db"), (node) => serve(node));
 * await runLive({ program, config: { durability: "quorum" }, id: "n1", peers, dataDir: "data/n1" });
 */
export function sqlNode(engine: SqlEngine, onStart: (node: SqlNode) => void): Program<SqlNodeConfig> {
  return {
    name: "sql-node",
    start(env: NodeEnv, config: SqlNodeConfig): RunningProgram {
      const { guard, ...own } = config;
      const { facts, ...running } = startHaNode(env, own, new SqliteStateMachine(engine));
      const node = new SqlNode({ env, engine, facts, config: { ...(guard && { guard }) } });
      void node.guard.start();
      onStart(node);
      return {
        ...running,
        stop: () => {
          node.guard.stop();
          running.stop?.();
        },
      };
    },
  };
}
