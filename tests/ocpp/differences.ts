/**
 * Where our descriptions differ from the official schemas on purpose. Each difference says why, claims the objections that it explains,
 * and brings a payload that shows it: a difference that is no longer one fails the test.
 */
import * as actions from "../../ocpp/actions.ts";
import type { Issue } from "../../ocpp/issue.ts";
import { valueAt } from "../../ocpp/issue.ts";
import { type ActionName, actionNames } from "../../ocpp/registry.ts";
import { parseDateTime } from "../../ocpp/types/date_time.ts";
import type { OfficialError, Side } from "./official_schemas.ts";
import { replaced } from "./payloads.ts";

/** A payload and where it belongs. */
export interface Case {
  readonly name: ActionName;
  readonly side: Side;
  readonly payload: unknown;
}

/** One difference. `stricter` explains an issue of ours where the official schema has none, `wider` the other way round. */
export interface Difference {
  readonly why: string;
  readonly stricter?: (issue: Issue, value: unknown, where: Case) => boolean;
  readonly wider?: (error: OfficialError, value: unknown, where: Case) => boolean;
  readonly witness: Case;
}

/** An example payload with another value at one place, written as a JSON pointer. */
function spoilt(name: ActionName, side: Side, pointer: string, value: unknown): Case {
  const path = pathOf(pointer);
  const example = actions[name].example[side === "req" ? "request" : "confirmation"];
  return { name, side, payload: replaced(example, path, () => value) };
}

/** The steps of a JSON pointer. */
export function pathOf(pointer: string): (string | number)[] {
  return pointer.split("/").slice(1).map((step) => /^\d+$/.test(step) ? Number(step) : step);
}

/** The smallest value that the text of the specification names for a field, where the schemas name none. */
const MINIMA: readonly [field: string, minimum: number, in_?: ActionName][] = [
  ["connectorId", 1, "UnlockConnector"], // 6.55
  ["connectorId", 1, "RemoteStartTransaction"], // 6.33
  ["connectorId", 0],
  ["stackLevel", 0], // 7.8
  ["startPeriod", 0], // 7.14
  ["duration", 0],
  ["limit", 0],
  ["minChargingRate", 0],
  ["numberPhases", 1],
  ["retries", 0],
  ["retryInterval", 0],
  ["interval", 0], // 6.4
  ["listVersion", 1, "SendLocalList"], // errata 3.52
  ["listVersion", -1, "GetLocalListVersion"], // 5.10
  ["transactionId", 1, "StartTransaction"], // errata 3.54
];

const field = (issue: Issue) => String(issue.path.at(-1));
const custom = (issue: Issue, pattern: RegExp) => issue.code === "custom" && pattern.test(issue.message);

const profile = "/csChargingProfiles";
const schedule = `${profile}/chargingSchedule`;

