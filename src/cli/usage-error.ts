/** A command line that cannot be understood: exit 2. */
export class UsageError extends Error {
  override name = "UsageError";
}

export const NAME_FILES = "Name scenario files, or folders of them. (replay, shrink, diff and merge take results.)";
