/**
 * The intended differences between the schemas in `ocpp/` and the official schemas. Each difference has a reason, a predicate for the issues
 * that it explains, and an example payload: a difference that no longer exists fails the test.
 */
import * as actions from "../../ocpp/actions.ts";
import type { Issue } from "../../ocpp/issue.ts";
import { valueAt } from "../../ocpp/issue.ts";
import { type ActionName, actionNames } from "../../ocpp/registry.ts";
import { parseDateTime } from "../../ocpp/types/date_time.ts";
import type { OfficialError, Side } from "./official_schemas.ts";
import { replaced } from "./payloads.ts";

/** A payload with its action and side. */
export interface Case {
  readonly name: ActionName;
  readonly side: Side;
  readonly payload: unknown;
}

/** One difference. `stricter` explains an issue that only our schema finds, `wider` an error that only the official schema finds. */
export interface Difference {
  readonly why: string;
  readonly stricter?: (issue: Issue, value: unknown, where: Case) => boolean;
  readonly wider?: (error: OfficialError, value: unknown, where: Case) => boolean;
  readonly example: Case;
}

/** An example payload with another value at one place, given as a JSON pointer. */
function changed(name: ActionName, side: Side, pointer: string, value: unknown): Case {
  const path = pathOf(pointer);
  const example = actions[name].example[side === "req" ? "request" : "confirmation"];
  return { name, side, payload: replaced(example, path, () => value) };
}

/** The steps of a JSON pointer. */
export function pathOf(pointer: string): (string | number)[] {
  return pointer.split("/").slice(1).map((step) => /^\d+$/.test(step) ? Number(step) : step);
}

/** The minimum of a field in the text of the specification, where the official schema has none. */
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

