import type { RedisAnswer } from "./protocol.ts";

/** Connections remembered, and answers remembered of each. */
const SESSIONS_MAX = 256;
const ANSWERS_MAX = 256;

/** What a server answered on each connection: a command sent again is answered again, not run again. */
export class Sessions {
  readonly #sessions = new Map<string, Map<number, RedisAnswer>>();
  readonly #held = new Set<string>();

  answer(from: string, session: string, id: number): RedisAnswer | undefined {
    return this.#sessions.get(`${from}/${session}`)?.get(id);
  }

  remember(from: string, answer: RedisAnswer): void {
    const name = `${from}/${answer.session}`;
    let answers = this.#sessions.get(name);
    if (answers === undefined) {
      this.#sessions.set(name, (answers = new Map<number, RedisAnswer>()));
      trim(this.#sessions, SESSIONS_MAX);
    }
    answers.set(answer.id, answer);
    trim(answers, ANSWERS_MAX);
  }

  holdBack(from: string, call: Call): void {
    this.#held.add(nameOf(from, call));
  }
  letGo(from: string, call: Call): void {
    this.#held.delete(nameOf(from, call));
  }
  isHeldBack(from: string, call: Call): boolean {
    return this.#held.has(nameOf(from, call));
  }
}

/** One command of a connection. */
interface Call {
  readonly session: string;
  readonly id: number;
}

function nameOf(from: string, { session, id }: Call): string {
  return `${from}/${session}/${String(id)}`;
}

/** Forgets the oldest. */
function trim(map: Map<unknown, unknown>, size: number): void {
  for (const key of map.keys()) {
    if (map.size <= size) return;
    map.delete(key);
  }
}
