import { readFileSync, statSync } from "node:fs";
import type { MountPort } from "../components/settings/primary-marker.ts";

/** {@link MountPort} on this machine's file system. Errors other than a missing file are Node's own. */
export const fsMount: MountPort = {
  isDirectory: (path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true,
  readText: (path) => {
    try {
      return readFileSync(path, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  },
};
