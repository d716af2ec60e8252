import { link, mkdir, open, readFile, rm, writeFile } from "node:fs/promises";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { assert, FaultlineError } from "../ports/errors.ts";

/** Fencing numbers are signed 64-bit integers, and an epoch takes 2^32 of them. */
const EPOCH_MAX = 2_147_483_646;
const SERVER = /^\S{1,256}\n$/;

/**
 * Which epoch each life of a lock's server has, agreed by all processes that use one folder: the `epochOf` of a lock that several
 * processes of one machine take.
 *
 * Epoch N is the file `N`, which holds the server's id. It appears whole and only where there was none (`link`), after its maker has read
 * all before it; so no two servers have one number, no server has two, and who came second looks again.
 *
 * @remarks An agreement of those who see this very folder, no more. Processes on several machines need what they share anyway: a
 * replicated buffer, a database. Without any agreement a lock still numbers its grants upwards for as long as its server remembers.
 * @example
 * const epochs = await EpochFolder.open("/var/lib/pos/epochs");
 * const lock = new RedisLock({ ...ports, redis, epochOf: (serverId) => epochs.epochOf(serverId) });
 */
export class EpochFolder {
  readonly #path: string;
  readonly #epochs = new Map<string, number>();
  #last = 0;
  #queue: Promise<unknown> = Promise.resolve();

  private constructor(path: string) {
    this.#path = path;
  }

  /** Makes the folder where there is none; its parent is there. */
  static async open(path: string): Promise<EpochFolder> {
    await mkdir(path, { recursive: true });
    await syncFolder(join(path, ".."));
    return new EpochFolder(path);
  }

  /**
   * The epoch of a server, durable before it is given: 1 for the first, one more for each new one.
   *
   * @param serverId 1…256 units without white space: a Redis run id.
   * @throws {FaultlineError} `EPOCH_FOLDER_DAMAGED` when a file holds no server's id; else what the file system refuses.
   */
  async epochOf(serverId: string): Promise<number> {
    assert(/^\S{1,256}$/.test(serverId), "a server id has 1…256 units and no white space", { serverId });
    const asked = this.#queue.then(() => this.#find(serverId));
    this.#queue = asked.catch(() => undefined);
    return asked;
  }

  async #find(serverId: string): Promise<number> {
    const known = this.#epochs.get(serverId);
    if (known !== undefined) return known;
    for (let epoch = this.#last + 1; epoch <= EPOCH_MAX; epoch++) {
      const server = (await this.#read(epoch)) ?? (await this.#enter(epoch, serverId));
      // What another process made may not be durable yet; a number that is given out must not come to mean another server.
      await syncFolder(this.#path);
      this.#epochs.set(server, epoch);
      this.#last = epoch;
      if (server === serverId) return epoch;
    }
    throw damaged(this.#path, "it is full");
  }

  async #read(epoch: number): Promise<string | undefined> {
    const file = this.#file(epoch);
    let text: string;
    try {
      text = await readFile(file, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
    if (!SERVER.test(text)) throw damaged(file, `it holds "${text.slice(0, 80)}"`);
    return text.slice(0, -1);
  }

  /** Gives an epoch to a server. @returns whose it is now: another one's, when another process was faster. */
  async #enter(epoch: number, serverId: string): Promise<string> {
    const fresh = join(this.#path, `new-${randomUUID()}`);
    try {
      await writeFile(fresh, `${serverId}\n`, { flag: "wx", flush: true });
      await link(fresh, this.#file(epoch));
      return serverId;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      return (await this.#read(epoch)) as string;
    } finally {
      await rm(fresh, { force: true });
    }
  }

  #file(epoch: number): string {
    return join(this.#path, String(epoch));
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function damaged(file: string, why: string): FaultlineError {
  return new FaultlineError("EPOCH_FOLDER_DAMAGED", `"${file}" names no server of a lock: ${why}.`, { file });
}
