/**
 * The report as an HTML page in the form of a certificate's abstract, followed by the results of all cases. The page is a single file without
 * external resources.
 */
import { html, raw } from "hono/html";
import { nameOf } from "./functionality.ts";
import {
  type CaseResult,
  countOf,
  type FunctionalityResult,
  type Performance,
  type Report,
  seconds,
  type SettingResult,
} from "./report.ts";

type Html = ReturnType<typeof html>;

/** The HTML page of a report. */
export async function abstractOf(report: Report): Promise<string> {
  const { product, version, specification, date, database, functionalities, performance, settings } = report;
  const page = html`
    <!DOCTYPE html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>${product} ${version}: conformance report</title>
        <style>${raw(STYLE)}</style>
      </head>
      <body>
        <main>
    <p class="notice">${report.notice}</p>
    <header>
    <h1>Conformance report</h1>
    <p class="outcome ${report.passed ? "pass" : "fail"}">${report.passed ? "Nothing failed" : "Failed"}</p>
    </header>
    <dl class="facts">
    <div><dt>Product</dt><dd>${product} ${version}</dd></div>
    <div><dt>Role and protocol</dt><dd>${specification}</dd></div>
    <div><dt>Date</dt><dd><time datetime="${date}">${date.slice(0, 10)}, ${date.slice(11, 16)} UTC</time></dd></div>
    <div><dt>Database</dt><dd>${database}</dd></div>
    </dl>
    <h2>Functionalities</h2>
    <table><thead><tr><th>Functionality</th><th>Cases</th><th>Result</th></tr></thead>
    <tbody>${functionalities.map(functionalityRow)}</tbody></table>
    <h2>Performance</h2>
    <table><thead><tr><th>Measurement</th><th>Declared</th><th>Measured, longest</th><th>Median</th><th>Samples</th><th>Result</th></tr></thead>
    <tbody>${performance.map(performanceRow)}</tbody></table>
    <h2>Settings</h2>
    <table><tbody>${settings.map(settingRow)}</tbody></table>
    <h2>Cases</h2>
    ${functionalities.map(casesOf)}
        </main>
      </body>
    </html>
  `;
  return String(await page);
}

function functionalityRow(row: FunctionalityResult): Html {
  return html`
    <tr>
      <th scope="row"><a href="#${idOf(row)}">${row.functionality}</a></th>
      <td>${countOf(row)}</td>
      <td>${verdict(row.result)}</td>
    </tr>
  `;
}

function performanceRow({ what, declaredSeconds, measured, passed }: Performance): Html {
  return html`
    <tr>
      <th scope="row">${what}</th>
      <td>${declaredSeconds} s</td>
      <td>${seconds(measured.longestMs)} s</td>
      <td>${seconds(measured.medianMs)} s</td>
      <td>${measured.samples}</td>
      <td>${verdict(passed ? "Pass" : "Fail")}</td>
    </tr>
  `;
}

function settingRow({ what, value, passed }: SettingResult): Html {
  return html`
    <tr>
      <th scope="row">${what}</th>
      <td>${value}</td>
      <td>${verdict(passed ? "Pass" : "Fail")}</td>
    </tr>
  `;
}

function verdict(result: FunctionalityResult["result"]): Html {
  return html`<span class="verdict ${
    result === "Pass" ? "pass" : result === "Fail" ? "fail" : "open"
  }">${result}</span>`;
}

function casesOf(section: FunctionalityResult): Html {
  const { functionality, cases, missing, result } = section;
  return html`<section id="${idOf(section)}"><h3>${functionality} ${verdict(result)}</h3>
${
    cases.length === 0 ? "" : html`
      <table class="cases">
        <tbody>${cases.map(caseRow)}</tbody>
      </table>
    `
  }
${
    missing.length === 0
      ? ""
      : html`<p class="missing">Not covered: ${missing.map((id) => `TC_${id}_CS`).join(", ")}</p>`
  }
</section>`;
}

function caseRow(row: CaseResult): Html {
  const [number, ...title] = nameOf(row).split(" ");
  return html`
    <tr>
      <td class="number">${number}</td>
      <td>${title.join(" ")}${row.failure === null ? "" : html`<pre>${row.failure}</pre>`}</td>
      <td class="took">${row.tookMs} ms</td>
      <td>${verdict(row.passed ? "Pass" : "Fail")}</td>
    </tr>
  `;
}

function idOf({ functionality }: FunctionalityResult): string {
  return functionality.toLowerCase().replaceAll(" ", "-");
}

const STYLE = `
:root {
  color-scheme: light dark;
  --paper: light-dark(#fff, #12181b); --background: light-dark(#eceff0, #0a0e10); --line: light-dark(#d9e0e1, #2a353a);
  --ink: light-dark(#182225, #dfe7e9); --dim: light-dark(#5b6a6f, #91a2a8);
  --pass: light-dark(#0d6b3c, #63d394); --fail: light-dark(#b3252b, #ff8f8f); --open: light-dark(#6b7376, #9aa5a9);
  --warn: light-dark(#fff5dc, #33290f);
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--background); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 56rem; margin: 2.5rem auto; padding: 3rem clamp(1.25rem, 6vw, 4rem); background: var(--paper); box-shadow: 0 1px 14px #0002; }
.notice { margin: 0 0 2.2rem; padding: .7rem 1rem; background: var(--warn); border-radius: 6px; font-size: .9rem; }
header { display: flex; flex-wrap: wrap; gap: .5rem 2rem; align-items: baseline; justify-content: space-between; border-bottom: 2px solid var(--ink); padding-bottom: .8rem; }
h1 { margin: 0; font: 400 2.3rem/1.1 Charter, Georgia, "DejaVu Serif", serif; letter-spacing: -.01em; }
.outcome { margin: 0; font-weight: 650; }
.pass { color: var(--pass); } .fail { color: var(--fail); } .open { color: var(--open); }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(16rem, 1fr)); gap: 1rem 2rem; margin: 1.4rem 0 0; }
dt { color: var(--dim); font-size: .8rem; } dd { margin: 0; font-weight: 550; }
h2 { margin: 2.6rem 0 .5rem; font: 400 1.35rem/1.2 Charter, Georgia, "DejaVu Serif", serif; }
h3 { display: flex; justify-content: space-between; margin: 1.8rem 0 .3rem; font-size: 1rem; }
table { width: 100%; border-collapse: collapse; font-size: .94rem; }
th, td { padding: .45rem .8rem .45rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
th:last-child, td:last-child { padding-right: 0; text-align: right; }
thead th { font-size: .8rem; font-weight: 500; color: var(--dim); }
tbody th { font-weight: 550; }
a { color: inherit; text-decoration-color: var(--line); text-underline-offset: 3px; }
.verdict { font-weight: 650; white-space: nowrap; }
.cases { font-size: .88rem; }
.number { white-space: nowrap; font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .92em; color: var(--dim); }
.took { white-space: nowrap; text-align: right; color: var(--dim); }
.missing { margin: .4rem 0; font-size: .88rem; color: var(--dim); }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: .85em; }
@media (max-width: 40rem) { main { margin: 0; } .took { display: none; } th, td { padding-right: .5rem; } }
@media print { body { background: none; } main { margin: 0; padding: 0; box-shadow: none; } section { break-inside: avoid-page; } }
`;
