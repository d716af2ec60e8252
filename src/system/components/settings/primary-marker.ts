import { LiteFSConfigError } from "../../ports/errors.ts";
import type { PrimaryDetectorPort } from "../../ports/split-brain.ts";

/**
 * What the file `.primary` in the mount means.
 *
 * `seed`: it stands on the node that may write, with its name and epoch. `litefs`: LiteFS itself, where it is the opposite: it exists
 * on a connected replica alone and holds the name of the primary.
 */
export type MarkerSemantics = "seed" | "litefs";

/** A mounted directory, read at once. */
export interface MountPort {
  /** Whether there is a directory at the path. */
  isDirectory(path: string): boolean;
  /** Content of a file; `undefined` when there is none. */
  readText(path: string): string | undefined;
}

export interface PrimaryMarkerOptions {
  readonly mount: MountPort;
  readonly mountPath: string;
  readonly semantics: MarkerSemantics;
  /** This node, as markers name it. */
  readonly nodeId: string;
}

/**
 * Reads who is the primary off the mount. It is evidence, not permission: a marker can be older than the lease it was written under, so
 * the split-brain check comes before it and the epoch in the database after it.
 */
export class PrimaryMarker implements PrimaryDetectorPort {
  readonly #options: PrimaryMarkerOptions;

  constructor(options: PrimaryMarkerOptions) {
    this.#options = options;
  }

  /** @throws {LiteFSConfigError} `LITEFS_MOUNT_PATH` when nothing is mounted: without the mount a missing file means nothing. */
  isPrimary(): boolean {
    return this.#read().isPrimary;
  }

  /** Who the marker names when it is not this node. @throws as {@link isPrimary} does. */
  primaryHostname(): string | undefined {
    return this.#read().primaryHostname;
  }

  #read(): { readonly isPrimary: boolean; readonly primaryHostname?: string } {
    const { mount, mountPath, semantics, nodeId } = this.#options;
    requireMount(mount, mountPath);
    const text = mount.readText(`${mountPath}/.primary`);
    if (text === undefined) return { isPrimary: semantics === "litefs" };
    const named = semantics === "litefs" ? text.trim() : nodeOf(text);
    if (semantics === "seed" && (named === "" || named === nodeId)) return { isPrimary: true };
    return named === "" ? { isPrimary: false } : { isPrimary: false, primaryHostname: named };
  }
}

/** @throws {LiteFSConfigError} `LITEFS_MOUNT_PATH` when there is no directory. */
export function requireMount(mount: MountPort, mountPath: string): void {
  if (mount.isDirectory(mountPath)) return;
  throw new LiteFSConfigError(
    "LITEFS_MOUNT_PATH",
    `LiteFS mount path validation failed: "${mountPath}" is not a directory. Is LiteFS running?`,
    { mountPath },
  );
}

/** Node of a marker as `WriteFence` writes it; `""` for any other content. */
function nodeOf(text: string): string {
  try {
    const { node } = JSON.parse(text) as { readonly node?: unknown };
    return typeof node === "string" ? node : "";
  } catch {
    return "";
  }
}