/** Every intended difference. */
export const differences: readonly Difference[] = [
  ...MINIMA.map(([name, minimum, only]): Difference => ({
    why: `${name} is at least ${minimum}${only ? ` in ${only}` : ""}; JSON schema has no minimum`,
    stricter: (issue, _value, where) =>
      issue.code === "too_small" && issue.minimum === minimum && field(issue) === name &&
      (!only || where.name === only),
    example: minimumExample(name, minimum, only),
  })),
  {
    why: "numberPhases is at most 3",
    stricter: (issue) => issue.code === "too_big" && field(issue) === "numberPhases" && issue.maximum === 3,
    example: changed("SetChargingProfile", "req", `${schedule}/chargingSchedulePeriod/1/numberPhases`, 4),
  },
  {
    why: "a transactionId of ours fits into 32 bits, because charge points keep it there",
    stricter: (issue) => issue.code === "too_big" && field(issue) === "transactionId" && issue.maximum === 2 ** 31 - 1,
    example: changed("StartTransaction", "conf", "/transactionId", 2 ** 31),
  },
  {
    why: "lists that are 1..* in chapters 6 and 7 are not empty",
    stricter: (issue) =>
      issue.code === "too_small" && issue.origin === "array" &&
      ["meterValue", "sampledValue", "chargingSchedulePeriod"].includes(field(issue)),
    example: changed("MeterValues", "req", "/meterValue", []),
  },
  {
    why: "JSON.parse loses digits of integers beyond 2^53",
    stricter: (issue) =>
      (issue.code === "too_big" && issue.maximum === Number.MAX_SAFE_INTEGER) ||
      (issue.code === "too_small" && issue.minimum === Number.MIN_SAFE_INTEGER),
    example: changed("MeterValues", "req", "/transactionId", 9223372036854775807),
  },
  {
    why: "text with NUL or a lone surrogate cannot be stored",
    stricter: (issue) => custom(issue, /surrogate/),
    example: changed("Authorize", "req", "/idTag", "A\0B"),
  },
  {
    why: "RFC 3339 requires a time zone, which the format check of ajv-formats 2 does not check",
    stricter: (issue, value) => custom(issue, /time zone/) && parseDateTime(value as string)?.zoneless === true,
    example: changed("StartTransaction", "req", "/timestamp", "2026-03-02T01:00:00"),
  },
  {
    why: "years outside 1970 to 2199 come from clocks that were never set, and break lists that sort by time",
    stricter: (issue, value) => custom(issue, /ISO 8601/) && !/^(19[7-9]|20|21)/.test(value as string),
    example: changed("StartTransaction", "req", "/timestamp", "0001-01-01T00:00:00Z"),
  },
  {
    why: "a time zone offset of 99 hours does not exist",
    stricter: (issue, value) => custom(issue, /ISO 8601/) && /\+99:00$/.test(value as string),
    example: changed("StartTransaction", "req", "/timestamp", "2026-03-02T01:00:00+99:00"),
  },
  {
    why: "a leap second may end any hour, since the offset moves it there",
    wider: (error, value) => error.keyword === "format" && /:59:60/.test(String(value)),
    example: changed("StartTransaction", "req", "/timestamp", "2027-01-01T00:59:60+01:00"),
  },
  {
    why: "ISO 8601 separates the fraction by a comma as well (errata 3.10)",
    wider: (error, value) => error.keyword === "format" && /\d,\d/.test(String(value)),
    example: changed("StartTransaction", "req", "/timestamp", "2026-03-02T01:00:00,5Z"),
  },
  {
    why: "limits that a charge point computes may have more decimals than limits that it receives",
    wider: (error, _value, where) => error.keyword === "multipleOf" && where.name === "GetCompositeSchedule",
    example: changed(
      "GetCompositeSchedule",
      "conf",
      "/chargingSchedule/chargingSchedulePeriod/0/limit",
      15.96,
    ),
  },
  {
    why: "a file location is an absolute URL, also where the official schema only requires text",
    stricter: (issue) => issue.code === "invalid_format" && field(issue).toLowerCase().endsWith("location"),
    example: changed("GetLog", "req", "/log/remoteLocation", "somewhere"),
  },
  {
    why: "URL parsers and charge points accept more characters than RFC 3986 allows",
    wider: (error, value) => error.keyword === "format" && URL.canParse(String(value)),
    example: changed("UpdateFirmware", "req", "/location", "https://files.example.org/{model}.bin"),
  },
  {
    why: "the first period starts at 0 (errata 3.45, 3.69)",
    stricter: (issue) => custom(issue, /must be 0 in the first period/),
    example: changed("SetChargingProfile", "req", `${schedule}/chargingSchedulePeriod/0/startPeriod`, 1),
  },
  {
    why: "a period ends where the next one starts (7.14)",
    stricter: (issue) => custom(issue, /less than in the period before/),
    example: changed("SetChargingProfile", "req", `${schedule}/chargingSchedulePeriod/2/startPeriod`, 60),
  },
  {
    why: "recurrencyKind belongs to Recurring and to nothing else (errata 3.56)",
    stricter: (issue) => issue.code === "custom" && field(issue) === "recurrencyKind",
    example: changed("SetChargingProfile", "req", `${profile}/chargingProfileKind`, "Absolute"),
  },
  {
    why: "transactionId belongs to TxProfile (7.8)",
    stricter: (issue) => custom(issue, /only for chargingProfilePurpose TxProfile/),
    example: changed("SetChargingProfile", "req", `${profile}/transactionId`, 4711),
  },
  {
    why: "Absolute and Recurring need a startSchedule, Relative begins at the start of charging (7.13)",
    stricter: (issue) => issue.code === "custom" && field(issue) === "startSchedule",
    example: changed("SetChargingProfile", "req", `${schedule}/startSchedule`, undefined),
  },
  {
    why: "the charging profile of a remote start is a TxProfile without transaction (5.11, errata 3.41)",
    stricter: (issue) => custom(issue, /in a remote start/),
    example: {
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
    why: "a Full list has the idTagInfo of each idTag (7.1)",
    stricter: (issue) => custom(issue, /updateType is Full/),
    example: changed("SendLocalList", "req", "/localAuthorizationList/0/idTagInfo", undefined),
  },
  {
    why: "an idTag is in a list once, without regard to case (5.15, 7.28)",
    stricter: (issue) => custom(issue, /twice/),
    example: changed("SendLocalList", "req", "/localAuthorizationList/1/idTag", "04e91c5a123480"),
  },
];

/** An example that has the field, with the value just below the minimum. */
function minimumExample(name: string, minimum: number, only?: ActionName): Case {
  const optional: Partial<Record<string, Case>> = {
    duration: changed("GetCompositeSchedule", "req", "/duration", -1),
    limit: changed("SetChargingProfile", "req", `${schedule}/chargingSchedulePeriod/0/limit`, -1),
    minChargingRate: changed("SetChargingProfile", "req", `${schedule}/minChargingRate`, -1),
    numberPhases: changed("SetChargingProfile", "req", `${schedule}/chargingSchedulePeriod/0/numberPhases`, 0),
    stackLevel: changed("SetChargingProfile", "req", `${profile}/stackLevel`, -1),
    startPeriod: changed(
      "GetCompositeSchedule",
      "conf",
      "/chargingSchedule/chargingSchedulePeriod/0/startPeriod",
      -1,
    ),
    transactionId: changed("StartTransaction", "conf", "/transactionId", 0),
  };
  const side: Side = name === "interval" || only === "GetLocalListVersion" ? "conf" : "req";
  return optional[name] ??
    changed(only ?? actionNames.find((action) => hasField(action, side, name))!, side, `/${name}`, minimum - 1);
}

function hasField(action: ActionName, side: Side, name: string): boolean {
  return valueAt(actions[action].example[side === "req" ? "request" : "confirmation"], [name]) !== undefined;
}
