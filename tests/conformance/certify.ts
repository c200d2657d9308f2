/**
 * `deno task certify`: runs the certification cases against a new Central System with the certification preset, prints a report and writes it
 * as HTML and JSON. The exit code is 1 when something failed.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type CentralSystem, startCentralSystem } from "../harness.ts";
import { startTestServer } from "../test_server.ts";
import { abstractOf } from "./abstract.ts";
import { cases, type CertificationCase } from "./cases.ts";
import { Operator } from "./operator.ts";
import { type CaseResult, type Report, reportOf, textOf } from "./report.ts";
import { registerChargePoint, Tool } from "./tool.ts";
import { Observations } from "./observations.ts";
import { onWireText } from "./wire.ts";

const HELP =
  `Runs the conformance cases and writes a report in the form of a certificate's abstract. The report is no certificate.

  deno task certify [--out folder]

  --out   folder for report.html and report.json (default ./certify)

DATABASE_URL names a PostgreSQL server; the cases run in a new database on it. Without DATABASE_URL, a server is started for the run.`;

/** Runs the cases one after the other, each with its own charge point, and makes the report. */
export async function certify(
  chosen: readonly CertificationCase[] = cases,
  progress: (done: CaseResult) => void = () => {},
): Promise<Report> {
  const central = await startCentralSystem({ preset: "certification" });
  const observations = new Observations();
  const stopWatching = onWireText(observations.add);
  try {
    const operator = new Operator(central);
    const results: CaseResult[] = [];
    for (const [index, each] of chosen.entries()) {
      const result = await runCase(each, `C${index + 1}`, central, operator);
      progress(result);
      results.push(result);
    }
    return reportOf({
      version: central.app.version,
      date: new Date(),
      database: "PostgreSQL",
      callTimeoutSeconds: central.app.settings.callTimeoutSeconds,
      cases: results,
      anyCall: observations.measured(),
      authorize: observations.measured("Authorize"),
      timestamps: observations.timestamps,
    });
  } finally {
    stopWatching();
    await central.stop();
  }
}

async function runCase(
  { run, ...description }: CertificationCase,
  label: string,
  central: CentralSystem,
  operator: Operator,
): Promise<CaseResult> {
  const startMs = performance.now();
  const tool = new Tool(central, operator, await registerChargePoint(operator, label));
  let failure: string | null = null;
  try {
    await run(tool);
  } catch (error) {
    failure = error instanceof Error ? error.message : String(error);
  } finally {
    await tool.disconnectAll();
  }
  return { ...description, passed: failure === null, failure, tookMs: Math.round(performance.now() - startMs) };
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    args: Deno.args.filter((argument) => argument !== "--"),
    options: { out: { type: "string", default: "./certify" }, help: { type: "boolean", short: "h" } },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  await using server = await startTestServer();
  for (const [name, value] of Object.entries(server.environment)) Deno.env.set(name, value);
  const report = await certify(
    cases,
    ({ id, title, passed }) => console.log(`${passed ? "pass" : "FAIL"}  TC_${id}_CS ${title}`),
  );
  await Deno.mkdir(values.out, { recursive: true });
  await Deno.writeTextFile(join(values.out, "report.json"), `${JSON.stringify(report, null, 2)}\n`);
  await Deno.writeTextFile(join(values.out, "report.html"), await abstractOf(report));
  console.log(`\n${textOf(report)}\nWritten to ${join(values.out, "report.html")} and report.json.`);
  return report.passed ? 0 : 1;
}

if (import.meta.main) Deno.exit(await main());
