/** The results as Markdown tables, for the terminal and for RESULTS.md. */
import type { Figures } from "./load.ts";

/** The results of one part. */
export interface Section {
  readonly title: string;
  readonly notes: readonly string[];
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly aims: readonly Aim[];
}

/** A target for a result. */
interface Aim {
  readonly what: string;
  readonly found: number;
  readonly wanted: string;
  readonly met: boolean;
}

/** Compares a result with its target. */
export function aim(what: string, found: number, relation: ">=" | "<=", wanted: number): Aim {
  const met = relation === ">=" ? found >= wanted : found <= wanted;
  return { what, found, wanted: `${relation === ">=" ? "at least" : "at most"} ${wanted}`, met };
}

/** A row of a table of rates. */
export function figuresRow(name: string, figures: Figures, baseline: Figures = figures): string[] {
  const { perSecond, p50, p99, cpuMicros, wrong } = figures;
  const ratio = (perSecond / baseline.perSecond).toFixed(2);
  const cpu = cpuMicros === undefined ? "" : cpuMicros.toFixed(0);
  return [name, perSecond.toFixed(0), ratio, p50.toFixed(2), p99.toFixed(2), cpu, String(wrong)];
}

/** The results of one part in Markdown. */
export function sectionText({ title, notes, head, rows }: Section): string {
  return [`## ${title}`, "", wrapped(notes.join(" ")), "", ...table(head, rows)].join("\n");
}

/** The targets and whether they are met, in Markdown. */
export function aimsText(sections: readonly Section[]): string {
  const rows = sections.flatMap(({ aims }) => aims)
    .map(({ what, found, wanted, met }) => [what, wanted, found.toFixed(2), met ? "yes" : "**no**"]);
  return ["## Aims", "", ...table(["what", "aim", "measured", "met"], rows)].join("\n");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((_, i) => Math.max(3, ...[head, ...rows].map((row) => row[i]!.length)));
  const line = (cells: readonly string[]) => `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)];
}

/** Breaks a paragraph as `deno fmt` does. */
function wrapped(text: string): string {
  return text.split(" ").reduce((lines, word) => {
    const last = lines.slice(lines.lastIndexOf("\n") + 1);
    if (last === "") return word;
    return last.length + 1 + word.length > LINE_WIDTH ? `${lines}\n${word}` : `${lines} ${word}`;
  }, "");
}

const LINE_WIDTH = 120;

/** The explanation at the top of RESULTS.md. */
const READING =
  "Every result is shown with a baseline of the same run. The load generator, the server and PostgreSQL " +
  "share the machine, so the load generator reduces the rates. The CPU time is that of the measured server process " +
  "alone, without PostgreSQL. Results of other machines cannot be compared with these; the ratios can, with care.";

const STEPS = "## Steps";

/** Writes RESULTS.md; its last section, which is written by hand, is kept. */
export async function writeResults(file: URL, machine: string, sections: readonly Section[]): Promise<void> {
  const old = await Deno.readTextFile(file).catch(() => "");
  const steps = old.includes(STEPS) ? old.slice(old.indexOf(STEPS)).trimEnd() : `${STEPS}\n\nNone yet.`;
  const parts = [
    "# Performance measurements",
    wrapped(`Written by \`deno task bench\` on ${new Date().toISOString().slice(0, 10)}: ${machine}.`),
    wrapped(READING),
    aimsText(sections),
    ...sections.map(sectionText),
    steps,
  ];
  await Deno.writeTextFile(file, `${parts.join("\n\n")}\n`);
}
