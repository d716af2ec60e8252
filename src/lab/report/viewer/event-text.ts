import { formatSeconds } from "../../../trace/units.ts";
import type { ReportModel } from "../model.ts";
import { isOvertaken, isSecondCopy } from "../overtaken.ts";

/** A message in one line: from whom to whom, what, when, and how it ended. */
export function messageText(model: ReportModel, row: number): string {
  const { messages, names, messageTypes } = model;
  const copy = isSecondCopy(messages.flags[row] as number)
    ? ", second copy"
    : isOvertaken(model, row)
      ? ", overtaken by one sent later"
      : "";
  return `${names[messages.from[row] as number] ?? ""} → ${names[messages.to[row] as number] ?? ""}  ${messageTypes[messages.type[row] as number]?.name ?? ""}, sent ${formatSeconds(messages.sent[row] as number)}, ${fateText(model, row)}${copy}`;
}

/** How a message ended. */
export function fateText({ messages, dropCauses }: ReportModel, row: number): string {
  const fate = messages.fate[row] as number;
  if (fate === -2) return "still on its way at the end";
  const took = formatSeconds(messages.took[row] as number);
  return fate === -1 ? `delivered after ${took}` : `${dropCauses[fate]?.words ?? "lost"} after ${took}`;
}
