/**
 * The mirror of what is installed in each charge point (3.13, 5.5, 5.16). It changes by what the charge point accepted and by nothing else; a
 * profile whose fate nobody knows is in doubt. How commands change it is in charging_profile_changes.ts, what else does in
 * charging_profile_upkeep.ts, _proofs.ts and _bounds.ts; it is read here.
 */
import { type Kysely, sql } from "kysely";
import type { InstalledProfile } from "../../ocpp/smart_charging/installed_profile.ts";
import { type OutboxSignal, signalling } from "../event_outbox.ts";
import { type Listed, listPage, type Page } from "../engine/list_page.ts";
import type { Database, Row as RowOf } from "../tables.ts";
import { boundDoubts, standsForOthers } from "./charging_profile_bounds.ts";
import {
  acceptProfile,
  type ClearCriteria,
  clearProfiles,
  expectClear,
  expectProfile,
  refuseChange,
  type SentProfile,
} from "./charging_profile_changes.ts";
import { isOver } from "./charging_profile_facts.ts";
import { doubtProfiles, endDoubts, type Proof } from "./charging_profile_proofs.ts";
import {
  bindProfiles,
  dropUnstarted,
  findUnsettled,
  removeEnded,
  tellDoubts,
  type UnsettledCommand,
} from "./charging_profile_upkeep.ts";

export type { ClearCriteria, SentProfile, UnsettledCommand };

type Row = Readonly<RowOf<"chargingProfiles">>;

/** What is known of a profile beside the profile itself. */
type Known = Pick<Row, "commandId" | "sentAt" | "installedAt" | "doubtedBy" | "doubtedAt" | "others">;

/** A profile that is installed, or in doubt. */
export type MirroredProfile = InstalledProfile & Known;

/** A profile as operators see it; one that waits for a remote start's transaction is not installed yet. */
export interface ProfileEntry extends Known, Pick<Row, "connectorId" | "profile" | "transactionId"> {
  readonly state: "installed" | "awaitsTransaction";
}

/** The profiles of each charge point, by the command that sent them. */
export interface ChargingProfiles {
  /**
   * What is installed, the oldest first. Profiles in doubt are among it, also those that may not be there and those that they may have
   * replaced; TxProfiles whose transaction is over are not, nor those that wait for one.
   */
  list(chargePoint: string): Promise<MirroredProfile[]>;
  /** The same for operators, with those that wait for a transaction; newest first. Throws BadCursor. */
  page(chargePoint: string, now: Date, page: Page): Promise<Listed<ProfileEntry>>;

  /** Before a profile is sent: it and what it would replace are in doubt from now on. */
  expect(sent: SentProfile): Promise<void>;
  /** Before a ClearChargingProfile is sent: what it would remove is in doubt from now on. */
  expectClear(sent: { commandId: string; chargePoint: string; criteria: ClearCriteria }): Promise<void>;
  /** The command that sent it was accepted. False: there was nothing to learn. */
  accept(command: ByCommand, now: Date): Promise<boolean>;
  /** The command, of either kind, changed nothing in the charge point. False: there was nothing to learn. */
  refuse(command: ByCommand, now: Date): Promise<boolean>;
  /** The same, said when the command had ended without an answer. Where others stand behind it (`boundDoubts`) that says nothing of them. */
  refuseLate(command: ByCommand, now: Date): Promise<boolean>;
  /** What the command asked for is not there any more, or (`absent`) never was. False: there was nothing to learn. */
  clear(command: ByCommand, how: { reason: "cleared" | "absent"; settledAt: Date }, now: Date): Promise<boolean>;

  /** Something else showed that these are not as we think; `by` is the command that did. Returns how many are newly in doubt. */
  doubt(doubts: { commandIds: readonly string[]; by: string }, now: Date): Promise<number>;
  /** Something else proved what is there and what is not. Of profiles that are in the same doubts still. Returns how many. */
  endDoubts(proof: Proof, now: Date): Promise<number>;

  /** Gives TxProfiles the transaction that they wait for. Null: of every charge point. Returns how many. */
  bind(chargePoints: readonly string[] | null, now: Date): Promise<number>;
  /** Removes TxProfiles whose transaction is over. Returns how many. */
  removeEnded(chargePoints: readonly string[] | null, now: Date): Promise<number>;
  /** Forgets what waited for a transaction until before `before`. */
  dropUnstarted(before: Date): Promise<void>;
  /** Answered commands whose outcome was not written here. */
  findUnsettled(chargePoints: readonly string[] | null): Promise<UnsettledCommand[]>;
  /** Tells of doubts that have become lasting. Returns how many. */
  tellDoubts(chargePoints: readonly string[] | null, now: Date): Promise<number>;
  /** Keeps of what was tried again and again only what says something. Returns how many profiles are kept no longer. */
  boundDoubts(chargePoints: readonly string[] | null, now: Date): Promise<number>;
}

/** A command and whose it is. */
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
      async (command, now) => !await standsForOthers(db, command.commandId) && await refuseChange(db, command, now) > 0,
    ),
    clear: signalling(outbox, async (command, how, now) => await clearProfiles(db, command, how, now) > 0),

    doubt: signalling(outbox, (doubts, now) => doubtProfiles(db, doubts, now)),
    endDoubts: signalling(outbox, (proof, now) => endDoubts(db, proof, now)),

    bind: signalling(outbox, (chargePoints, now) => bindProfiles(db, chargePoints, now)),
    removeEnded: signalling(outbox, (chargePoints, now) => removeEnded(db, chargePoints, now)),
    dropUnstarted: (before) => dropUnstarted(db, before),
    findUnsettled: (chargePoints) => findUnsettled(db, chargePoints),
    tellDoubts: signalling(outbox, (chargePoints, now) => tellDoubts(db, chargePoints, now)),
    boundDoubts: signalling(outbox, (chargePoints, now) => boundDoubts(db, chargePoints, now)),
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
