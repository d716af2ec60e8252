import type { Redis } from "ioredis";
import { ScenarioError } from "../../lab/scenario/problems.ts";
import type { RedisAddress } from "./redis-address.ts";
import type { QueueEvent } from "./unit-queue.ts";

/** The packages of a fleet, which only who has one installs. */
export interface FleetPackages {
  readonly bullmq: typeof import("bullmq");
  readonly ioredis: typeof import("ioredis");
}

const CONNECT_TIMEOUT_MS = 5_000;
/** Between tries to reach a Redis that went away, ms at most. */
const RETRY_MS_MAX = 2_000;

/**
 * Loads what a fleet needs.
 *
 * @throws {ScenarioError} `FLEET_PACKAGE` when it is not installed.
 */
export async function loadPackages(
  load: (name: "bullmq" | "ioredis") => Promise<unknown> = (name) =>
    name === "bullmq" ? import("bullmq") : import("ioredis"),
): Promise<FleetPackages> {
  try {
    return { bullmq: await load("bullmq"), ioredis: await load("ioredis") } as FleetPackages;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ERR_MODULE_NOT_FOUND" && code !== "MODULE_NOT_FOUND") throw error;
    const message = "A fleet needs two packages that are not installed.";
    throw refusal("FLEET_PACKAGE", message, "npm install bullmq ioredis", error);
  }
}

/** What every client is told. */
interface ClientOptions {
  readonly host: string;
  readonly port: number;
  readonly db: number;
  readonly username?: string;
  readonly password?: string;
  readonly tls?: object;
}

interface PatientOptions extends ClientOptions {
  readonly maxRetriesPerRequest: null;
  readonly retryStrategy: (times: number) => number | null;
}

/**
 * How clients reach it. They wait for a Redis that went away, and do not give up on what they were asked.
 *
 * @param life  Ends the waiting.
 */
export function connectionOf(address: RedisAddress, life: AbortSignal): PatientOptions {
  return {
    ...optionsOf(address),
    maxRetriesPerRequest: null,
    retryStrategy: (times) => (life.aborted ? null : Math.min(RETRY_MS_MAX, 50 * times)),
  };
}

function optionsOf({ host, port, db, username, password, tls }: RedisAddress): ClientOptions {
  return {
    ...{ host, port, db },
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(tls === undefined ? {} : { tls }),
  };
}

/** A client that tells when its Redis goes away and comes back. */
export function openClient(
  address: RedisAddress,
  { ioredis }: FleetPackages,
  life: AbortSignal,
  tell: (event: Extract<QueueEvent, { type: "away" | "back" }>) => void,
): Redis {
  const client = new ioredis.Redis(connectionOf(address, life));
  let isAway = false;
  client.on("error", () => undefined);
  client.on("close", () => {
    if (!isAway && client.status !== "end") tell({ type: "away", reason: `Redis at ${address.text} does not answer.` });
    isAway = true;
  });
  client.on("ready", () => {
    if (isAway) tell({ type: "back" });
    isAway = false;
  });
  return client;
}

/**
 * Looks whether a Redis is there and lets us in, before anything is begun.
 *
 * @returns what should be otherwise about it, for people.
 * @throws {ScenarioError} `FLEET_REDIS` when it does not answer as a Redis does, `FLEET_AUTH` when it does not know us.
 */
export async function probe(address: RedisAddress, { ioredis }: FleetPackages): Promise<string[]> {
  const { text } = address;
  const client = new ioredis.Redis({
    ...optionsOf(address),
    lazyConnect: true,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    connectTimeout: CONNECT_TIMEOUT_MS,
  });
  // What a client says last tells more than that its connection is closed.
  let said: Error | undefined;
  client.on("error", (error: Error) => (said ??= error));
  let timeout: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timeout = setTimeout(() => reject(new Error("it says nothing")), CONNECT_TIMEOUT_MS);
  });
  try {
    return await Promise.race([warningsOf(client, text), late]);
  } catch (error) {
    throw unreachable(text, said ?? (error as Error));
  } finally {
    clearTimeout(timeout);
    client.disconnect();
  }
}

async function warningsOf(client: Redis, text: string): Promise<string[]> {
  await client.connect();
  const policy = /^maxmemory_policy:(\S+)/m.exec(await client.info("memory"))?.[1] ?? "noeviction";
  if (policy === "noeviction") return [];
  return [
    `The Redis at ${text} throws keys away when its memory is full (maxmemory-policy ${policy}), and units with them. Set it to noeviction.`,
  ];
}

function unreachable(text: string, cause: Error): ScenarioError {
  if (/^(NOAUTH|WRONGPASS|NOPERM)/.test(cause.message)) {
    const message = `The Redis at ${text} does not let us in (${cause.message.split(" ")[0] ?? ""}).`;
    return refusal(
      "FLEET_AUTH",
      message,
      "redis://user:password@host with a user and a password that it knows; FAULTLINE_QUEUE keeps them off the command line",
      cause,
    );
  }
  const reason = (cause as NodeJS.ErrnoException).code ?? cause.message.replace(/\.$/, "");
  const message = `No Redis answers at ${text} (${reason}).`;
  return refusal(
    "FLEET_REDIS",
    message,
    "a Redis from version 6.2 that this machine can reach: are host and port right, is it rediss://, does a firewall stand between",
    cause,
  );
}

function refusal(code: string, message: string, expected: string, cause: unknown): ScenarioError {
  return new ScenarioError([{ code, path: [], file: "--queue", message, expected }], { cause });
}

/** Waits for work, but not longer. @returns whether it was done. */
export async function within(ms: number, work: Promise<unknown>): Promise<boolean> {
  let timeout: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => (timeout = setTimeout(resolve, ms, false)));
  const isDone = await Promise.race([work.then(() => true), late]);
  clearTimeout(timeout);
  return isDone;
}
