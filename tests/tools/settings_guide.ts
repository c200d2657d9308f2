/**
 * Writes the table of the settings guide from the list of settings. Run it with `deno task settings` after a change of the list; a test checks that the
 * table is up to date.
 */
import { SETTINGS } from "../../actors/settings/settings.ts";
import { readText, ROOT } from "./tree.ts";

/** The path of the guide with the table. */
export const SETTINGS_GUIDE = "api/docs/guides/settings.md";

/** The rows of the table, in the order of `--help`: variable, default, meaning, values. */
export function settingsRows(): string[][] {
  return SETTINGS.map(({ variable, fallback, meaning, expected }) => [
    `\`${variable}\``,
    fallback === null ? "unset" : `\`${fallback}\``,
    meaning,
    expected,
  ]);
}

if (import.meta.main) {
  const guide = await readText(SETTINGS_GUIDE);
  const head = "| variable | default | meaning | values |\n| - | - | - | - |\n";
  const rows = settingsRows().map((cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |\n`);
  await Deno.writeTextFile(
    `${ROOT}/${SETTINGS_GUIDE}`,
    guide.slice(0, guide.indexOf("| variable")) + head + rows.join(""),
  );
}
