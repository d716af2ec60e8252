/**
 * The files of one node. Paths are relative, `/`-separated, without `.` or `..` segments; parent directories need not be made.
 *
 * What a call wrote can be read at once, but survives a power loss only after `sync` of that file. A name that was created,
 * renamed or removed survives a power loss only after `syncDirectory` of its directory. Calls on one file take effect in call
 * order; an append or write of which the machine died may survive in part (a torn write).
 *
 * Every method rejects with {@link DiskError}. After a failed `sync` the file's unsynced bytes are gone for good: never retry
 * and acknowledge, stop. They can still be read, also by the next process, until the power is lost; to the process that was told
 * every later `sync` of the file fails, until it writes the whole file.
 */
export interface Disk {
  /** The whole file, or `undefined` when it does not exist. The caller owns the bytes. */
  read(path: string): Promise<Uint8Array | undefined>;
  /** Replaces the whole file (creates it). Not atomic: write to another name, `sync`, `rename`, `syncDirectory` for that. */
  write(path: string, bytes: Uint8Array): Promise<void>;
  /** Adds bytes at the end of the file (creates it). What does not fit (`DISK_FULL`) leaves the bytes as they were. */
  append(path: string, bytes: Uint8Array): Promise<void>;
  /** Cuts the file to `length` bytes, 0…its size. */
  truncate(path: string, length: number): Promise<void>;
  /** Renames over whatever has the new name, atomically. */
  rename(from: string, to: string): Promise<void>;
  /** Removes a file; nothing happens when it does not exist. */
  remove(path: string): Promise<void>;
  /** Names (not paths) of the files in a directory, ordered by code unit; empty when the directory does not exist. `""` is the root. */
  list(directory: string): Promise<string[]>;
  /** Makes the file's bytes durable (fsync). */
  sync(path: string): Promise<void>;
  /** Makes the names in a directory durable (fsync of the directory). `""` is the root. */
  syncDirectory(directory: string): Promise<void>;
}
