/**
 * The mirror: the charging profiles that are installed in each charge point (3.13, 5.5, 5.16). It follows the answers of the charge point. A
 * profile of which it is not known whether it is installed is in doubt. This file reads the mirror. Commands change it in
 * charging_profile_changes.ts, other causes in charging_profile_upkeep.ts, _proofs.ts and _bounds.ts.
 */
import { type Kysely, sql } from "kysely";
import type { InstalledProfile } from "../../ocpp/smart_charging/installed_profile.ts";
import { type OutboxSignal, signalling } from "../event_outbox.ts";
import { type Listed, listPage, type Page } from "../engine/list_page.ts";
import type { Database, Row as RowOf } from "../tables.ts";
import { hasEarlierTries, limitDoubts } from "./charging_profile_bounds.ts";
import {
  acceptProfile,
  type ClearCriteria,
  clearProfiles,
  expectClear,
  expectProfile,
  refuseChange,
  type SentProfile,
} from "./charging_profile_changes.ts";
import { isOver } from "./charging_profile_rules.ts";
import { doubtProfiles, endDoubts, type Proof } from "./charging_profile_proofs.ts";
import {
  bindProfiles,
  dropUnstarted,
  findUnsettled,
  publishDoubts,
  removeEnded,
  type UnsettledCommand,
} from "./charging_profile_upkeep.ts";

export type { ClearCriteria, SentProfile, UnsettledCommand };

type Row = Readonly<RowOf<"chargingProfiles">>;

/** The state of a profile in the mirror. */
type Known = Pick<Row, "commandId" | "sentAt" | "installedAt" | "doubtedBy" | "doubtedAt" | "others">;

/** A profile that is installed, or in doubt. */
export type MirroredProfile = InstalledProfile & Known;

/** A profile for operators. A profile that waits for the transaction of a remote start is not installed yet. */
export interface ProfileEntry extends Known, Pick<Row, "connectorId" | "profile" | "transactionId"> {
  readonly state: "installed" | "awaitsTransaction";
}

/** The profiles of each charge point, by the command that sent them. */
export interface ChargingProfiles {
  /**
   * The installed profiles and those in doubt, oldest first: also profiles that may not be installed, and those that they may have replaced. Without
   * TxProfiles whose transaction has ended, and those that wait for a transaction.
   */
  list(chargePoint: string): Promise<MirroredProfile[]>;
  /** The same for operators, including profiles that wait for a transaction; newest first. Throws BadCursor. */
  page(chargePoint: string, now: Date, page: Page): Promise<Listed<ProfileEntry>>;

  /** To be called before a profile is sent: puts it, and the profiles that it would replace, in doubt. */
  expect(sent: SentProfile): Promise<void>;
  /** To be called before a ClearChargingProfile is sent: puts the profiles that it would remove in doubt. */
  expectClear(sent: { commandId: string; chargePoint: string; criteria: ClearCriteria }): Promise<void>;
  /** The charge point accepted the command that sent a profile. False: nothing changed. */
  accept(command: ByCommand, now: Date): Promise<boolean>;
  /** The command, of either action, had no effect in the charge point. False: nothing changed. */
  refuse(command: ByCommand, now: Date): Promise<boolean>;
  /** Like `refuse`, for a late answer. Nothing changes when earlier attempts were merged into the command (`limitDoubts`). */
  refuseLate(command: ByCommand, now: Date): Promise<boolean>;
  /** The profiles of a ClearChargingProfile are removed (`cleared`), or were never installed (`absent`). False: nothing changed. */
  clear(command: ByCommand, how: { reason: "cleared" | "absent"; settledAt: Date }, now: Date): Promise<boolean>;

  /** Puts profiles in doubt because the answer to the command `by` contradicts them. Returns how many are newly in doubt. */
  doubt(doubts: { commandIds: readonly string[]; by: string }, now: Date): Promise<number>;
  /** Ends doubts by a proof, for profiles whose doubts have not changed since the proof. Returns how many. */
  endDoubts(proof: Proof, now: Date): Promise<number>;

