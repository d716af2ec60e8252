import { join } from "node:path";
import type { Disk } from "../ports/disk.ts";
import { FailStopError, FaultlineError } from "../ports/errors.ts";
import { nodeId, type NodeEnv, type NodeId, type Program, type RunningProgram } from "../ports/node.ts";
import { silentObserver, type Observer } from "../ports/observer.ts";
import { takeDataDir } from "./data-dir.ts";
import { FsDisk } from "./fs-disk.ts";
import { ProcessWatchdog } from "./process-watchdog.ts";
import { SystemClock } from "./system-clock.ts";
import { SystemRandom } from "./system-random.ts";
import { SystemTimers } from "./system-timers.ts";
import type { TcpLimits } from "./tcp-limits.ts";
import { TcpTransport } from "./tcp-transport.ts";

/** Exit code of a process whose program failed: `EX_SOFTWARE`. */
export const EXIT_UNCAUGHT = 70;
/** Exit code of a process whose program stopped itself for safety: `EX_TEMPFAIL`. */
export const EXIT_FAIL_STOP = 75;

const INCARNATION_FILE = "incarnation";
const NODE_ID = /^[a-z][a-z0-9-]{0,31}$/;

export interface RunLiveOptions<Config> {
  readonly program: Program<Config>;
  readonly config: Config;
  readonly id: string;
  /** The members of the cluster, id → `host:port`. It may hold `id` itself, so that all nodes can be given the same. */
  readonly peers: Readonly<Record<string, string>>;
  /** `host:port`; by default this node's own entry in `peers`. */
  readonly listen?: string;
  /** Directory of this node alone; made when it is not there. The program's files are in its `files/`. */
  readonly dataDir: string;
  /** Makes the node's observer once its incarnation is known; by default nothing is observed. */
  readonly observer?: (node: { id: NodeId; incarnation: number; clock: SystemClock }) => Observer;
  readonly limits?: Partial<TcpLimits>;
  /** Starts a process beside this one that the program may arm as its watchdog. Default false. */
  readonly watchdog?: boolean;
  /** Hears why the process ends, before `exit`. */
  readonly onExit?: (end: { code: number; error: unknown }) => void;
  /** Ends the process; `process.exit` by default. */
  readonly exit?: (code: number) => void;
}

/** A program that runs on this machine. */
export interface LiveNode {
  readonly env: NodeEnv;
  /** `host:port` at which the node listens. */
  readonly address: string;
  /** Ends the program in order, then its timers, connections and files. */
  stop(): Promise<void>;
}

/**
 * Starts an unchanged program on this machine: real clocks, TCP, files and fsyncs.
 *
 * An error that leaves the program ends the process with {@link EXIT_UNCAUGHT}, a {@link FailStopError} with
 * {@link EXIT_FAIL_STOP}; nothing of the program is called on the way. One process runs one node, because such an error names no node.
 *
 * @throws {FaultlineError} `LIVE_CONFIG` for an id or address that cannot be; what the port refuses.
 * @throws {FailStopError} when the data directory is another node's, or of a process that may be alive.
 * @example
 * const node = await runLive({ program: haNode, config, id: "n1", peers: { n1: "127.0.0.1:7001", n2: "127.0.0.1:7002" }, dataDir: "data/n1" });
 */
export async function runLive<Config>(options: RunLiveOptions<Config>): Promise<LiveNode> {
  const id = checkId(options.id);
  const others = Object.keys(options.peers).filter((peer) => peer !== id);
  const peers = others.map(checkId).sort((a, b) => (a < b ? -1 : 1));
  const listen = options.listen ?? options.peers[id];
  if (listen === undefined)
    throw new FaultlineError("LIVE_CONFIG", `Node ${id} has no address: give "listen" or an entry for it in "peers".`, {
      id,
    });

  const giveBack = takeDataDir(options.dataDir, id);
  try {
    return await start(options, { id, peers, others, listen, giveBack });
  } catch (error) {
    giveBack();
    throw error;
  }
}

