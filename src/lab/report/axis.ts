const SECOND = 1_000_000;

/** Distance between ticks: the smallest 1, 2 or 5 times a power of ten µs that leaves at most `count` of them. */
export function tickStep(span: number, count: number): number {
  for (let base = 1; ; base *= 10) {
    for (const factor of [1, 2, 5]) if (span / (base * factor) <= count) return base * factor;
  }
}

/** Moments of the ticks in a window. */
export function ticks(from: number, to: number, count: number): number[] {
  const step = tickStep(Math.max(1, to - from), count);
  const at: number[] = [];
  for (let tick = Math.ceil(from / step) * step; tick <= to; tick += step) at.push(tick);
  return at;
}

/** A tick's label: seconds with as many decimals as the step needs, the unit only on whole seconds. */
export function tickLabel(at: number, step: number): string {
  let decimals = 0;
  for (let unit = SECOND; decimals < 6 && step % unit !== 0; unit /= 10) decimals++;
  const text = (at / SECOND).toFixed(decimals);
  return at % SECOND === 0 ? `${String(at / SECOND)} s` : text;
}
