import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { abstractOf } from "./abstract.ts";
import { FUNCTIONALITIES } from "./functionality.ts";
import { type CaseResult, countOf, type Findings, NOTICE, PROCEDURE, reportOf, textOf } from "./report.ts";
import { Observations } from "./observations.ts";
import type { Wire } from "./wire.ts";

const CASE = { functionality: "Core", title: "A case", passed: true, failure: null, tookMs: 5 } as const;
const measured = { samples: 3, medianMs: 4, longestMs: 9 };

function findings(changed: Partial<Findings> = {}): Findings {
  return {
    version: "1.2.3",
    date: new Date("2026-01-31T12:00:00Z"),
    database: "PostgreSQL",
    callTimeoutSeconds: 4,
    cases: PROCEDURE.Core.split(" ").map((id) => ({ ...CASE, id })),
    anyCall: measured,
    authorize: measured,
    timestamps: { seen: 7, wrong: [] },
    ...changed,
  };
}

function resultsOf(changed?: Partial<Findings>) {
  const { functionalities } = reportOf(findings(changed));
  return Object.fromEntries(functionalities.map(({ functionality, result }) => [functionality, result]));
}

Deno.test("the procedure has 77 different cases", () => {
  const numbers = FUNCTIONALITIES.flatMap((functionality) => PROCEDURE[functionality].split(" "));
  assertEquals([numbers.length, new Set(numbers).size], [77, 77]);
});

Deno.test("a functionality passes when all its cases exist and pass", () => {
  assertEquals(resultsOf().Core, "Pass");
  const [first, ...others] = findings().cases;
  assertEquals(resultsOf({ cases: others }).Core, "Not covered");
  const failed: CaseResult = { ...first!, passed: false, failure: "it was silent" };
  assertEquals(resultsOf({ cases: [failed, ...others] }).Core, "Fail");
  assertEquals(resultsOf({ cases: [failed] }).Core, "Fail");
  assertEquals(countOf(reportOf(findings({ cases: others })).functionalities[0]!), "33 of 34 cases pass");
});

Deno.test("the report fails for answers slower than declared, missing measurements and times without milliseconds", () => {
  assertEquals(reportOf(findings()).passed, true);
  const never = { ...measured, samples: 0 };
  const faults: Partial<Findings>[] = [
    { anyCall: { ...measured, longestMs: 4001 } },
    { authorize: never },
    { timestamps: { seen: 7, wrong: ["2026-01-31T12:00:00Z"] } },
    { timestamps: { seen: 0, wrong: [] } },
  ];
  for (const fault of faults) assertEquals(reportOf(findings(fault)).passed, false, JSON.stringify(fault));
});

Deno.test("the report as text and as page begins with the notice and shows failures", async () => {
  const [first, ...others] = findings().cases;
  const report = reportOf(findings({ cases: [{ ...first!, passed: false, failure: "<silence>" }, ...others] }));
  assertEquals(Object.entries(report)[0], ["notice", NOTICE]);
  const [text, page] = [textOf(report), await abstractOf(report)];
  assert(text.indexOf(NOTICE) < text.indexOf("Core") && page.indexOf(NOTICE) < page.indexOf("<h1>"));
  for (const form of [text, page]) {
    for (const part of ["1.2.3", "PostgreSQL", "TC_001_CS"]) assertStringIncludes(form, part);
  }
  assertStringIncludes(text, "<silence>");
  assertStringIncludes(page, "&lt;silence&gt;");
});

Deno.test("answer times are measured per connection and message id, and times are found at any depth of a payload", () => {
  let ms = 0;
  const observations = new Observations(() => ms);
  const [one, other] = [{} as Wire, {} as Wire];
  observations.add(one, "sent", '[2,"a","Authorize",{"idTag":"X"}]');
  observations.add(other, "sent", '[2,"a","Heartbeat",{}]');
  ms = 30;
  observations.add(other, "received", '[3,"a",{"currentTime":"2026-01-31T12:00:00Z"}]');
  observations.add(one, "received", '[2,"b","ReserveNow",{"expiryDate":"2026-01-31T12:00:00.000Z"}]');
  ms = 50;
  observations.add(one, "received", '[4,"a","InternalError","",{}]');
  observations.add(one, "received", "not JSON");
  assertEquals(observations.measured(), { samples: 2, medianMs: 50, longestMs: 50 });
  assertEquals(observations.measured("Heartbeat").longestMs, 30);
  assertEquals(observations.timestamps, { seen: 2, wrong: ["2026-01-31T12:00:00Z"] });
});
