/**
 * A charge point as the API shows it: its row, its connectors, and what only the actors know (whether it is connected, and what they
 * have counted since the row was written).
 */
import { added } from "../../actors/charge_point/last_seen.ts";
import { z } from "zod";
import type { ChargePoint as Row } from "../../db/charge_points.ts";
import { RESERVATION_STATES } from "../../ocpp/reservation/reservation_rules.ts";
import { identity, moment } from "../http/fields.ts";
import type { App } from "../http/app.ts";

const label = z.string().min(1).max(64).regex(/^[^=]+$/, "The name of a label must not contain an equals sign");

/** The fields that an operator sets. */
export const chargePointFields = {
  registration: z.enum(["Accepted", "Pending", "Rejected"]).meta({
    description: "The status in the confirmation of BootNotification",
  }),
  securityProfile: z.literal([0, 1, 2, 3]).meta({ type: "integer", enum: [0, 1, 2, 3] }),
  heartbeatInterval: z.int().min(1).max(2 ** 31 - 1).nullable()
    .meta({ description: "In seconds; null = the setting CHARGEHAND_HEARTBEAT_INTERVAL_SECONDS" }),
  labels: z.record(label, z.string().max(255)).refine((labels) => Object.keys(labels).length <= 64, "At most 64 labels")
    .meta({ example: { site: "harbour" } }),
  description: z.string().max(1000),
  validation: z.enum(["tolerant", "strict"])
    .meta({
      description:
        "tolerant: a payload that breaks the specification but is clear is accepted and counted as a deviation; strict: it is refused",
    }),
};

/** A connector as last reported; connector 0 is the whole charge point. */
export const Connector = z.object({
  connectorId: z.int(),
  status: z.string(),
  errorCode: z.string(),
  info: z.string().nullable(),
  vendorId: z.string().nullable(),
  vendorErrorCode: z.string().nullable(),
  since: moment.meta({
    description: "The charge point's time of this status, or the time of receipt when it gave none",
  }),
  receivedAt: moment,
  availability: z.enum(["Operative", "Inoperative"]).nullable().meta({
    description: "The last accepted ChangeAvailability; null: none",
  }),
}).meta({ id: "Connector" });

/** A connector with the reservation that is requested or active there. */
const ConnectorHeld = Connector.extend({
  reservation: z.object({
    reservationId: z.int(),
    idTag: z.string(),
    expiryDate: moment,
    state: z.enum(RESERVATION_STATES),
  }).nullable().meta({ description: "Requested or active" }),
}).meta({ id: "ConnectorHeld" });

const Boot = z.object({
  vendor: z.string(),
  model: z.string(),
  serialNumber: z.string().optional(),
  chargeBoxSerialNumber: z.string().optional(),
  firmwareVersion: z.string().optional(),
  iccid: z.string().optional(),
  imsi: z.string().optional(),
  meterType: z.string().optional(),
  meterSerialNumber: z.string().optional(),
  at: moment,
}).meta({ id: "Boot", description: "The last BootNotification" });

/** The state of the connection; `remoteAddress` and `lastSeen` remain after its end. */
const Connection = z.object({
  connected: z.boolean(),
  since: moment.nullable(),
  remoteAddress: z.string().nullable(),
  lastSeen: moment.nullable(),
}).meta({ id: "Connection" });

/** A charge point in responses. */
export const ChargePoint = z.object({
  identity,
  ...chargePointFields,
  hasCredentials: z.boolean(),
  createdAt: moment,
  boot: Boot.nullable(),
  connection: Connection,
  connectors: z.array(ConnectorHeld),
  deviations: z.record(z.string(), z.int()).meta({
    description: "How often it broke the specification, by kind",
  }),
  localListVersion: z.int().nullable(),
}).meta({ id: "ChargePoint" });

type View = z.output<typeof ChargePoint>;

/** Completes rows to resources, with one query each for the connectors and the reservations of all. */
export async function viewsOf(rows: readonly Row[], app: App): Promise<View[]> {
  const identities = rows.map(({ identity }) => identity);
  const [connectors, held] = await Promise.all([
    app.store.connectors.listAmong(identities),
    app.store.reservations.listOpenAmong(identities),
  ]);
  return rows.map((row) => {
    const reservations = held.get(row.identity) ?? [];
    const shown = (connectors.get(row.identity) ?? []).map((connector) => ({
      ...connector,
      reservation: reservations.find(({ connectorId }) => connectorId === connector.connectorId) ?? null,
    }));
    return complete(row, shown, app);
  });
}

/** Completes a row to the resource. */
export async function viewOf(row: Row, app: App): Promise<View> {
  return (await viewsOf([row], app))[0]!;
}

function complete(row: Row, connectors: View["connectors"], { chargePoints }: App): View {
  const { lastSeenAt, remoteAddress, deviations, ...shown } = row;
  const live = chargePoints.connection(row.identity);
  const unwritten = chargePoints.unwritten(row.identity);
  return {
    ...shown,
    connection: {
      connected: live !== undefined,
      since: live?.since ?? null,
      remoteAddress: live?.remoteAddress ?? unwritten?.remoteAddress ?? remoteAddress,
      lastSeen: live?.lastSeenAt ?? unwritten?.at ?? lastSeenAt,
    },
    connectors,
    deviations: added(deviations, unwritten?.deviations ?? {}),
  };
}
