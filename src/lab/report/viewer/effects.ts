import type { EffectLine, ReportModel } from "../model.ts";
import { formatSeconds } from "../../../trace/units.ts";
import { formatCount, plural } from "../words.ts";

/** A call's place in an order; −1 for the first that fits in none. */
export interface Effect {
  readonly line: EffectLine;
  readonly place: number;
}

/** Where calls take effect, and the lane of the client of each, by record. */
export interface EffectIndex {
  readonly effects: ReadonlyMap<number, Effect>;
  readonly lanes: ReadonlyMap<number, number>;
}

const known = new WeakMap<ReportModel, EffectIndex>();

/** Read off the model when it is first asked for. */
export function effectsOf(model: ReportModel): EffectIndex {
  let index = known.get(model);
  if (index === undefined) known.set(model, (index = indexed(model)));
  return index;
}

function indexed(model: ReportModel): EffectIndex {
  const effects = new Map<number, Effect>();
  const lanes = new Map<number, number>();
  for (const line of model.effects) {
    for (let place = 0; place < line.record.length; place++) effects.set(line.record[place] as number, { line, place });
    if (line.misfit >= 0) effects.set(line.misfit, { line, place: -1 });
  }
  if (effects.size > 0)
    model.clients.forEach(({ operations: { record } }, lane) => {
      for (let place = 0; place < record.length; place++) lanes.set(record[place] as number, lane);
    });
  return { effects, lanes };
}

/** A call's place in words, to follow what it was; `""` for one that no order was asked for. */
export function effectWords(model: ReportModel, record: number): string {
  const effect = effectsOf(model).effects.get(record);
  if (effect === undefined) return "";
  const { line, place } = effect;
  const what = `${plural(line.record.length, "call")} on ${line.key}`;
  if (place < 0) return `; the first that fits in no order, the longest legal one has ${what}`;
  const until = line.misfit < 0 ? "an order of" : "the longest legal order,";
  return `; number ${formatCount(place + 1)} in ${until} ${what}, at ${formatSeconds(line.at[place] as number)}`;
}