/** All of them. */
export const differences: readonly Difference[] = [
  ...MINIMA.map(([name, minimum, only]): Difference => ({
    why: `${name} is at least ${minimum}${only ? ` in ${only}` : ""}; JSON schema has no minimum`,
    stricter: (issue, _value, where) =>
      issue.code === "too_small" && issue.minimum === minimum && field(issue) === name &&
      (!only || where.name === only),
    witness: minimumWitness(name, minimum, only),
  })),
  {
    why: "numberPhases is at most 3",
    stricter: (issue) => issue.code === "too_big" && field(issue) === "numberPhases" && issue.maximum === 3,
    witness: spoilt("SetChargingProfile", "req", `${schedule}/chargingSchedulePeriod/1/numberPhases`, 4),
  },
  {
    why: "a transactionId of ours fits into 32 bits, because charge points keep it there",
    stricter: (issue) => issue.code === "too_big" && field(issue) === "transactionId" && issue.maximum === 2 ** 31 - 1,
    witness: spoilt("StartTransaction", "conf", "/transactionId", 2 ** 31),
  },
  {
    why: "lists that are 1..* in chapters 6 and 7 are not empty",
    stricter: (issue) =>
      issue.code === "too_small" && issue.origin === "array" &&
      ["meterValue", "sampledValue", "chargingSchedulePeriod"].includes(field(issue)),
    witness: spoilt("MeterValues", "req", "/meterValue", []),
  },
  {
    why: "integers beyond 2^53 have lost digits when JSON.parse is done",
    stricter: (issue) =>
      (issue.code === "too_big" && issue.maximum === Number.MAX_SAFE_INTEGER) ||
      (issue.code === "too_small" && issue.minimum === Number.MIN_SAFE_INTEGER),
    witness: spoilt("MeterValues", "req", "/transactionId", 9223372036854775807),
  },
  {
    why: "text with NUL or half a surrogate pair cannot be stored",
    stricter: (issue) => custom(issue, /surrogate/),
    witness: spoilt("Authorize", "req", "/idTag", "A\0B"),
  },
  {
    why: "RFC 3339 wants a zone, which the format check of ajv-formats 2 forgets",
    stricter: (issue, value) => custom(issue, /time zone/) && parseDateTime(value as string)?.zoneless === true,
    witness: spoilt("StartTransaction", "req", "/timestamp", "2026-03-02T01:00:00"),
  },
  {
    why: "years outside 1970 to 2199 come from clocks that were never set, and break lists that sort by time",
    stricter: (issue, value) => custom(issue, /ISO 8601/) && !/^(19[7-9]|20|21)/.test(value as string),
    witness: spoilt("StartTransaction", "req", "/timestamp", "0001-01-01T00:00:00Z"),
  },
  {
    why: "no clock is 99 hours off",
    stricter: (issue, value) => custom(issue, /ISO 8601/) && /\+99:00$/.test(value as string),
    witness: spoilt("StartTransaction", "req", "/timestamp", "2026-03-02T01:00:00+99:00"),
  },
  {
    why: "a leap second may end any hour, since the offset moves it there",
    wider: (error, value) => error.keyword === "format" && /:59:60/.test(String(value)),
    witness: spoilt("StartTransaction", "req", "/timestamp", "2027-01-01T00:59:60+01:00"),
  },
  {
    why: "ISO 8601 separates the fraction by a comma as well (errata 3.10)",
    wider: (error, value) => error.keyword === "format" && /\d,\d/.test(String(value)),
    witness: spoilt("StartTransaction", "req", "/timestamp", "2026-03-02T01:00:00,5Z"),
  },
  {
    why: "what a charge point computes may have more decimals than what it is sent",
    wider: (error, _value, where) => error.keyword === "multipleOf" && where.name === "GetCompositeSchedule",
    witness: spoilt(
      "GetCompositeSchedule",
      "conf",
      "/chargingSchedule/chargingSchedulePeriod/0/limit",
      15.96,
    ),
  },
  {
    why: "a place to upload to is an absolute URL, also where the schema only says text",
    stricter: (issue) => issue.code === "invalid_format" && field(issue).toLowerCase().endsWith("location"),
    witness: spoilt("GetLog", "req", "/log/remoteLocation", "somewhere"),
  },
  {
    why: "URL parsers read more characters than RFC 3986 writes, and so do charge points",
    wider: (error, value) => error.keyword === "format" && URL.canParse(String(value)),
    witness: spoilt("UpdateFirmware", "req", "/location", "https://files.example.org/{model}.bin"),
  },
  {
    why: "the first period starts at 0 (errata 3.45, 3.69)",
    stricter: (issue) => custom(issue, /must be 0 in the first period/),
    witness: spoilt("SetChargingProfile", "req", `${schedule}/chargingSchedulePeriod/0/startPeriod`, 1),
  },
  {
    why: "a period ends where the next one starts (7.14)",
    stricter: (issue) => custom(issue, /before the period above/),
    witness: spoilt("SetChargingProfile", "req", `${schedule}/chargingSchedulePeriod/2/startPeriod`, 60),
  },
  {
    why: "recurrencyKind belongs to Recurring and to nothing else (errata 3.56)",
    stricter: (issue) => issue.code === "custom" && field(issue) === "recurrencyKind",
    witness: spoilt("SetChargingProfile", "req", `${profile}/chargingProfileKind`, "Absolute"),
  },
  {
    why: "transactionId belongs to TxProfile (7.8)",
    stricter: (issue) => custom(issue, /only for chargingProfilePurpose TxProfile/),
    witness: spoilt("SetChargingProfile", "req", `${profile}/transactionId`, 4711),
  },
  {
    why: "Absolute and Recurring need a start, Relative has the start of charging (7.13)",
    stricter: (issue) => issue.code === "custom" && field(issue) === "startSchedule",
    witness: spoilt("SetChargingProfile", "req", `${schedule}/startSchedule`, undefined),
  },
  {
    why: "the charging profile of a remote start is a TxProfile without transaction (5.11, errata 3.41)",
    stricter: (issue) => custom(issue, /in a remote start/),
    witness: {
      name: "RemoteStartTransaction",
      side: "req",
      payload: {
        idTag: "T",
        chargingProfile: {
          chargingProfileId: 1,
          transactionId: 4711,
          stackLevel: 0,
          chargingProfilePurpose: "TxProfile",
          chargingProfileKind: "Relative",
          chargingSchedule: { chargingRateUnit: "A", chargingSchedulePeriod: [{ startPeriod: 0, limit: 6 }] },
        },
      },
    },
  },
  {
    why: "a Full list says what each idTag may (7.1)",
    stricter: (issue) => custom(issue, /updateType is Full/),
    witness: spoilt("SendLocalList", "req", "/localAuthorizationList/0/idTagInfo", undefined),
  },
  {
    why: "an idTag is in a list once, whatever its case (5.15, 7.28)",
    stricter: (issue) => custom(issue, /twice/),
    witness: spoilt("SendLocalList", "req", "/localAuthorizationList/1/idTag", "04e91c5a123480"),
  },
];

/** An example that has the field, with the value just below the minimum. */
function minimumWitness(name: string, minimum: number, only?: ActionName): Case {
  const optional: Partial<Record<string, Case>> = {
    duration: spoilt("GetCompositeSchedule", "req", "/duration", -1),
    limit: spoilt("SetChargingProfile", "req", `${schedule}/chargingSchedulePeriod/0/limit`, -1),
    minChargingRate: spoilt("SetChargingProfile", "req", `${schedule}/minChargingRate`, -1),
    numberPhases: spoilt("SetChargingProfile", "req", `${schedule}/chargingSchedulePeriod/0/numberPhases`, 0),
    stackLevel: spoilt("SetChargingProfile", "req", `${profile}/stackLevel`, -1),
    startPeriod: spoilt(
      "GetCompositeSchedule",
      "conf",
      "/chargingSchedule/chargingSchedulePeriod/0/startPeriod",
      -1,
    ),
    transactionId: spoilt("StartTransaction", "conf", "/transactionId", 0),
  };
  const side: Side = name === "interval" || only === "GetLocalListVersion" ? "conf" : "req";
  return optional[name] ??
    spoilt(only ?? actionNames.find((action) => hasField(action, side, name))!, side, `/${name}`, minimum - 1);
}

function hasField(action: ActionName, side: Side, name: string): boolean {
  return valueAt(actions[action].example[side === "req" ? "request" : "confirmation"], [name]) !== undefined;
}
