import { z } from "zod";

/** The payload without fields: `{}` on the wire. */
export const Nothing = z.strictObject({});
