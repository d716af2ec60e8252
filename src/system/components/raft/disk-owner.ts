import { FailStopError } from "../../ports/errors.ts";

/**
 * Refuses what another node wrote, before anything on the disk is changed: two nodes were given one volume, or a volume was moved.
 *
 * @param owner  Who wrote it; `""` when nobody said so.
 * @param file   Named in the error.
 * @throws {FailStopError}
 */
export function requireOwner(owner: string, id: string, file: string): void {
  if (owner === "" || owner === id) return;
  throw new FailStopError(
    `"${file}" was written by node ${owner}, and this is ${id}. Each node needs a disk of its own; this one was not touched.`,
    { node: id, owner, file },
  );
}
