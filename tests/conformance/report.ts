/**
 * The report about a run of the conformance cases, in the form of a certificate's abstract: functionalities, performance, settings.
 * A functionality passes when all its cases of the certification procedure exist and pass. It fails when a case fails. It is "Not covered" when
 * cases are missing and the others pass.
 */
import { type CaseDescription, FUNCTIONALITIES, type Functionality } from "./functionality.ts";
import type { Measured, Timestamps } from "./observations.ts";

/** The notice at the top of each report. */
export const NOTICE =
  "This is a test report by the project itself, not a certificate. Only the Open Charge Alliance issues certificates, " +
  "after tests in an independent laboratory.";

/** The 77 cases of the certification procedure for a Central System, by number. */
export const PROCEDURE: Readonly<Record<Functionality, string>> = {
  "Core":
    "001 003 004_1 004_2 005_1 007 061 010 011_1 011_2 012 013 014 017_1 017_2 018_1 019_1 019_2 021 023_1 023_2 023_3 " +
    "024 026 028 030 031 032_1 037_1 037_3 039 040_1 040_2 064",
  "Firmware Management": "044_1 044_2 044_3 045_1 045_2",
  "Smart Charging": "056 057 059 066 067",
  "Reservation": "046 047 048_1 048_2 048_3 048_4 049 051 052 053",
  "Local Authorization List Management": "042_1 042_2 043_1 043_3 043_4 043_5",
  "Remote Trigger": "054 055",
  "Security": "073 074 075_1 075_2 076 077 078 079 080 081 083 085 086 087 088",
};

/** The result of one case. */
export interface CaseResult extends CaseDescription {
  readonly passed: boolean;
  readonly tookMs: number;
  /** The error message, with the last messages; null when the case passed. */
  readonly failure: string | null;
}

/** The result of one functionality with the results of its cases. */
export interface FunctionalityResult {
  readonly functionality: Functionality;
  readonly result: "Pass" | "Fail" | "Not covered";
  readonly cases: readonly CaseResult[];
  /** Numbers of cases in the procedure that do not exist here. */
  readonly missing: readonly string[];
}

/** One line of the performance table. */
export interface Performance {
  readonly what: string;
  readonly declaredSeconds: number;
  readonly measured: Measured;
  readonly passed: boolean;
}

/** One line of the table of settings. */
export interface SettingResult {
  readonly what: string;
  readonly value: string;
  readonly passed: boolean;
}

/** The whole report, as `report.json` has it. */
export interface Report {
  readonly notice: string;
  readonly product: string;
  readonly version: string;
  readonly date: string;
  readonly specification: string;
  readonly database: string;
  readonly functionalities: readonly FunctionalityResult[];
  readonly performance: readonly Performance[];
  readonly settings: readonly SettingResult[];
  /** Nothing failed. A functionality that is not covered has not failed. */
  readonly passed: boolean;
}

/** The results of a run, from which the report is made. */
export interface Findings {
  readonly version: string;
  readonly date: Date;
  readonly database: string;
  readonly callTimeoutSeconds: number;
  readonly cases: readonly CaseResult[];
  readonly anyCall: Measured;
  readonly authorize: Measured;
  readonly timestamps: Timestamps;
}

/** Makes the report of a run. */
export function reportOf(findings: Findings): Report {
  const { version, date, database, callTimeoutSeconds, cases, anyCall, authorize, timestamps } = findings;
  const functionalities = FUNCTIONALITIES.map((functionality) => resultOf(functionality, cases));
  const performance = [
    performanceOf("OCPP response timeout", callTimeoutSeconds, anyCall),
    performanceOf("Response time of Authorize", callTimeoutSeconds, authorize),
  ];
  const settings = [{
    what: "Milliseconds in timestamps",
    value: timestamps.wrong.length === 0
      ? `yes, in all ${timestamps.seen} that were sent`
      : `no: ${timestamps.wrong.slice(0, 5).join(", ")}`,
    passed: timestamps.wrong.length === 0 && timestamps.seen > 0,
  }];
  const passed = functionalities.every(({ result }) => result !== "Fail") &&
    [...performance, ...settings, ...cases].every((result) => result.passed);
  return {
    notice: NOTICE,
    product: "Chargehand",
    version,
    date: date.toISOString(),
    specification: "OCPP 1.6 edition 2, JSON over WebSocket, Central System",
    database,
    functionalities,
    performance,
    settings,
    passed,
  };
}

function resultOf(functionality: Functionality, all: readonly CaseResult[]): FunctionalityResult {
  const cases = all.filter((result) => result.functionality === functionality);
  const missing = PROCEDURE[functionality].split(" ").filter((id) => !cases.some((result) => result.id === id));
  const failed = cases.some(({ passed }) => !passed);
  return { functionality, cases, missing, result: failed ? "Fail" : missing.length > 0 ? "Not covered" : "Pass" };
}

function performanceOf(what: string, declaredSeconds: number, measured: Measured): Performance {
  return {
    what,
    declaredSeconds,
    measured,
    passed: measured.samples > 0 && measured.longestMs <= declaredSeconds * 1000,
  };
}

/** The report for a terminal. */
export function textOf(report: Report): string {
  const { product, version, specification, date, database, functionalities, performance, settings } = report;
  const lines = [
    `${product} ${version}: conformance report`,
    report.notice,
    "",
    specification,
    `${date}, on ${database}`,
    "",
    ...functionalities.map((row) => `${row.functionality.padEnd(36)} ${row.result.padEnd(12)} ${countOf(row)}`),
    "",
    ...performance.map(({ what, declaredSeconds, measured }) =>
      `${what.padEnd(36)} declared ${declaredSeconds} s, measured ${
        seconds(measured.longestMs)
      } s (longest of ${measured.samples})`
    ),
    ...settings.map(({ what, value }) => `${what.padEnd(36)} ${value}`),
    "",
    ...functionalities.flatMap(({ cases }) => cases).filter(({ passed }) => !passed)
      .map(({ id, title, failure }) => `FAILED TC_${id}_CS ${title}\n${failure}\n`),
    report.passed ? "Nothing failed." : "FAILED.",
  ];
  return lines.join("\n");
}

/** A summary such as "34 of 34 cases pass". */
export function countOf({ cases, missing }: FunctionalityResult): string {
  const passed = cases.filter((result) => result.passed).length;
  return `${passed} of ${cases.length + missing.length} cases pass`;
}

/** Milliseconds as seconds with three decimal places. */
export function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}
