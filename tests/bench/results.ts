/** The figures as tables, for the terminal and for RESULTS.md. */
import type { Figures } from "./load.ts";

/** What one part found. */
export interface Section {
  readonly title: string;
  readonly notes: readonly string[];
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly aims: readonly Aim[];
}

interface Aim {
  readonly what: string;
  readonly found: number;
  readonly wanted: string;
  readonly met: boolean;
}

/** Compares a figure with what is aimed at. */
export function aim(what: string, found: number, relation: ">=" | "<=", wanted: number): Aim {
  const met = relation === ">=" ? found >= wanted : found <= wanted;
  return { what, found, wanted: `${relation === ">=" ? "at least" : "at most"} ${wanted}`, met };
}

/** A row of a table of rates. */
export function figuresRow(name: string, figures: Figures, baseline: Figures = figures): string[] {
  const { perSecond, p50, p99, cpuMicros, bad } = figures;
  const ratio = (perSecond / baseline.perSecond).toFixed(2);
  const cpu = cpuMicros === undefined ? "" : cpuMicros.toFixed(0);
  return [name, perSecond.toFixed(0), ratio, p50.toFixed(2), p99.toFixed(2), cpu, String(bad)];
}

/** One part's figures in Markdown. */
export function sectionText({ title, notes, head, rows }: Section): string {
  return [`## ${title}`, "", wrapped(notes.join(" ")), "", ...table(head, rows)].join("\n");
}

/** What the aims are and whether they are met, in Markdown. */
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

/** How the figures are to be read. */
const READING =
  "Every figure stands beside a bare baseline of the same run. The load generator, the server and PostgreSQL " +
  "share the machine, so that rates are what is left beside the load; the CPU time is of the measured server process " +
  "alone, without PostgreSQL's. Figures of other machines cannot be compared with these, the ratios can with care.";

const STEPS = "## Steps";

/** Writes RESULTS.md anew, but keeps what people wrote into its last section. */
export async function writeResults(file: URL, machine: string, sections: readonly Section[]): Promise<void> {
  const old = await Deno.readTextFile(file).catch(() => "");
  const steps = old.includes(STEPS) ? old.slice(old.indexOf(STEPS)).trimEnd() : `${STEPS}\n\nNone yet.`;
  const parts = [
    "# First figures",
    wrapped(`Written by \`deno task bench\` on ${new Date().toISOString().slice(0, 10)}: ${machine}.`),
    wrapped(READING),
    aimsText(sections),
    ...sections.map(sectionText),
    steps,
  ];
  await Deno.writeTextFile(file, `${parts.join("\n\n")}\n`);
}
