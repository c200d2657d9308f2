/**
 * Every type of event, what it tells of and what its `data` holds. The list is closed: the stream, the webhooks and the API's description
 * are read off it, and nothing else is ever published. New types and new fields may be added; what is there keeps its
 * meaning. Times inside `data` are RFC 3339 in UTC with milliseconds, energy is in Wh.
 */
import { z } from "zod";

const time = z.iso.datetime({ precision: 3 });
const ownTime = time.meta({ description: "In the charge point's time" });
const registration = z.enum(["Accepted", "Pending", "Rejected"]).nullable();
const address = z.string().meta({ description: "Where the connection came from" });
const flags = z.array(z.string()).meta({ description: "Odd but recorded" });

/** A type's meaning and the fields of its `data`. */
function type<Fields extends z.ZodRawShape>(description: string, fields: Fields) {
  return z.strictObject(fields).meta({ description });
}

const chargingProfile = {
  commandId: z.string().meta({ description: "The command that sent it" }),
  connectorId: z.int().nullable(),
  chargingProfileId: z.int(),
  chargingProfilePurpose: z.string(),
  stackLevel: z.int(),
  transactionId: z.int().nullable(),
};

const stopFields = {
  idTag: z.string().nullable(),
  meterStop: z.int(),
  stoppedAt: ownTime,
  reason: z.string().nullable(),
};

const listFields = {
  listVersion: z.int(),
  updateType: z.enum(["Full", "Differential"]),
  answer: z.string().meta({ description: "The status of SendLocalList.conf, or the code of a CALLERROR" }),
};

const reservationFields = {
  reservationId: z.int(),
  connectorId: z.int().meta({ description: "0 = any connector" }),
  idTag: z.string(),
  parentIdTag: z.string().nullable(),
  expiryDate: time,
  reason: z.string().nullable().meta({ description: "Why it ended, where the type does not say it all" }),
  transactionId: z.int().nullable().meta({ description: "The transaction that used it" }),
};