interface Place {
  readonly id: NodeId;
  readonly peers: readonly NodeId[];
  readonly others: readonly string[];
  readonly listen: string;
  /** Gives the data directory back. */
  readonly giveBack: () => void;
}

async function start<Config>(options: RunLiveOptions<Config>, place: Place): Promise<LiveNode> {
  const { id, peers, others, listen, giveBack } = place;
  const incarnation = await nextIncarnation(options.dataDir);
  const disk = await FsDisk.open(join(options.dataDir, "files"));
  const addresses = Object.fromEntries(others.map((peer) => [peer, options.peers[peer] as string]));
  const transport = await TcpTransport.listen({
    id,
    listen,
    peers: addresses,
    ...(options.limits && { limits: options.limits }),
  });
  const clock = new SystemClock();
  const timers = new SystemTimers();
  const observer = options.observer?.({ id, incarnation, clock }) ?? silentObserver;
  const watchdog = options.watchdog === true ? await ProcessWatchdog.start() : undefined;
  const env: NodeEnv = {
    ...{ id, incarnation, peers, clock, timers, transport, disk, observer },
    random: new SystemRandom(),
    ...(watchdog && { watchdog }),
  };

  let running: RunningProgram | undefined;
  let isEnding = false;
  const release = async (): Promise<void> => {
    timers.close();
    await transport.close();
    await disk.close();
    await watchdog?.close();
    giveBack();
    process.off("uncaughtException", onUncaught);
  };
  const onUncaught = (error: unknown): void => {
    if (isEnding) return;
    isEnding = true;
    timers.close();
    void transport.close();
    const code = isFailStop(error) ? EXIT_FAIL_STOP : EXIT_UNCAUGHT;
    options.onExit?.({ code, error });
    (options.exit ?? process.exit)(code);
  };
  // Rejections that nobody handles come here too: the runtime raises them as uncaught exceptions.
  process.on("uncaughtException", onUncaught);
  try {
    running = options.program.start(env, options.config);
  } catch (error) {
    onUncaught(error);
  }
  return {
    env,
    address: transport.address,
    stop: async () => {
      if (!isEnding) running?.stop?.();
      isEnding = true;
      await release();
    },
  };
}

/** Counts the starts of a data directory, durably, before anything else happens: no two starts share a number. */
async function nextIncarnation(dataDir: string): Promise<number> {
  const disk = await FsDisk.open(dataDir);
  const before = await readIncarnation(disk);
  const incarnation = before + 1;
  await disk.write(`${INCARNATION_FILE}.next`, new TextEncoder().encode(`${String(incarnation)}\n`));
  await disk.sync(`${INCARNATION_FILE}.next`);
  await disk.rename(`${INCARNATION_FILE}.next`, INCARNATION_FILE);
  await disk.syncDirectory("");
  await disk.close();
  return incarnation;
}

async function readIncarnation(disk: Disk): Promise<number> {
  const bytes = await disk.read(INCARNATION_FILE);
  if (bytes === undefined) return 0;
  const text = new TextDecoder().decode(bytes);
  const value = /^[1-9]\d{0,14}\n$/.test(text) ? Number(text) : NaN;
  if (!Number.isSafeInteger(value)) {
    throw new FaultlineError(
      "LIVE_INCARNATION",
      `The file "${INCARNATION_FILE}" of the data directory holds no number; it was altered or damaged.`,
      { text },
    );
  }
  return value;
}

function isFailStop(error: unknown): boolean {
  return (
    error instanceof FailStopError ||
    (error instanceof Error && (error as Partial<FaultlineError>).code === "FAIL_STOP")
  );
}

function checkId(id: string): NodeId {
  if (!NODE_ID.test(id))
    throw new FaultlineError("LIVE_CONFIG", `"${id}" is not a node's name; expected ${NODE_ID.source}.`, { got: id });
  return nodeId(id);
}
