/** A remark on a file of the repository, as GitHub Actions reads it from a log. */
export interface Annotation {
  readonly file: string | undefined;
  readonly line: string | undefined;
  readonly title: string;
  readonly text: string;
}

/** The command that makes an annotation; it must begin a line. */
export function annotation({ text, ...about }: Annotation): string {
  const properties = Object.entries(about).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${escapeProperty(value)}`],
  );
  return `::error ${properties.join(",")}::${escapeMessage(text)}\n`;
}

/** Text that a table of Markdown shows as it is. */
export function cell(text: string): string {
  return text
    .replace(/[&<>]/g, (character) => (character === "&" ? "&amp;" : character === "<" ? "&lt;" : "&gt;"))
    .replace(/[\\|`*_[\]]/g, "\\$&")
    .replace(/\s+/g, " ");
}

function escapeMessage(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeMessage(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