/** The schema of `data` by the name of the type. */
export const eventTypes = {
  "chargePoint.connected": type("A charge point has a connection.", {
    remoteAddress: address,
    replaced: z.boolean().meta({ description: "It had one already, which is closed" }),
  }),
  "chargePoint.disconnected": type("A charge point has no connection any more.", {
    remoteAddress: address,
    since: time.meta({ description: "When it had connected" }),
    reason: z.string(),
  }),
  "connectionAttempt.recorded": type(
    "A connection was refused or is odd; repeats within a minute are not told of. The identity, where there is one, need not be registered.",
    {
      attemptId: z.string(),
      address,
      cause: z.string(),
      found: z.string(),
      cure: z.string(),
    },
  ),
  "chargePoint.booted": type("A BootNotification came in.", {
    registration: registration.meta({ description: "What it was answered with" }),
    vendor: z.string(),
    model: z.string(),
    serialNumber: z.string().nullable(),
    firmwareVersion: z.string().nullable(),
  }),
  "chargePoint.registrationChanged": type("A charge point was registered, judged anew or removed.", {
    before: registration.meta({ description: "null: nobody had registered it" }),
    after: registration.meta({ description: "null: it was removed" }),
  }),
  "connector.statusReported": type("A StatusNotification was recorded; connectorId 0 is the whole charge point.", {
    connectorId: z.int(),
    status: z.string(),
    errorCode: z.string(),
    info: z.string().nullable(),
    vendorId: z.string().nullable(),
    vendorErrorCode: z.string().nullable(),
    reportedAt: ownTime.nullable(),
  }),
  "transaction.started": type("A transaction was recorded, also one whose idTag may not charge.", {
    transactionId: z.int(),
    connectorId: z.int(),
    idTag: z.string(),
    idTagStatus: z.string().meta({ description: "What StartTransaction was answered with" }),
    meterStart: z.int(),
    startedAt: ownTime,
    reservationId: z.int().nullable(),
    flags,
  }),
  "transaction.ended": type(
    "A transaction is over. One that was given up (flag `abandoned`, no meterStop) is told of again when its stop comes after all.",
    {
      transactionId: z.int(),
      connectorId: z.int(),
      idTag: z.string(),
      meterStart: z.int(),
      meterStop: z.int().nullable(),
      energyWh: z.int().nullable(),
      reason: z.string().nullable(),
      startedAt: ownTime,
      stoppedAt: ownTime.nullable(),
      flags,
    },
  ),
  "transaction.stopConflicted": type("A second stop contradicts the first one, whose values stay.", {
    transactionId: z.int(),
    ...stopFields,
  }),
  "transaction.stopOrphaned": type("A stop fits no transaction of its charge point and waits for an operator.", {
    reportedTransactionId: z.int(),
    ...stopFields,
    flags,
  }),
  "chargingProfile.installed": type("A charging profile is in the charge point.", chargingProfile),
  "chargingProfile.removed": type("A charging profile is not in the charge point any more.", {
    ...chargingProfile,
    reason: z.string().meta({
      description:
        "replaced, cleared, absent (the charge point did not have it), transactionEnded, refused (it was in doubt), " +
        "superseded (nobody knows, and a later try without a known end stands for it)",
    }),
  }),
  "chargingProfile.doubted": type("Nobody knows whether a charging profile is in the charge point.", {
    ...chargingProfile,
    doubtedBy: z.array(z.string()).meta({ description: "The commands whose outcome is not known" }),
  }),
  "firmware.statusChanged": type(
    "A firmware update has come further; repeated and late notifications are not told of.",
    {
      commandId: z.string().meta({ description: "The UpdateFirmware or SignedUpdateFirmware that it belongs to" }),
      status: z.string(),
      before: z.string().nullable().meta({ description: "null: nothing was heard of it yet" }),
    },
  ),
  "securityEvent.reported": type("A charge point reports something that touches its security.", {
    securityEventId: z.int(),
    type: z.string().meta({ description: "As the charge point names it" }),
    techInfo: z.string().nullable(),
    reportedAt: ownTime.nullable(),
  }),
  "diagnostics.statusChanged": type("A charge point reports how its upload of diagnostics goes.", {
    diagnosticsId: z.string(),
    status: z.string(),
    before: z.string().nullable().meta({ description: "null: nothing was heard of it yet" }),
  }),
  "diagnostics.received": type("A charge point has brought its diagnostics, and they are kept.", {
    diagnosticsId: z.string(),
    name: z.string().nullable().meta({ description: "As the charge point calls the file" }),
    bytes: z.int(),
    sha256: z.string(),
  }),
  "reservation.requested": type("A ReserveNow is on its way.", reservationFields),
  "reservation.activated": type("The charge point holds the reservation, or holds it on new terms.", reservationFields),
  "reservation.used": type(
    "A transaction has used the reservation, perhaps after we believed it over.",
    reservationFields,
  ),
  "reservation.expired": type("The reservation's time is over.", reservationFields),
  "reservation.cancelled": type(
    "The reservation was cancelled, or ended with its connector's status.",
    reservationFields,
  ),
  "reservation.refused": type("The charge point did not take the reservation.", reservationFields),
  "firmwareCampaign.stateChanged": type(
    "A firmware campaign was started, paused, resumed or aborted, or is complete.",
    {
      campaignId: z.string(),
      state: z.enum(["running", "paused", "completed", "aborted"]),
      reason: z.string().nullable(),
    },
  ),
  "firmwareCampaign.waveReleased": type("A firmware campaign has come to its next wave.", {
    campaignId: z.string(),
    wave: z.int().meta({ description: "Counted from 1" }),
    targets: z.int().meta({ description: "Of this wave" }),
  }),
  "firmwareCampaign.targetEnded": type(
    "A firmware campaign is over with a charge point; not told of those left out from the beginning.",
    {
      campaignId: z.string(),
      outcome: z.string(),
      detail: z.string().nullable(),
      attempts: z.int(),
      commandId: z.string().nullable().meta({ description: "The last UpdateFirmware" }),
    },
  ),
  "command.settled": type("A command has ended, one way or another.", {
    commandId: z.string(),
    action: z.string(),
    state: z.string(),
    status: z.string().nullable().meta({ description: "`status` of the confirmation, where there is one" }),
    errorCode: z.string().nullable(),
    errorDescription: z.string().nullable(),
    requestedBy: z.string().nullable().meta({ description: "The id of the API key" }),
    latencyMs: z.int().nullable(),
  }),
  "localList.accepted": type("A charge point has taken a SendLocalList; its list has that version now.", listFields),
  "localList.refused": type("A charge point has not taken a SendLocalList.", listFields),
  "localList.synchronised": type("A charge point's local list is as desired.", {
    listVersion: z.int().nullable().meta({ description: "null: nothing was ever sent, because nothing was desired" }),
  }),
  "localList.failed": type("A synchronisation has ended, and the local list is not known to be as desired.", {
    outcome: z.enum(["failed", "inDoubt"]).meta({ description: "inDoubt: a message had no answer" }),
    reason: z.string().nullable(),
  }),
} as const;

/** The name of a type: the noun that it is about, a dot, what happened to it. */
export type EventType = keyof typeof eventTypes;

/** What `data` holds for each type. */
export type EventData<T extends EventType> = z.output<(typeof eventTypes)[T]>;

/** Every name, in the order of the list. */
export const eventTypeNames = Object.keys(eventTypes) as [EventType, ...EventType[]];
