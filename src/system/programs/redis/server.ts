import type { NodeEnv, Program, RunningProgram } from "../../ports/node.ts";
import type { RedisReply } from "../../ports/redis.ts";
import { Database, Refusal } from "./database.ts";
import { LockLedger } from "./lock-ledger.ts";
import type { RedisAnswer, RedisRequest } from "./protocol.ts";
import { SCRIPTS } from "./scripts.ts";

/** Connections remembered, and answers remembered of each: a command sent again is answered again, not run again. */
const SESSIONS_MAX = 256;
const ANSWERS_MAX = 256;
/** The longest it sleeps while keys have an end: so late it may notice that its clock was stepped forward. */
const SWEEP_MS_MAX = 1_000;

/**
 * One Redis server: the commands and the lock's scripts, expiry on its own wall clock, no persistence. A crash or a kill loses
 * everything, which is what `save ""` and `appendonly no` mean.
 *
 * It runs a command at the moment it arrives. Unlike on one TCP connection, two commands of a client may overtake each other on a
 * network that reorders; a command is run at most once for each life of the server.
 */
export const redisServer: Program<Readonly<Record<string, never>>> = {
  name: "redis",
  start(env: NodeEnv): RunningProgram {
    const server = new Server(env);
    env.transport.subscribe((from, message) => {
      if (message.type === "redis.request") env.transport.send(from, server.answer(from, message as RedisRequest));
    });
    return {};
  },
};

class Server {
  readonly #ledger: LockLedger;
  readonly #db: Database;
  readonly #sweep;
  readonly #sessions = new Map<string, Map<number, RedisAnswer>>();

  constructor({ clock, timers, observer }: NodeEnv) {
    this.#ledger = new LockLedger(observer);
    this.#db = new Database({ now: () => clock.wall(), watcher: this.#ledger });
    this.#sweep = timers.create("expiry", () => this.#expire());
  }

  answer(from: string, { session, id, command }: RedisRequest): RedisAnswer {
    const answers = this.#answersOf(`${from}/${session}`);
    const known = answers.get(id);
    if (known !== undefined) return known;
    const answer: RedisAnswer = { type: "redis.reply", session, id, ...this.#run(from, command) };
    answers.set(id, answer);
    trim(answers, ANSWERS_MAX);
    this.#expire();
    return answer;
  }

  #run(from: string, command: readonly string[]): { value: RedisReply; error: string } {
    try {
      return { value: this.#execute(from, command), error: "" };
    } catch (error) {
      if (error instanceof Refusal) return { value: null, error: error.message };
      throw error;
    }
  }

  #execute(from: string, [name = "", ...args]: readonly string[]): RedisReply {
    if (name === "EVALSHA") return this.#eval(from, args);
    this.#ledger.actor(from, "");
    const [key = "", value = "", ...rest] = args;
    switch (name) {
      case "GET":
        return this.#db.get(key) ?? null;
      case "SET":
        return this.#db.set(key, value, setOptions(rest)) ? "OK" : null;
      case "DEL":
        return this.#db.del(key) ? 1 : 0;
      case "PTTL":
        return this.#db.pttl(key);
      default:
        throw new Refusal(`ERR unknown command '${name}'`);
    }
  }

  #eval(by: string, [digest = "", count = "0", ...rest]: readonly string[]): RedisReply {
    const script = SCRIPTS.get(digest);
    if (script === undefined) throw new Refusal("NOSCRIPT No matching script. Please use EVAL.");
    const keys = rest.slice(0, Number(count));
    const args = rest.slice(Number(count));
    if (keys.length !== script.arity[0] || args.length !== script.arity[1])
      throw new Refusal("ERR wrong number of keys or arguments for this script");
    this.#ledger.actor(by, args[0] ?? "");
    return script.run({ db: this.#db, ledger: this.#ledger, keys, args, by });
  }

  /** Ends what is over, and wakes again for what is next. */
  #expire(): void {
    const nextMs = this.#db.sweep();
    if (nextMs === Infinity) this.#sweep.cancel();
    else this.#sweep.arm(Math.min(nextMs, SWEEP_MS_MAX));
  }

  #answersOf(name: string): Map<number, RedisAnswer> {
    let answers = this.#sessions.get(name);
    if (answers === undefined) {
      this.#sessions.set(name, (answers = new Map<number, RedisAnswer>()));
      trim(this.#sessions, SESSIONS_MAX);
    }
    return answers;
  }
}

function setOptions(words: readonly string[]): { ttlMs?: number; onlyIfAbsent?: boolean } {
  const at = words.indexOf("PX");
  return { ...(at < 0 ? {} : { ttlMs: Number(words[at + 1]) }), onlyIfAbsent: words.includes("NX") };
}

/** Forgets the oldest. */
function trim(map: Map<unknown, unknown>, size: number): void {
  for (const key of map.keys()) {
    if (map.size <= size) return;
    map.delete(key);
  }
}
