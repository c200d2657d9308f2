/**
 * Lists. Every list takes `limit` and `cursor` and answers `{items, next}`; the cursor is opaque and is `next` of the page before.
 */
import { z } from "zod";
import type { Page } from "../../db/engine/list_page.ts";
import { wholeNumber } from "./fields.ts";

const LIMIT_DEFAULT = 50;

/** The largest page. A greater `limit` counts as this. */
const LIMIT_MAX = 1000;

/** The order of a list by time. */
export const sort = z.enum(["newest", "oldest"]).default("newest").meta({ description: "Which items come first" });

/** The query of a list: its filters, `limit` and `cursor`. */
export function listQuery<Filters extends z.ZodRawShape>(filters: Filters) {
  return z.strictObject({
    ...filters,
    limit: wholeNumber(1, Number.MAX_SAFE_INTEGER).default(LIMIT_DEFAULT)
      .meta({
        type: "integer",
        minimum: 1,
        default: LIMIT_DEFAULT,
        description: `Items on a page, at most ${LIMIT_MAX}`,
      }),
    cursor: z.string().min(1).max(1000).optional().meta({ description: "`next` of the page before" }),
  });
}

/** The body of a list's response. */
export function listOf<Item extends z.ZodType>(item: Item) {
  return z.object({
    items: z.array(item),
    next: z.string().nullable().meta({ description: "The cursor of the next page, null on the last one" }),
  });
}

/** Separates the page from the filters. */
export function pageAndFilter<Query extends { limit: number; cursor?: string | undefined }>(
  { limit, cursor, ...filter }: Query,
): { readonly page: Page; readonly filter: Omit<Query, "limit" | "cursor"> } {
  const after = cursor === undefined ? {} : { after: cursor };
  return { page: { limit: Math.min(limit, LIMIT_MAX), ...after }, filter };
}
