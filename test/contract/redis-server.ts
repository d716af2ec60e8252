import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { connect, createServer, type AddressInfo } from "node:net";

/** A real redis-server on a free loopback port, without persistence but where it is asked for: the process of one test. */
export class RedisServer {
  readonly port: number;
  readonly #args: readonly string[];
  #process: ChildProcess | undefined;

  private constructor(port: number, args: readonly string[]) {
    this.port = port;
    this.#args = args;
  }

  /** @param args  Further settings, which weigh more than those of every test: `--appendonly yes --dir …`. */
  static async start(args: readonly string[] = []): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), args);
    await server.#launch();
    return server;
  }

  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    this.#process?.kill(signal);
  }

  /** Kills it, as a power loss would, and waits until it serves again. */
  async restart(): Promise<void> {
    await this.stop();
    await this.#launch();
  }

  async stop(): Promise<void> {
    const process = this.#process;
    this.#process = undefined;
    if (process === undefined || process.exitCode !== null) return;
    const exited = once(process, "exit");
    process.kill("SIGKILL");
    await exited;
  }

  async #launch(): Promise<void> {
    const args = ["--port", String(this.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
    const process = spawn("redis-server", [...args, "--dir", "/tmp", ...this.#args], { stdio: "ignore" });
    this.#process = process;
    for (let tries = 0; tries < 6_000; tries++) {
      if (process.exitCode !== null) throw new Error(`redis-server ended with ${String(process.exitCode)}.`);
      if (await isListening(this.port)) return;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error("redis-server does not answer.");
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
