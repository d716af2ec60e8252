// `faultline/components/receipts`: receipts that are buffered whatever happens, and brought to the OFD once each and in order.
export { compareReceipts } from "./receipt.ts";
export type { NewReceipt, Receipt, ReceiptCounts, ReceiptStatus } from "./receipt.ts";
export {
  BufferFullError,
  BufferUnavailableError,
  LateReceiptError,
  ReceiptConflictError,
  StaleClaimError,
} from "./receipt-buffer.ts";
export type { ClaimRequest, ReceiptBuffer, ReceiptBufferSettings, Settlement } from "./receipt-buffer.ts";
export { JournalReceiptBuffer } from "./journal-receipt-buffer.ts";
export type { JournalReceiptBufferOptions } from "./journal-receipt-buffer.ts";
export { MemoryReceiptBuffer } from "./memory-receipt-buffer.ts";
export { ReplicatedReceiptBuffer } from "./replicated-receipt-buffer.ts";
export type { ReplicatedReceiptBufferOptions } from "./replicated-receipt-buffer.ts";
export { SqliteReceiptBuffer } from "./sqlite-receipt-buffer.ts";
export type { SqliteReceiptBufferOptions } from "./sqlite-receipt-buffer.ts";
export { ReceiptDesk } from "./receipt-desk.ts";
export type { ReceiptDeskOptions } from "./receipt-desk.ts";
export { isNotOfdFault, SyncWorker } from "./sync-worker.ts";
export type { SyncReport, SyncResult, SyncWorkerOptions } from "./sync-worker.ts";
export type { SyncConfig } from "./sync-config.ts";
export { OfdError } from "./ofd-port.ts";
export type { OfdAcceptance, OfdErrorCode, OfdPort, OfdRegistration } from "./ofd-port.ts";
export { DiskOfdJournal } from "./ofd-journal.ts";
export type { AcceptedReceipt, OfdEntry, OfdJournal } from "./ofd-journal.ts";
export { OFD_SUCCESS, parseOfdMode } from "./ofd-modes.ts";
export type { OfdMode } from "./ofd-modes.ts";
export { OfdRegister } from "./ofd-register.ts";
export type { OfdArrival, OfdRegisterOptions, OfdVerdict } from "./ofd-register.ts";
export type { Disk } from "../../ports/disk.ts";
export { FaultlineError } from "../../ports/errors.ts";
export { nodeId } from "../../ports/node-id.ts";
export type { NodeId } from "../../ports/node-id.ts";
export { silentObserver } from "../../ports/observer.ts";
export type { Observer } from "../../ports/observer.ts";
export type { Random } from "../../ports/random.ts";
export { SqlError } from "../../ports/sql-engine.ts";
export type { SqlEngine, SqlRow, SqlValue } from "../../ports/sql-engine.ts";
export type { Timers } from "../../ports/timers.ts";
