import { FaultlineError } from "../../ports/errors.ts";
import type { SqlEngine, SqlRow } from "../../ports/sql-engine.ts";
import type { Receipt, ReceiptStatus } from "./receipt.ts";

const VERSION = "1";

const IS_WAITING = `status IN ('pending', 'syncing')`;

/**
 * What a claim may take, and what counts against the capacity. Named with its index, which the planner, not knowing how much is synced
 * by now, would pass over for a sort.
 */
export const WAITING = `receipts INDEXED BY receipts_waiting WHERE ${IS_WAITING}`;

/**
 * The tables of a receipt buffer. The columns `hlc_…` are the stamps' parts, ms since the epoch, for people and reports: the order is
 * that of the texts, as `encodeStamp` writes them, by `BINARY` collation.
 */
const SCHEMA = `
CREATE TABLE IF NOT EXISTS receipt_buffer (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS receipts (
  id TEXT NOT NULL UNIQUE,
  pos_id TEXT NOT NULL,
  hlc TEXT NOT NULL,
  hlc_local_time INTEGER,
  hlc_logical_counter INTEGER,
  hlc_server_time INTEGER,
  payload TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('pending', 'syncing', 'synced', 'failed')),
  retry_count INTEGER NOT NULL,
  claim TEXT NOT NULL,
  server_hlc TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS receipts_waiting ON receipts (hlc, id) WHERE ${IS_WAITING};
CREATE INDEX IF NOT EXISTS receipts_status ON receipts (status);
CREATE INDEX IF NOT EXISTS receipts_pos ON receipts (pos_id, hlc);
CREATE TABLE IF NOT EXISTS server_epochs (epoch INTEGER PRIMARY KEY, server_id TEXT NOT NULL UNIQUE) STRICT;
INSERT INTO receipt_buffer VALUES ('version', '${VERSION}'), ('largest_claim', '0') ON CONFLICT DO NOTHING;
`;

/** Makes the tables where they are not. @throws {FaultlineError} `BUFFER_VERSION` for those of another version. */
export function createSchema(engine: SqlEngine): void {
  engine.transaction(() => {
    engine.exec(SCHEMA);
    const found = readSetting(engine, "version");
    if (found !== VERSION) {
      throw new FaultlineError(
        "BUFFER_VERSION",
        `the receipt buffer has version ${found}; this package reads ${VERSION}. Open it with the package that wrote it.`,
        { found, known: VERSION },
      );
    }
  });
}

export function readSetting(engine: SqlEngine, key: "version" | "largest_claim"): string {
  return engine.all("SELECT value FROM receipt_buffer WHERE key = ?", [key])[0]?.["value"] as string;
}

/** The columns that {@link receiptOf} reads. */
export const COLUMNS = "id, pos_id, hlc, payload, status, retry_count, claim, server_hlc";

export function receiptOf(row: SqlRow): Receipt {
  return {
    id: row["id"] as string,
    posId: row["pos_id"] as string,
    hlc: row["hlc"] as string,
    payload: row["payload"] as string,
    status: row["status"] as ReceiptStatus,
    retryCount: row["retry_count"] as number,
    claim: row["claim"] as string,
    serverHlc: row["server_hlc"] as string,
  };
}
