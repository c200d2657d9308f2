/** Claims queued commands for sending. The table `commands` is the queue. One statement claims for many charge points, each command once. */
import { type Kysely, sql } from "kysely";
import { type Command, commandOf, type CommandRow } from "./command_row.ts";
import { recordset } from "./engine/recordset.ts";
import type { Database } from "./tables.ts";

/** A command that is to be sent now. `more`: other commands of the charge point are queued. */
export interface Claimed {
  command: Command;
  more: boolean;
}

/** A request for the next command of a charge point, which is to be sent under `messageId`. */
export interface Claim {
  readonly chargePoint: string;
  readonly messageId: string;
  readonly now: Date;
}

const given = recordset({ chargePoint: "text", messageId: "text", now: "timestamptz" });

/**
 * Claims at most one command for each claim. A Rejected charge point is sent nothing, and a Pending one no remote start or stop
 * (OCPP 1.6 4.2). Such commands stay queued. An UpdateFirmware of a campaign that is aborted or paused stays queued, too: the
 * campaign's row is locked, so that no command is sent after the abort or the pause.
 */
export async function claimEach(
  db: Kysely<Database>,
  process: number,
  claims: readonly Claim[],
): Promise<(Claimed | undefined)[]> {
  const { rows } = await sql<CommandRow & { ordinal: number; more: boolean }>`
    with given as (
      select * from ${given.from(claims)}
    ), again as (
      select g.ordinal, c.id from given g join commands c on c.charge_point = g.charge_point
      where c.state = 'sent' and c.process = ${process}::bigint and c.message_id = g.message_id
    ), next as (
      select g.ordinal, n.id from given g join charge_points p on p.identity = g.charge_point
      cross join lateral (
        select c.id from commands c
        where c.charge_point = g.charge_point and c.state = 'queued' and c.expires_at > g.now
          and (p.registration = 'Accepted' or p.registration = 'Pending'
            and c.action not in ('RemoteStartTransaction', 'RemoteStopTransaction'))
          and (c.action <> 'UpdateFirmware'
            or not exists (select from firmware_campaign_targets t where t.command_id = c.id)
            or exists (select from firmware_campaign_targets t join firmware_campaigns f on f.id = t.campaign
              where t.command_id = c.id and f.state = 'running' for share of f))
        order by c.id limit 1 for update of c skip locked
      ) as n
      where not exists (select from again a where a.ordinal = g.ordinal)
    ), chosen as (select * from again union all select * from next)
    update commands c set state = 'sent', sent_at = coalesce(c.sent_at, g.now), message_id = g.message_id,
      process = ${process}::bigint
    from chosen join given g using (ordinal) where c.id = chosen.id
    returning c.*, g.ordinal, exists (select from commands o where o.charge_point = c.charge_point and o.state = 'queued'
      and o.id <> c.id) as more`.execute(db);
  const claimed = new Map(
    rows.map(({ ordinal, more, ...row }) => [ordinal, { command: commandOf(row as CommandRow), more }]),
  );
  return claims.map((_, ordinal) => claimed.get(ordinal));
}
