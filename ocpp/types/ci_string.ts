import type { z } from "zod";
import { text } from "./text.ts";

/**
 * `CiString20Type` and its sisters (OCPP 1.6 7.x): text that is compared without regard to case. The number is a maximum
 * (errata 3.58 to 3.62). Letters come out as they came in; who compares, folds.
 */
export function ciString(maxLength: 20 | 25 | 50 | 255 | 500): z.ZodString {
  return text(maxLength);
}
