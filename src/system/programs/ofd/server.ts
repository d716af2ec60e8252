import { HlcClock } from "../../components/hlc/hlc-clock.ts";
import { DiskOfdJournal } from "../../components/receipts/ofd-journal.ts";
import { OFD_SUCCESS, parseOfdMode, type OfdMode } from "../../components/receipts/ofd-modes.ts";
import { OfdRegister, type OfdVerdict } from "../../components/receipts/ofd-register.ts";
import { FaultlineError } from "../../ports/errors.ts";
import type { NodeEnv, NodeId, Program, RunningProgram } from "../../ports/node.ts";
import type { OfdReply, OfdRequest } from "./protocol.ts";

export interface OfdConfig {
  /** Whether a smaller fencing number than the largest seen is refused. Default true. */
  readonly checksTokens?: boolean;
}

/** Connections remembered, and answers remembered of each: a request sent again is answered again, not handled again. */
const SESSIONS_MAX = 256;
const ANSWERS_MAX = 256;
/** Tills may be wrong by so much. */
const MAX_OFFSET_MS = 10_000;

/**
 * A mock OFD: an {@link OfdRegister} with its journal and its clock on the node's disk. The order `ofd.mode` sets its mode; a new life
 * begins with `success`.
 */
export const ofdServer: Program<OfdConfig> = {
  name: "ofd",
  start(env: NodeEnv, config: OfdConfig): RunningProgram {
    let mode = OFD_SUCCESS;
    let server: Server | undefined;
    // Rejects when the disk fails, which ends the process.
    void Server.open(env, config).then((opened) => {
      opened.setMode(mode);
      server = opened;
    });
    return {
      stop: () => server?.close(),
      control: (order) => {
        if (order.type !== "ofd.mode")
          throw new FaultlineError("UNKNOWN_ORDER", `An OFD knows no order "${order.type}"; expected "ofd.mode".`, {
            order: order.type,
          });
        mode = parseOfdMode(order);
        server?.setMode(mode);
      },
    };
  },
};

class Server {
  readonly #env: NodeEnv;
  readonly #hlc: HlcClock;
  readonly #register: OfdRegister;
  /** By connection and number; `undefined` while it is being handled. */
  readonly #sessions = new Map<string, Map<number, OfdVerdict | undefined>>();

  private constructor(env: NodeEnv, hlc: HlcClock, register: OfdRegister) {
    this.#env = env;
    this.#hlc = hlc;
    this.#register = register;
    env.transport.subscribe((from, message) => {
      if (message.type === "ofd.register") void this.#onRequest(from, message as OfdRequest);
    });
  }

  /** Hears nobody until its clock is ready: what came before is sent again. */
  static async open(env: NodeEnv, { checksTokens = true }: OfdConfig): Promise<Server> {
    const { journal, entries } = await DiskOfdJournal.open({ disk: env.disk });
    const hlc = await HlcClock.open({ ...env, nodeId: env.id, maxOffsetMs: MAX_OFFSET_MS });
    const { timers, observer } = env;
    const register = new OfdRegister({ hlc, timers, observer, journal, entries, checksTokens });
    return new Server(env, hlc, register);
  }

  setMode(mode: OfdMode): void {
    if (mode !== this.#register.mode) this.#register.setMode(mode);
  }
  close(): void {
    this.#hlc.close();
  }

  async #onRequest(from: NodeId, request: OfdRequest): Promise<void> {
    const answers = this.#answersOf(`${from}/${request.session}`);
    if (answers.has(request.id)) {
      await this.#register.receive(request.hlc);
      const verdict = answers.get(request.id);
      if (verdict !== undefined) await this.#answer(from, request, verdict);
      return;
    }
    answers.set(request.id, undefined);
    trim(answers, ANSWERS_MAX);
    const { key, posId, payload, receiptHlc, fencing, hlc } = request;
    const verdict = await this.#register.register({ key, posId, payload, receiptHlc, fencing, hlc, by: from });
    if (answers.has(request.id)) answers.set(request.id, verdict);
    await this.#answer(from, request, verdict);
  }

  async #answer(to: NodeId, { session, id }: OfdRequest, verdict: OfdVerdict): Promise<void> {
    if (verdict.outcome === "silent") return;
    const isRefused = verdict.outcome === "refused";
    const content = {
      type: "ofd.reply" as const,
      session,
      id,
      error: isRefused ? verdict.code : "",
      reason: isRefused ? verdict.reason : "",
      largest: isRefused ? verdict.largest : "",
      isReplay: isRefused ? false : verdict.isReplay,
      acceptedHlc: isRefused ? "" : verdict.acceptedHlc,
    };
    let hlc: string;
    try {
      hlc = await this.#register.stamp();
    } catch {
      // Without a stamp nothing is sent, and the sender asks again.
      return;
    }
    const reply: OfdReply = { ...content, hlc };
    this.#env.transport.send(to, reply);
  }

  #answersOf(name: string): Map<number, OfdVerdict | undefined> {
    let answers = this.#sessions.get(name);
    if (answers === undefined) {
      this.#sessions.set(name, (answers = new Map<number, OfdVerdict | undefined>()));
      trim(this.#sessions, SESSIONS_MAX);
    }
    return answers;
  }
}

/** Forgets the oldest. */
function trim(map: Map<unknown, unknown>, size: number): void {
  for (const key of map.keys()) {
    if (map.size <= size) return;
    map.delete(key);
  }
}
