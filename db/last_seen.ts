import { type Kysely, sql } from "kysely";
import type { Database } from "./tables.ts";
import { recordset } from "./engine/recordset.ts";

/** When and from where a charge point last sent something. `deviations` are increments since the last write. */
export interface Seen {
  identity: string;
  at: Date;
  remoteAddress: string;
  /** The address that the charge point dialled. Absent: not known; the stored value does not change. */
  dialled?: string | undefined;
  deviations: Record<string, number>;
}

const given = recordset({
  identity: "text",
  at: "timestamptz",
  remoteAddress: "text",
  dialled: "text",
  deviations: "jsonb",
}, "s");

/** Updates many charge points. The statement itself adds the increments, so that two concurrent writes lose none. */
export async function recordSeen(db: Kysely<Database>, seen: Seen[]): Promise<void> {
  if (seen.length === 0) return;
  await sql`
    update charge_points c set
      last_seen_at = greatest(c.last_seen_at, s.at),
      remote_address = case when c.last_seen_at is null or s.at >= c.last_seen_at then s.remote_address
        else c.remote_address end,
      dialled = case when c.last_seen_at is null or s.at >= c.last_seen_at then coalesce(s.dialled, c.dialled)
        else c.dialled end,
      deviations = case when s.deviations = '{}' then c.deviations else (
        select jsonb_object_agg(kind, total) from (
          select kind, sum(n::bigint) as total
          from (select * from jsonb_each_text(c.deviations) union all select * from jsonb_each_text(s.deviations))
            as counts(kind, n)
          group by kind) as sums) end
    from ${given.from(merged(seen))}
    where c.identity = s.identity`.execute(db);
}

/** One entry per identity: PostgreSQL would apply only one of two source rows for the same row. */
function merged(seen: Seen[]) {
  const byIdentity = new Map<string, Seen>();
  for (const each of seen) {
    const known = byIdentity.get(each.identity);
    const deviations = new Map(Object.entries(known?.deviations ?? {}));
    for (const [kind, n] of Object.entries(each.deviations)) deviations.set(kind, (deviations.get(kind) ?? 0) + n);
    const newest = known && known.at > each.at ? known : each;
    byIdentity.set(each.identity, { ...newest, deviations: Object.fromEntries(deviations) });
  }
  return [...byIdentity.values()].map((each) => ({ dialled: undefined, ...each }));
}
