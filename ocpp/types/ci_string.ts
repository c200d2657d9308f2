import type { z } from "zod";
import { text } from "./text.ts";

/**
 * `CiString20Type`, `CiString25Type` and so on (OCPP 1.6 7.x): text that is compared without regard to case. The number is the maximum
 * length (errata 3.58 to 3.62). The schema does not change the case; the code that compares must.
 */
export function ciString(maxLength: 20 | 25 | 50 | 255 | 500): z.ZodString {
  return text(maxLength);
}
