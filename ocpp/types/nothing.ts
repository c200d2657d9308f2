import { z } from "zod";

/** A payload without fields: `{}` on the wire. */
export const Nothing = z.strictObject({});
