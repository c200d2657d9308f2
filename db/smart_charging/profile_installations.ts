/**
 * Installations of a charging profile on many charge points. Each target gets one command, whose id is stored with the target from the beginning. Its
 * outcome is stored, too, so that a report is the same before and after a restart.
 */
import { type Kysely, sql } from "kysely";
import type { Command } from "../commands.ts";
import { type Listed, listPage, type Page } from "../engine/list_page.ts";
import { recordset } from "../engine/recordset.ts";
import type { Database, Filled, Row } from "../tables.ts";
import { json } from "../engine/values.ts";

type InstallationRow = Readonly<Row<"profileInstallations">>;
type TargetRow = Readonly<Row<"profileInstallationTargets">>;

/** The profile to be installed, and the options of its commands. */
export type InstallationFields = Omit<InstallationRow, "id" | "createdAt">;

/** An installation with the number of its targets by outcome; outcomes without a target are missing. */
export interface Installation extends InstallationRow {
  readonly counts: Readonly<Record<string, number>>;
}

/** A target with its outcome. `waiting`, `queued` and `sent` are not final. */
export type InstallationTarget = Omit<Filled<TargetRow, "outcome">, "installationId" | "askedAt">;

/** A target whose command is to be made. */
export type DueTarget = InstallationFields & Pick<TargetRow, "installationId" | "chargePoint" | "commandId">;

/** A target whose command has ended. */
export type EndedTarget = Pick<TargetRow, "commandId"> & Readonly<Pick<Command, "state" | "confirmation" | "error">>;

/** The installations by id (uuid version 7). */
export interface ProfileInstallations {
  begin(
    id: string,
    fields: InstallationFields,
    targets: readonly Pick<TargetRow, "chargePoint" | "commandId">[],
    now: Date,
  ): Promise<void>;
  find(templateId: string, id: string): Promise<Installation | undefined>;
  /** Newest first. Throws BadCursor. */
  list(templateId: string, page: Page): Promise<Listed<Installation>>;
  /** Ordered by charge point. Throws BadCursor. */
  listTargets(id: string, filter: { outcome?: string }, page: Page): Promise<Listed<InstallationTarget>>;
  /** Targets without a command, those of older installations first. */
  listDue(limit: number): Promise<DueTarget[]>;
  /** Records that the command was made, or that it was refused with `outcome`. */
  recordCommand(commandId: string, refused: { outcome: string; detail: string } | null, now: Date): Promise<void>;
  /** Targets whose command has ended and which have no outcome yet. */
  listEnded(limit: number): Promise<EndedTarget[]>;
  end(commandId: string, outcome: string): Promise<void>;
}

const chosen = recordset({ chargePoint: "text", commandId: "uuid" });

/** Builds the repository. */
export function profileInstallations(db: Kysely<Database>): ProfileInstallations {
  return {
    async begin(id, { profile, ...fields }, targets, now) {
      await db.with(
        "made",
        (c) =>
          c.insertInto("profileInstallations").values({ id, ...fields, profile: json(profile), createdAt: now })
            .returning("id"),
      )
        .insertInto("profileInstallationTargets").columns(["installationId", "chargePoint", "commandId"])
        .expression(
          sql`select made.id, ${chosen.values} from made, ${chosen.from(targets)}`,
        )
        .execute();
    },

    async find(templateId, id) {
      const row = await db.selectFrom("profileInstallations").selectAll().where("templateId", "=", templateId)
        .where("id", "=", id).executeTakeFirst();
      return row && { ...row, counts: await countsOf(db, id) };
    },

    async list(templateId, page) {
      const query = db.selectFrom("profileInstallations").selectAll();
      const { items, next } = await listPage(query, page, { by: { id: "uuid" }, where: { templateId } });
      return {
        items: await Promise.all(items.map(async (row) => ({ ...row, counts: await countsOf(db, row.id) }))),
        next,
      };
    },

    listTargets: (id, where, page) =>
      listPage(db.selectFrom(sql<InstallationTarget>`(${targetsOf(id)})`.as("t")).selectAll(), page, {
        by: { chargePoint: "text" },
        order: "ascending",
        where,
      }),

    async listDue(limit) {
      return await db.selectFrom("profileInstallationTargets as t")
        .innerJoin("profileInstallations as i", "i.id", "t.installationId")
        .select(["t.installationId", "t.chargePoint", "t.commandId", "i.templateId", "i.connectorId", "i.profile"])
        .select(["i.transactions", "i.whenOffline", "i.expiresInSeconds", "i.requestedBy"])
        .where("t.outcome", "is", null).where("t.askedAt", "is", null)
        .orderBy("t.commandId").limit(limit).execute();
    },

    async recordCommand(commandId, refused, now) {
      await db.updateTable("profileInstallationTargets").set({ askedAt: now, ...refused })
        .where("commandId", "=", commandId).where("askedAt", "is", null).execute();
    },

    async listEnded(limit) {
      return await db.selectFrom("profileInstallationTargets as t")
        .innerJoin("commands as c", "c.id", "t.commandId")
        .select(["t.commandId", "c.state", "c.confirmation", "c.error"])
        .where("t.outcome", "is", null).where("c.state", "not in", ["queued", "sent"])
        .orderBy("t.commandId").limit(limit).execute();
    },

    async end(commandId, outcome) {
      await db.updateTable("profileInstallationTargets").set({ outcome })
        .where("commandId", "=", commandId).where("outcome", "is", null).execute();
    },
  };
}

/** The targets with their current outcome. A target whose command was answered counts as `sent` until the answer was evaluated. */
function targetsOf(id: string) {
  return sql`
    select t.charge_point, t.command_id, t.detail, coalesce(t.outcome,
      case when c.state in ('answered', 'callError') then 'sent' else c.state end, 'waiting') as outcome
    from profile_installation_targets t left join commands c on c.id = t.command_id
    where t.installation_id = ${id}::uuid`;
}

async function countsOf(db: Kysely<Database>, id: string): Promise<Record<string, number>> {
  const { rows } = await sql<{ outcome: string; count: number }>`
    select outcome, count(*) as count from (${targetsOf(id)}) as t group by outcome order by outcome`.execute(db);
  return Object.fromEntries(rows.map(({ outcome, count }) => [outcome, count]));
}
