import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FsDisk } from "../../src/system/live/fs-disk.ts";
import { SystemClock } from "../../src/system/live/system-clock.ts";
import { SystemRandom } from "../../src/system/live/system-random.ts";
import { SystemTimers } from "../../src/system/live/system-timers.ts";
import { TcpTransport } from "../../src/system/live/tcp-transport.ts";
import { nodeId, type NodeEnv } from "../../src/system/ports/node.ts";
import { silentObserver } from "../../src/system/ports/observer.ts";
import type { Body, Control, World } from "./world.ts";

interface Running {
  readonly env: NodeEnv;
  readonly address: string;
  stop(): Promise<void>;
}

async function startNode(
  ids: readonly string[],
  id: string,
  incarnation: number,
  root: string,
  listen: string,
): Promise<Running & { transport: TcpTransport }> {
  const timers = new SystemTimers();
  const disk = await FsDisk.open(join(root, id));
  const transport = await TcpTransport.listen({ id: nodeId(id), listen });
  const env: NodeEnv = {
    id: nodeId(id),
    incarnation,
    peers: ids.filter((other) => other !== id).map(nodeId),
    clock: new SystemClock(),
    timers,
    random: new SystemRandom(),
    transport,
    disk,
    observer: silentObserver,
  };
  return {
    env,
    transport,
    address: transport.address,
    stop: async () => {
      timers.close();
      await transport.close();
      await disk.close();
    },
  };
}

/**
 * This machine: every node in this process, with sockets, timers and files of its own.
 *
 * @param options.directory  Where the files are. Default the system's temporary directory.
 */
export function liveWorld(options: { readonly directory?: string } = {}): World {
  return {
    async run<T>(main: Body<T>, others: Readonly<Record<string, Body>> = {}): Promise<T> {
      const root = await mkdtemp(join(options.directory ?? tmpdir(), "faultline-contract-"));
      const ids = ["n1", ...Object.keys(others)];
      const nodes = new Map<string, Awaited<ReturnType<typeof startNode>>>();
      let fail: (error: unknown) => void = () => undefined;
      const failed = new Promise<never>((_, reject) => (fail = reject));
      const introduce = (): void => {
        for (const node of nodes.values()) {
          for (const [id, other] of nodes) if (id !== node.env.id) node.transport.setAddress(nodeId(id), other.address);
        }
      };
      const restart = async (id: string): Promise<void> => {
        const old = nodes.get(id);
        if (old === undefined) throw new Error(`There is no node ${id}.`);
        await old.stop();
        nodes.set(id, await startNode(ids, id, old.env.incarnation + 1, root, old.address));
        introduce();
        runOther(id);
      };
      const control: Control = {
        restart: (id) => void setImmediate(() => void restart(id).catch(fail)),
        failSyncs: async (path) => {
          // fsync of a character device fails, as that of a broken disk does; only another file in its place mends it.
          await symlink("/dev/null", join(root, "n1", path));
          return () => undefined;
        },
      };
      const runOther = (id: string): void => {
        const node = nodes.get(id);
        if (node !== undefined) void others[id]?.(node.env, control).catch(fail);
      };
      try {
        for (const id of ids) nodes.set(id, await startNode(ids, id, 1, root, "127.0.0.1:0"));
        introduce();
        for (const id of Object.keys(others)) runOther(id);
        return await Promise.race([main((nodes.get("n1") as Running).env, control), failed]);
      } finally {
        for (const node of nodes.values()) await node.stop();
        await rm(root, { recursive: true, force: true });
      }
    },
  };
}
