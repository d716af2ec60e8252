import type { Disk } from "../../ports/disk.ts";
import type { DiskRoom } from "../raft/disk-room.ts";
import { FrameBuffer } from "../raft/frame-buffer.ts";
import { readFrames } from "../raft/frame-reader.ts";
import { decodeTransaction, encodeTransaction, type Transaction } from "./transaction.ts";

const DIRECTORY = "lost+found";

/**
 * Writes transactions that are about to be dropped to `lost+found/<epoch>`, or to `<epoch>.2` … when that exists.
 *
 * @param room  Waits for room on a full disk.
 * @returns the path, durable.
 */
export async function writeTail(
  disk: Disk,
  epoch: number,
  transactions: readonly Transaction[],
  room?: DiskRoom,
): Promise<string> {
  const names = await disk.list(DIRECTORY);
  let name = String(epoch);
  for (let n = 2; names.includes(name); n++) name = `${String(epoch)}.${String(n)}`;
  const path = `${DIRECTORY}/${name}`;
  const frames = new FrameBuffer();
  for (const one of transactions) frames.add(encodeTransaction(one));
  const bytes = frames.take();
  const write = (): Promise<void> => disk.write(path, bytes);
  await (room === undefined ? write() : room.fit(write));
  await disk.sync(path);
  await disk.syncDirectory(DIRECTORY);
  return path;
}

/** The transactions of a file of `lost+found`, each whole; none when there is no such file. */
export async function readTail(disk: Disk, path: string): Promise<readonly Transaction[]> {
  const bytes = await disk.read(path);
  return readFrames(bytes ?? new Uint8Array(0), path).frames.map(({ value }) => decodeTransaction(value as never));
}
