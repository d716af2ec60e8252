import type { NodeEnv, Program, RunningProgram } from "../../ports/node.ts";
import type { RedisReply } from "../../ports/redis.ts";
import type { Message } from "../../ports/transport.ts";
import { Database, Refusal } from "./database.ts";
import { LockLedger, type Grant } from "./lock-ledger.ts";
import { redisOrder } from "./orders.ts";
import type { RedisAnswer, RedisRequest } from "./protocol.ts";
import { SCRIPTS } from "./scripts.ts";
import { Sessions } from "./sessions.ts";

/** The longest it sleeps while keys have an end: so late it may notice that its clock was stepped forward. */
const SWEEP_MS_MAX = 1_000;

/**
 * One Redis server: the commands and the lock's scripts, expiry on its own wall clock, no persistence. A crash or a kill loses
 * everything, which is what `save ""` and `appendonly no` mean. Each life of it has a run id of its own.
 *
 * It runs a command at the moment it arrives. Unlike on one TCP connection, two commands of a client may overtake each other on a
 * network that reorders; a command is run at most once for each life of the server.
 *
 * Orders: `redis.slow`, `redis.failover` and `redis.serve`. A failover is a replica under the same name that lacks the last writes:
 * another run id, and no connection of the old one.
 */
export const redisServer: Program<Readonly<Record<string, never>>> = {
  name: "redis",
  start(env: NodeEnv): RunningProgram {
    const server = new Server(env);
    env.transport.subscribe((from, message) => {
      if (message.type === "redis.request") server.receive(from, message as RedisRequest);
    });
    return { control: (order) => server.control(order) };
  },
};

class Server {
  readonly #env: NodeEnv;
  readonly #ledger: LockLedger;
  readonly #db: Database<Grant>;
  readonly #sweep;
  /** Connections of this life: another one has others. */
  #sessions = new Sessions();
  #runId: string;
  #isServing = true;
  #slowMs = 0;

  constructor(env: NodeEnv) {
    const { clock, timers, observer } = env;
    this.#env = env;
    this.#ledger = new LockLedger(observer);
    this.#db = new Database<Grant>({
      now: () => clock.wall(),
      monotonic: () => clock.monotonic(),
      watcher: this.#ledger,
    });
    this.#sweep = timers.create("expiry", () => this.#expire());
    this.#runId = this.#newRunId();
    this.#observe();
  }

  receive(from: NodeEnv["id"], request: RedisRequest): void {
    // Sent again while its answer is held back: that one answers it.
    if (!this.#isServing || this.#sessions.isHeldBack(from, request)) return;
    const answer = this.#answer(from, request);
    if (this.#slowMs === 0) this.#env.transport.send(from, answer);
    else this.#holdBack(from, answer);
  }

  /** @throws {FaultlineError} `REDIS_ORDER` */
  control(message: Message): void {
    const order = redisOrder(message);
    switch (order.type) {
      case "redis.slow":
        this.#slowMs = order.byMs;
        break;
      case "redis.failover":
        this.#failOver(order.loseMs);
        break;
      case "redis.serve":
        this.#isServing = true;
        break;
    }
    this.#observe();
  }

  #failOver(loseMs: number): void {
    this.#isServing = false;
    this.#sessions = new Sessions();
    this.#runId = this.#newRunId();
    for (const change of this.#db.lose(loseMs)) this.#ledger.lost(change, this.#env.clock.wall());
    this.#expire();
  }

  /** An answer under way is lost with the life that gave it. */
  #holdBack(to: NodeEnv["id"], answer: RedisAnswer): void {
    const sessions = this.#sessions;
    sessions.holdBack(to, answer);
    this.#env.observer.point("redis.hold", { to, byMs: this.#slowMs });
    const timer = this.#env.timers.create("slow answer", () => {
      if (this.#sessions !== sessions) return;
      sessions.letGo(to, answer);
      this.#env.transport.send(to, answer);
    });
    timer.arm(this.#slowMs);
  }

  #answer(from: string, { session, id, command }: RedisRequest): RedisAnswer {
    const known = this.#sessions.answer(from, session, id);
    if (known !== undefined) return known;
    const answer: RedisAnswer = { type: "redis.reply", session, id, ...this.#run(from, command) };
    this.#sessions.remember(from, answer);
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
    return script.run({ db: this.#db, ledger: this.#ledger, keys, args, by, runId: this.#runId });
  }

  /** Ends what is over, and wakes again for what is next. */
  #expire(): void {
    const nextMs = this.#db.sweep();
    if (nextMs === Infinity) this.#sweep.cancel();
    else this.#sweep.arm(Math.min(nextMs, SWEEP_MS_MAX));
  }

  /** 160 bits in hexadecimal, as Redis has it. */
  #newRunId(): string {
    let id = "";
    for (let i = 0; i < 5; i++) id += this.#env.random.uint32().toString(16).padStart(8, "0");
    return id;
  }

  #observe(): void {
    const value = this.#isServing ? "serving" : "failing-over";
    this.#env.observer.state("redis", value, { runId: this.#runId, slowMs: this.#slowMs });
  }
}

function setOptions(words: readonly string[]): { ttlMs?: number; onlyIfAbsent?: boolean } {
  const at = words.indexOf("PX");
  return { ...(at < 0 ? {} : { ttlMs: Number(words[at + 1]) }), onlyIfAbsent: words.includes("NX") };
}