  /** Binds waiting TxProfiles to their transactions. Null: of every charge point. Returns how many. */
  bind(chargePoints: readonly string[] | null, now: Date): Promise<number>;
  /** Removes TxProfiles whose transaction has ended. Returns how many. */
  removeEnded(chargePoints: readonly string[] | null, now: Date): Promise<number>;
  /** Removes profiles that waited for a transaction until before `before`. */
  dropUnstarted(before: Date): Promise<void>;
  /** Answered commands whose outcome was not applied to the mirror. */
  findUnsettled(chargePoints: readonly string[] | null): Promise<UnsettledCommand[]>;
  /** Records, with events, doubts that have become lasting. Returns how many. */
  publishDoubts(chargePoints: readonly string[] | null, now: Date): Promise<number>;
  /** Merges repeated attempts without a known outcome. Returns the number of profiles that were removed. */
  limitDoubts(chargePoints: readonly string[] | null, now: Date): Promise<number>;
}

/** A command and its charge point. */
export type ByCommand = Pick<Row, "commandId" | "chargePoint">;

/** Builds the repository. */
export function chargingProfiles(db: Kysely<Database>, outbox: OutboxSignal): ChargingProfiles {
  return {
    async list(chargePoint) {
      const rows = await db.selectFrom("chargingProfiles as p").selectAll("p").where("chargePoint", "=", chargePoint)
        .where("awaitedIdTag", "is", null).where(sql<boolean>`not ${isOver("p")}`)
        .orderBy("sentAt").orderBy("commandId").execute();
      return rows.map(mirroredOf);
    },

    page(chargePoint, now, page) {
      const query = db.selectFrom("chargingProfiles as p").selectAll("p")
        .where(sql<boolean>`(awaited_id_tag is null or waits_until > ${now})`).where(sql<boolean>`not ${isOver("p")}`);
      return listPage(query, page, { by: { commandId: "uuid" }, where: { chargePoint } }, entryOf);
    },

    expect: (sent) => expectProfile(db, sent),
    expectClear: (sent) => expectClear(db, sent),
    accept: signalling(outbox, async ({ commandId }, now) => await acceptProfile(db, commandId, now) > 0),
    refuse: signalling(outbox, async (command, now) => await refuseChange(db, command, now) > 0),
    refuseLate: signalling(
      outbox,
      async (command, now) => !await hasEarlierTries(db, command.commandId) && await refuseChange(db, command, now) > 0,
    ),
    clear: signalling(outbox, async (command, how, now) => await clearProfiles(db, command, how, now) > 0),

    doubt: signalling(outbox, (doubts, now) => doubtProfiles(db, doubts, now)),
    endDoubts: signalling(outbox, (proof, now) => endDoubts(db, proof, now)),

    bind: signalling(outbox, (chargePoints, now) => bindProfiles(db, chargePoints, now)),
    removeEnded: signalling(outbox, (chargePoints, now) => removeEnded(db, chargePoints, now)),
    dropUnstarted: (before) => dropUnstarted(db, before),
    findUnsettled: (chargePoints) => findUnsettled(db, chargePoints),
    publishDoubts: signalling(outbox, (chargePoints, now) => publishDoubts(db, chargePoints, now)),
    limitDoubts: signalling(outbox, (chargePoints, now) => limitDoubts(db, chargePoints, now)),
  };
}

function knownOf({ commandId, sentAt, installedAt, doubtedBy, doubtedAt, others }: Row): Known {
  return { commandId, sentAt, installedAt, doubtedBy, doubtedAt, others };
}

function mirroredOf(row: Row): MirroredProfile {
  const { connectorId, profile, transactionId } = row;
  return { connectorId: connectorId!, profile, ...(transactionId !== null && { transactionId }), ...knownOf(row) };
}

function entryOf(row: Row): ProfileEntry {
  const { connectorId, profile, transactionId, awaitedIdTag } = row;
  const state = awaitedIdTag === null ? "installed" : "awaitsTransaction";
  return { connectorId, profile, transactionId, state, ...knownOf(row) };
}
