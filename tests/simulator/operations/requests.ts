/**
 * Strict validation of the 19 requests (OCPP 1.6 chapter 6). It is independent of the product's validation on purpose: a CALLERROR of the simulator
 * shows a mistake of the product.
 */
import { Fault, type Payload } from "../frames.ts";

type Check = (value: unknown, path: string) => Fault | undefined;
type Shape = Readonly<Record<string, Check>>;

const wrongType = (path: string, wanted: string) => new Fault("TypeConstraintViolation", `${path} must be ${wanted}`);
const wrongValue = (path: string, wanted: string) =>
  new Fault("PropertyConstraintViolation", `${path} must be ${wanted}`);

const integer = (min?: number): Check => (value, path) =>
  !Number.isInteger(value)
    ? wrongType(path, "a whole number")
    : min !== undefined && (value as number) < min
    ? wrongValue(path, `at least ${min}`)
    : undefined;

const limit: Check = (value, path) =>
  typeof value !== "number"
    ? wrongType(path, "a number")
    : Math.abs(value * 10 - Math.round(value * 10)) > 1e-6
    ? wrongValue(path, "a number with at most one decimal place")
    : undefined;

const text = (max = Infinity): Check => (value, path) =>
  typeof value !== "string"
    ? wrongType(path, "a string")
    : value.length > max
    ? wrongValue(path, `at most ${max} characters long`)
    : undefined;

const oneOf = (...values: string[]): Check => (value, path) =>
  typeof value !== "string"
    ? wrongType(path, "a string")
    : values.includes(value)
    ? undefined
    : wrongValue(path, `one of ${values.join(", ")}`);

// RFC 3339, as the official schemas say (`format: date-time`).
const dateTime: Check = (value, path) =>
  typeof value !== "string"
    ? wrongType(path, "a string")
    : /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(value) && !Number.isNaN(Date.parse(value))
    ? undefined
    : wrongValue(path, "a date and time");

const listOf = (check: Check): Check => (value, path) => {
  if (!Array.isArray(value)) return wrongType(path, "a list");
  for (const [index, item] of value.entries()) {
    const fault = check(item, `${path}/${index}`);
    if (fault) return fault;
  }
  return undefined;
};

/** Fields whose names end in `?` may be absent. */
const object = (shape: Shape): Check => (value, path) => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return wrongType(path || "/", "an object");
  const fields = new Map(Object.entries(value));
  for (const [name, check] of Object.entries(shape)) {
    const field = name.replace("?", "");
    if (!fields.has(field) && field === name) {
      return new Fault("OccurenceConstraintViolation", `${path}/${field} is missing`);
    }
    const fault = fields.has(field) ? check(fields.get(field), `${path}/${field}`) : undefined;
    if (fault) return fault;
    fields.delete(field);
  }
  const [extra] = fields.keys();
  return extra === undefined
    ? undefined
    : new Fault("FormationViolation", `${path}/${extra} is no field of this request`);
};

const purpose = oneOf("ChargePointMaxProfile", "TxDefaultProfile", "TxProfile");
const unit = oneOf("A", "W");
const idTagInfo = object({
  status: oneOf("Accepted", "Blocked", "Expired", "Invalid", "ConcurrentTx"),
  "expiryDate?": dateTime,
  "parentIdTag?": text(20),
});
const chargingProfile = object({
  chargingProfileId: integer(),
  "transactionId?": integer(),
  stackLevel: integer(0),
  chargingProfilePurpose: purpose,
  chargingProfileKind: oneOf("Absolute", "Recurring", "Relative"),
  "recurrencyKind?": oneOf("Daily", "Weekly"),
  "validFrom?": dateTime,
  "validTo?": dateTime,
  chargingSchedule: object({
    "duration?": integer(),
    "startSchedule?": dateTime,
    chargingRateUnit: unit,
    chargingSchedulePeriod: listOf(object({ startPeriod: integer(0), limit, "numberPhases?": integer() })),
    "minChargingRate?": limit,
  }),
});

const REQUESTS = new Map<string, Check>(Object.entries({
  CancelReservation: object({ reservationId: integer() }),
  ChangeAvailability: object({ connectorId: integer(0), type: oneOf("Inoperative", "Operative") }),
  ChangeConfiguration: object({ key: text(50), value: text(500) }),
  ClearCache: object({}),
  ClearChargingProfile: object({
    "id?": integer(),
    "connectorId?": integer(0),
    "chargingProfilePurpose?": purpose,
    "stackLevel?": integer(0),
  }),
  DataTransfer: object({ vendorId: text(255), "messageId?": text(50), "data?": text() }),
  GetCompositeSchedule: object({ connectorId: integer(0), duration: integer(0), "chargingRateUnit?": unit }),
  GetConfiguration: object({ "key?": listOf(text(50)) }),
  GetDiagnostics: object({
    location: text(),
    "retries?": integer(),
    "retryInterval?": integer(),
    "startTime?": dateTime,
    "stopTime?": dateTime,
  }),
  GetLocalListVersion: object({}),
  RemoteStartTransaction: object({ "connectorId?": integer(1), idTag: text(20), "chargingProfile?": chargingProfile }),
  RemoteStopTransaction: object({ transactionId: integer() }),
  ReserveNow: object({
    connectorId: integer(0),
    expiryDate: dateTime,
    idTag: text(20),
    "parentIdTag?": text(20),
    reservationId: integer(),
  }),
  Reset: object({ type: oneOf("Hard", "Soft") }),
  SendLocalList: object({
    listVersion: integer(),
    "localAuthorizationList?": listOf(object({ idTag: text(20), "idTagInfo?": idTagInfo })),
    updateType: oneOf("Differential", "Full"),
  }),
  SetChargingProfile: object({ connectorId: integer(0), csChargingProfiles: chargingProfile }),
  TriggerMessage: object({
    requestedMessage: oneOf(
      "BootNotification",
      "DiagnosticsStatusNotification",
      "FirmwareStatusNotification",
      "Heartbeat",
      "MeterValues",
      "StatusNotification",
    ),
    "connectorId?": integer(0),
  }),
  UnlockConnector: object({ connectorId: integer(1) }),
  UpdateFirmware: object({
    location: text(),
    "retries?": integer(),
    retrieveDate: dateTime,
    "retryInterval?": integer(),
  }),
}));

/** The CALLERROR for an invalid request; undefined for a valid one. */
export function faultOf(action: string, payload: Payload): Fault | undefined {
  return REQUESTS.get(action)?.(payload, "");
}
