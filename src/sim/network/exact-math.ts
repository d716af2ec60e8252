/*
 * exp, ln and the normal distribution from + − · / alone. IEEE 754 fixes those to the last bit; the functions of `Math` differ
 * between versions of the runtime, and one bit of a latency is another run.
 */

const LN_2 = 0.6931471805599453;
const INVERSE_SQRT_2_PI = 0.3989422804014327;

/** e^x for |x| ≤ 700, to about 15 digits. */
export function exactExp(x: number): number {
  const halvings = Math.floor(x / LN_2 + 0.5);
  const rest = x - halvings * LN_2;
  let term = 1;
  let sum = 1;
  for (let i = 1; i <= 22; i++) {
    term = (term * rest) / i;
    sum += term;
  }
  for (let i = 0; i < halvings; i++) sum *= 2;
  for (let i = 0; i > halvings; i--) sum /= 2;
  return sum;
}

/** The natural logarithm of x > 0, to about 15 digits. */
export function exactLn(x: number): number {
  let mantissa = x;
  let doublings = 0;
  while (mantissa > 1.5) {
    mantissa /= 2;
    doublings++;
  }
  while (mantissa < 0.75) {
    mantissa *= 2;
    doublings--;
  }
  // ln m = 2 · artanh((m − 1) / (m + 1)), whose argument is at most 1/5 here.
  const ratio = (mantissa - 1) / (mantissa + 1);
  const square = ratio * ratio;
  let power = ratio;
  let sum = 0;
  for (let i = 1; i <= 41; i += 2) {
    sum += power / i;
    power *= square;
  }
  return 2 * sum + doublings * LN_2;
}

/** Density of the standard normal distribution. */
function density(z: number): number {
  return INVERSE_SQRT_2_PI * exactExp((-z * z) / 2);
}

/** Probability of the standard normal distribution between 0 and z, |z| ≤ 8. */
function probabilityFromZero(z: number): number {
  // φ(z) · (z + z³/3 + z⁵/(3·5) + …): every term has the same sign, so nothing cancels.
  let term = z;
  let sum = z;
  for (let i = 3; term > sum * 1e-17; i += 2) {
    term = (term * z * z) / i;
    sum += term;
  }
  return density(z) * sum;
}

/**
 * Quantiles of the standard normal distribution for growing probabilities.
 *
 * @param probabilities Ascending, 0.5…1−10^−9.
 */
export function normalQuantiles(probabilities: readonly number[]): number[] {
  let z = 0;
  return probabilities.map((probability) => {
    // Newton from the quantile before, which lies to the left: the distribution is concave there, so no step overshoots.
    for (let i = 0; i < 40; i++) {
      const step = (probability - 0.5 - probabilityFromZero(z)) / density(z);
      z += step;
      if (step < 1e-14 && step > -1e-14) break;
    }
    return z;
  });
}
