import { randomInt } from "node:crypto";
import { FaultlineError } from "../ports/errors.ts";
import type { Random } from "../ports/random.ts";

const TWO_32 = 4_294_967_296;

/** {@link Random} from the operating system's generator: unbiased, and different in every process. */
export class SystemRandom implements Random {
  uint32(): number {
    return randomInt(TWO_32);
  }
  /** @throws {FaultlineError} `RANDOM_RANGE` when the bounds are not safe integers in order, or 2^32 or more apart. */
  integer(min: number, max: number): number {
    const isRange = Number.isSafeInteger(min) && Number.isSafeInteger(max) && min <= max && max - min < TWO_32;
    if (!isRange) {
      throw new FaultlineError(
        "RANDOM_RANGE",
        `integer(${String(min)}, ${String(max)}): expected safe integers, min ≤ max, less than 2^32 apart.`,
        {
          min,
          max,
        },
      );
    }
    return min + randomInt(max - min + 1);
  }
}
