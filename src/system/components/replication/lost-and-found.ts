import type { Disk } from "../../ports/disk.ts";
import { FrameBuffer } from "../raft/frame-buffer.ts";
import { readFrames } from "../raft/frame-reader.ts";
import { decodeTransaction, encodeTransaction, type Transaction } from "./transaction.ts";

const DIRECTORY = "lost+found";

/** Writes transactions that are about to be dropped to `lost+found/<epoch>`, or to `<epoch>.2` … when that exists. @returns the path, durable. */
export async function writeTail(disk: Disk, epoch: number, transactions: readonly Transaction[]): Promise<string> {
  const names = await disk.list(DIRECTORY);
  let name = String(epoch);
  for (let n = 2; names.includes(name); n++) name = `${String(epoch)}.${String(n)}`;
  const path = `${DIRECTORY}/${name}`;
  const frames = new FrameBuffer();
  for (const one of transactions) frames.add(encodeTransaction(one));
  await disk.write(path, frames.take());
  await disk.sync(path);
  await disk.syncDirectory(DIRECTORY);
  return path;
}

/** The transactions of a file of `lost+found`, each whole; none when there is no such file. */
export async function readTail(disk: Disk, path: string): Promise<readonly Transaction[]> {
  const bytes = await disk.read(path);
  return readFrames(bytes ?? new Uint8Array(0), path).frames.map(({ value }) => decodeTransaction(value as never));
}
