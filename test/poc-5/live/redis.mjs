import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

const INSTALL = `redis-server is not in the PATH. Install it, and run this again:
  Debian, Ubuntu: apt-get install redis-server
  macOS:          brew install redis`;

/** There is no redis-server on this machine. */
export class RedisMissingError extends Error {
  constructor() {
    super(INSTALL);
  }
}

/** A real redis-server on a free loopback port, with no persistence: what it knew it forgets when it is killed. */
export class Redis {
  #process;
  /** Lives so far. */
  lives = 0;

  /** @param {{ port: number, folder: string }} place */
  constructor({ port, folder }) {
    this.port = port;
    this.folder = folder;
  }

  /** @param {string} folder  Its working directory. @throws {RedisMissingError} */
  static async start(folder) {
    if (spawnSync("redis-server", ["--version"]).error !== undefined) throw new RedisMissingError();
    const redis = new Redis({ port: await freePort(), folder });
    await redis.launch();
    return redis;
  }

  /** Starts it, and waits until it serves. */
  async launch() {
    const { port, folder } = this;
    const args = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder];
    const server = spawn("redis-server", args, { stdio: "ignore" });
    this.#process = server;
    this.lives++;
    for (let tries = 0; tries < 500; tries++) {
      if (server.exitCode !== null) throw new Error(`redis-server ended with ${String(server.exitCode)}.`);
      if (await answers(port)) return;
      await sleep(20);
    }
    throw new Error("redis-server does not answer.");
  }

  /** SIGKILL, as a power loss would, and waits until it is gone. */
  async kill() {
    const server = this.#process;
    this.#process = undefined;
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const exited = once(server, "exit");
    server.kill("SIGKILL");
    await exited;
  }

  /** Kills it without waiting: the last thing a process does. */
  abandon() {
    this.#process?.kill("SIGKILL");
  }
}

async function freePort() {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (probe.address());
  probe.close();
  await once(probe, "close");
  return port;
}

/** Whether Redis itself answers there. @param {number} port */
function answers(port) {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write("PING\r\n"));
    socket.once("data", (reply) => end(String(reply).startsWith("+PONG")));
    socket.once("error", () => end(false));
    function end(isThere) {
      socket.destroy();
      resolve(isThere);
    }
  });
}
