/** An error of the report with a stable code; the message says what is missing and what to do. */
export class ReportError extends Error {
  override name = "ReportError";
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(`${code}: ${message}`, options);
    this.code = code;
  }
}
