/**
 * Every type of event, its meaning and the fields of its `data`. The list is closed: no other event is published, and the stream, the
 * webhooks and the API's description follow from it. New types and fields may be added; existing ones keep their meaning. Times in
 * `data` are RFC 3339 in UTC with milliseconds, energy is in Wh.
 */
import { z } from "zod";

const time = z.iso.datetime({ precision: 3 });
const ownTime = time.meta({ description: "In the charge point's time" });
const registration = z.enum(["Accepted", "Pending", "Rejected"]).nullable();
const address = z.string().meta({ description: "The client's address" });
const flags = z.array(z.string()).meta({ description: "What is unusual about the recorded values" });

/** Declares a type: its meaning and the fields of its `data`. */
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
  reason: z.string().nullable().meta({
    description: "Why the reservation ended, where the type alone does not say it",
  }),
  transactionId: z.int().nullable().meta({ description: "The transaction that used it" }),
};

/** The schema of `data` by the name of the type. */
export const eventTypes = {
  "chargePoint.connected": type("A charge point has connected.", {
    remoteAddress: address,
    replaced: z.boolean().meta({
      description: "The charge point was connected already; the older connection is closed",
    }),
  }),
  "chargePoint.disconnected": type("The connection of a charge point has ended.", {
    remoteAddress: address,
    since: time.meta({ description: "When the connection began" }),
    reason: z.string(),
  }),
  "connectionAttempt.recorded": type(
    "A connection attempt was refused or is unusual. Repeats within a minute have no event. The identity, if there is one, may not be registered.",
    {
      attemptId: z.string(),
      address,
      cause: z.string(),
      found: z.string(),
      cure: z.string(),
    },
  ),
  "chargePoint.booted": type("A BootNotification was received.", {
    registration: registration.meta({ description: "The status with which it was answered" }),
    vendor: z.string(),
    model: z.string(),
    serialNumber: z.string().nullable(),
    firmwareVersion: z.string().nullable(),
  }),
  "chargePoint.registrationChanged": type(
    "A charge point was registered or removed, or its registration has changed.",
    {
      before: registration.meta({ description: "null: it was not registered" }),
      after: registration.meta({ description: "null: it was removed" }),
    },
  ),
  "connector.statusReported": type("A StatusNotification was recorded; connectorId 0 is the whole charge point.", {
    connectorId: z.int(),
    status: z.string(),
    errorCode: z.string(),
    info: z.string().nullable(),
    vendorId: z.string().nullable(),
    vendorErrorCode: z.string().nullable(),
    reportedAt: ownTime.nullable(),
  }),
  "transaction.started": type(
    "The start of a transaction was recorded. This includes transactions whose idTag was not accepted.",
    {
      transactionId: z.int(),
      connectorId: z.int(),
      idTag: z.string(),
      idTagStatus: z.string().meta({ description: "The status with which StartTransaction was answered" }),
      meterStart: z.int(),
      startedAt: ownTime,
      reservationId: z.int().nullable(),
      flags,
    },
  ),
  "transaction.ended": type(
    "A transaction has ended. A transaction with the flag `abandoned` has no meterStop; it has a second event when its StopTransaction is received later.",
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
  "transaction.stopConflicted": type(
    "A second StopTransaction contradicts the first one. The values of the first one are kept.",
    {
      transactionId: z.int(),
      ...stopFields,
    },
  ),
  "transaction.stopOrphaned": type(
    "A StopTransaction fits no transaction of its charge point. An operator has to decide what it belongs to.",
    {
      reportedTransactionId: z.int(),
      ...stopFields,
      flags,
    },
  ),
  "chargingProfile.installed": type("A charging profile is installed in the charge point.", chargingProfile),
  "chargingProfile.removed": type("A charging profile is not installed in the charge point any more.", {
    ...chargingProfile,
    reason: z.string().meta({
      description:
        "replaced, cleared, absent (the charge point did not have it), transactionEnded, refused (it was in doubt before), " +
        "superseded (its outcome is not known, and a later attempt, whose outcome is not known either, takes its place)",
    }),
  }),
  "chargingProfile.doubted": type("It is not known whether a charging profile is installed in the charge point.", {
    ...chargingProfile,
    doubtedBy: z.array(z.string()).meta({ description: "The commands whose outcome is not known" }),
  }),
  "firmware.statusChanged": type(
    "A firmware update has reached its next status. Repeated and late notifications have no event.",
    {
      commandId: z.string().meta({ description: "The UpdateFirmware or SignedUpdateFirmware that it belongs to" }),
      status: z.string(),
      before: z.string().nullable().meta({ description: "null: this is the first status" }),
    },
  ),
  "securityEvent.reported": type("A charge point has sent a SecurityEventNotification.", {
    securityEventId: z.int(),
    type: z.string().meta({ description: "The type as the charge point sent it" }),
    techInfo: z.string().nullable(),
    reportedAt: ownTime.nullable(),
  }),
  "diagnostics.statusChanged": type("A charge point reports a new status of its upload of diagnostics.", {
    diagnosticsId: z.string(),
    status: z.string(),
    before: z.string().nullable().meta({ description: "null: this is the first status" }),
  }),
  "diagnostics.received": type("A charge point has uploaded its diagnostics, and the file is stored.", {
    diagnosticsId: z.string(),
    name: z.string().nullable().meta({ description: "The name of the file as the charge point sent it" }),
    bytes: z.int(),
    sha256: z.string(),
  }),
  "reservation.requested": type("A ReserveNow is queued or sent.", reservationFields),
  "reservation.activated": type(
    "The charge point has accepted the reservation, or new terms of it.",
    reservationFields,
  ),
  "reservation.used": type(
    "A transaction has used the reservation. This may be reported after another event of its end.",
    reservationFields,
  ),
  "reservation.expired": type("The reservation's expiryDate has passed.", reservationFields),
  "reservation.cancelled": type(
    "The reservation was cancelled, or the status of its connector ended it.",
    reservationFields,
  ),
  "reservation.refused": type("The charge point did not accept the reservation.", reservationFields),
  "firmwareCampaign.stateChanged": type(
    "A firmware campaign was started, paused, resumed, aborted or completed.",
    {
      campaignId: z.string(),
      state: z.enum(["running", "paused", "completed", "aborted"]),
      reason: z.string().nullable(),
    },
  ),
  "firmwareCampaign.waveReleased": type("A firmware campaign has released its next wave.", {
    campaignId: z.string(),
    wave: z.int().meta({ description: "The number of the wave, from 1" }),
    targets: z.int().meta({ description: "The number of targets in this wave" }),
  }),
  "firmwareCampaign.targetEnded": type(
    "A firmware campaign has ended for a charge point. Charge points that were left out at the start have no event.",
    {
      campaignId: z.string(),
      outcome: z.string(),
      detail: z.string().nullable(),
      attempts: z.int(),
      commandId: z.string().nullable().meta({ description: "The id of the last UpdateFirmware" }),
    },
  ),
  "command.settled": type("A command has ended, in any of its last states.", {
    commandId: z.string(),
    action: z.string(),
    state: z.string(),
    status: z.string().nullable().meta({
      description: "`status` of the confirmation; null: it has none, or there is no confirmation",
    }),
    errorCode: z.string().nullable(),
    errorDescription: z.string().nullable(),
    requestedBy: z.string().nullable().meta({ description: "The id of the API key" }),
    latencyMs: z.int().nullable(),
  }),
  "localList.accepted": type("A charge point has accepted a SendLocalList. Its list has that version now.", listFields),
  "localList.refused": type("A charge point has not accepted a SendLocalList.", listFields),
  "localList.synchronised": type("A charge point's local list is as desired.", {
    listVersion: z.int().nullable().meta({ description: "null: no list was ever sent, because none was desired" }),
  }),
  "localList.failed": type(
    "A synchronisation has ended without the desired local list, or it is not known whether the charge point has it.",
    {
      outcome: z.enum(["failed", "inDoubt"]).meta({
        description: "failed: the list is not as desired; inDoubt: a message had no answer",
      }),
      reason: z.string().nullable(),
    },
  ),
} as const;

/** The name of a type: a noun, a dot, and what happened. */
export type EventType = keyof typeof eventTypes;

/** The fields of `data` for a type. */
export type EventData<T extends EventType> = z.output<(typeof eventTypes)[T]>;

/** Every name of a type, in the order of the list. */
export const eventTypeNames = Object.keys(eventTypes) as [EventType, ...EventType[]];
