import type { SqlEngine, SqlValue } from "../../ports/sql-engine.ts";
import { decodeStamp, type HlcStamp } from "../hlc/stamp.ts";
import type { Settlement } from "./receipt-buffer.ts";
import type { ReceiptAnswer, ReceiptCommand } from "./receipt-command.ts";
import { COLUMNS, readSetting, receiptOf, WAITING } from "./receipt-schema.ts";
import { settled, type ReceiptChange } from "./receipt-table.ts";
import { compareReceipts, type NewReceipt, type Receipt, type ReceiptCounts, type ReceiptStatus } from "./receipt.ts";

/** What a command did: its answer, and what is to be told of it once it is committed. */
export interface SqlStep {
  readonly answer: ReceiptAnswer;
  readonly changes: readonly ReceiptChange[];
}

/** The receipt table in SQL: each step is one command, to be run in a transaction of its own. */
export class SqliteReceipts {
  readonly #engine: SqlEngine;

  constructor(engine: SqlEngine) {
    this.#engine = engine;
  }

  step(command: ReceiptCommand): SqlStep {
    switch (command.op) {
      case "insert":
        return this.#insert(command.receipt, command.capacity);
      case "claim":
        return this.#claim(command.claim, command.limit);
      case "settle":
        return this.#settle(command.id, command.claim, command.how);
      case "epoch":
        return unchanged({ is: "epoch", epoch: this.#epochOf(command.serverId) });
    }
  }

  counts(): ReceiptCounts {
    const counts: Record<ReceiptStatus, number> = { pending: 0, syncing: 0, synced: 0, failed: 0 };
    for (const row of this.#engine.all("SELECT status, count(*) AS n FROM receipts GROUP BY status"))
      counts[row["status"] as ReceiptStatus] = row["n"] as number;
    return counts;
  }

  list(): Receipt[] {
    return this.#engine.all(`SELECT ${COLUMNS} FROM receipts ORDER BY hlc, id`).map(receiptOf);
  }

  #insert(receipt: NewReceipt, capacity: number): SqlStep {
    const { id, posId, hlc, payload } = receipt;
    const [row] = this.#engine.all(`SELECT ${COLUMNS} FROM receipts WHERE id = ?`, [id]);
    if (row !== undefined) {
      const known = receiptOf(row);
      if (known.posId !== posId || known.payload !== payload) return unchanged({ is: "conflict", id });
      return unchanged({ is: "inserted", receipt: known, isNew: false });
    }
    const last = this.#one("SELECT max(hlc) AS x FROM receipts WHERE pos_id = ?", [posId]) as string | null;
    if (last !== null && hlc <= last) return unchanged({ is: "late", id, hlc, last });
    const waiting = this.#one(`SELECT count(*) AS x FROM ${WAITING}`) as number;
    if (waiting >= capacity) return unchanged({ is: "full", capacity });
    const stamp = stampOf(hlc);
    this.#engine.run(
      `INSERT INTO receipts (${COLUMNS}, hlc_local_time, hlc_logical_counter) VALUES (?, ?, ?, ?, 'pending', 0, '', '', ?, ?)`,
      [id, posId, hlc, payload, stamp?.ms ?? null, stamp?.counter ?? null],
    );
    const stored: Receipt = { ...receipt, status: "pending", retryCount: 0, claim: "", serverHlc: "" };
    return { answer: { is: "inserted", receipt: stored, isNew: true }, changes: [{ from: "", receipt: stored }] };
  }

  #claim(claim: string, limit: number): SqlStep {
    const largest = readSetting(this.#engine, "largest_claim");
    if (BigInt(claim) < BigInt(largest)) return unchanged({ is: "stale", claim, largest });
    if (claim !== largest) this.#engine.run("UPDATE receipt_buffer SET value = ? WHERE key = 'largest_claim'", [claim]);
    // What is `syncing` is so under a claim seen before, and none of those is larger than this one: all that waits may be taken.
    const first = `SELECT rowid FROM ${WAITING} ORDER BY hlc, id LIMIT ?`;
    const before = new Map<string, Receipt>();
    for (const row of this.#engine.all(`SELECT ${COLUMNS} FROM receipts WHERE rowid IN (${first})`, [limit]))
      before.set(row["id"] as string, receiptOf(row));
    const receipts = this.#engine
      .all(`UPDATE receipts SET status = 'syncing', claim = ? WHERE rowid IN (${first}) RETURNING ${COLUMNS}`, [
        claim,
        limit,
      ])
      .map(receiptOf)
      .sort(compareReceipts);
    const changes = receipts.flatMap((receipt) => {
      const was = before.get(receipt.id) as Receipt;
      return was.status === "syncing" && was.claim === claim ? [] : [{ from: was.status, receipt }];
    });
    return { answer: { is: "claimed", receipts }, changes };
  }

  #settle(id: string, claim: string, how: Settlement): SqlStep {
    const own = `id = ? AND status = 'syncing' AND claim = ?`;
    const [row] = this.#engine.all(`SELECT ${COLUMNS} FROM receipts WHERE ${own}`, [id, claim]);
    if (row === undefined) return unchanged({ is: "settled", isDone: false });
    const was = receiptOf(row);
    const receipt: Receipt = { ...was, ...settled(was, how) };
    this.#engine.run(
      `UPDATE receipts SET status = ?, retry_count = ?, server_hlc = ?, hlc_server_time = ? WHERE ${own}`,
      [receipt.status, receipt.retryCount, receipt.serverHlc, stampOf(receipt.serverHlc)?.ms ?? null, id, claim],
    );
    return { answer: { is: "settled", isDone: true }, changes: [{ from: was.status, receipt }] };
  }

  #epochOf(serverId: string): number {
    this.#engine.run(
      `INSERT INTO server_epochs SELECT coalesce(max(epoch), 0) + 1, ? FROM server_epochs WHERE true ON CONFLICT DO NOTHING`,
      [serverId],
    );
    return this.#one("SELECT epoch AS x FROM server_epochs WHERE server_id = ?", [serverId]) as number;
  }

  #one(sql: string, parameters: readonly SqlValue[] = []): SqlValue {
    return this.#engine.all(sql, parameters)[0]?.["x"] ?? null;
  }
}

function unchanged(answer: ReceiptAnswer): SqlStep {
  return { answer, changes: [] };
}

/** The parts of a stamp; `undefined` for a text that is none: another OFD's, or `""`. */
function stampOf(text: string): HlcStamp | undefined {
  try {
    return decodeStamp(text);
  } catch {
    return undefined;
  }
}
