/**
 * The saved state of a charge point, apart from its outbox: configuration, availability, local list, charging profiles, reservations and meter
 * registers, in one JSON file that is replaced as a whole.
 */
import type { InstalledProfile } from "./charging_profiles.ts";
import type { LocalListEntry } from "./id_tags.ts";
import { readIfExists, replaceFile } from "./journal.ts";
import type { Reservation } from "./reservations.ts";

/** The content of the file. */
export interface SavedState {
  readonly configuration: Record<string, string>;
  readonly firmwareVersion: string;
  readonly operative: boolean;
  readonly connectors: { readonly connectorId: number; readonly operative: boolean; readonly registerWh: number }[];
  readonly localList: { readonly version: number; readonly entries: LocalListEntry[] };
  readonly chargingProfiles: InstalledProfile[];
  readonly reservations: Reservation[];
}

/** The paths of a charge point's files, for the saved state and the outbox. The identity is encoded for use in a file name. */
export function filesOf(stateDir: string, identity: string): { readonly state: string; readonly outbox: string } {
  Deno.mkdirSync(stateDir, { recursive: true });
  const stem = `${stateDir}/${encodeURIComponent(identity).replaceAll(".", "%2E").replaceAll("*", "%2A")}`;
  return { state: `${stem}.memory.json`, outbox: `${stem}.outbox.jsonl` };
}

/** Reads the saved state; undefined when there is none. */
export function readState(path: string): SavedState | undefined {
  const text = readIfExists(path);
  return text ? JSON.parse(text) : undefined;
}

/** Writes the state; it is on the disk when this returns. */
export function writeState(path: string, state: SavedState): void {
  replaceFile(path, JSON.stringify(state));
}
