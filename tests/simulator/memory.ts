/**
 * What a charge point still knows after a power cut, besides its outbox: configuration, availability, local list, charging
 * profiles, reservations, and the meters' registers. One small JSON file, replaced as a whole.
 */
import type { InstalledProfile } from "./charging_profiles.ts";
import type { LocalListEntry } from "./id_tags.ts";
import { readIfThere, replaceFile } from "./journal.ts";
import type { Reservation } from "./reservations.ts";

/** The content of the file. */
export interface Remembered {
  readonly configuration: Record<string, string>;
  readonly firmwareVersion: string;
  readonly operative: boolean;
  readonly connectors: { readonly connectorId: number; readonly operative: boolean; readonly registerWh: number }[];
  readonly localList: { readonly version: number; readonly entries: LocalListEntry[] };
  readonly chargingProfiles: InstalledProfile[];
  readonly reservations: Reservation[];
}

/** Where a charge point keeps its files: one for the memory, one for the outbox. The identity is safe as a file name. */
export function filesOf(stateDir: string, identity: string): { readonly memory: string; readonly outbox: string } {
  Deno.mkdirSync(stateDir, { recursive: true });
  const stem = `${stateDir}/${encodeURIComponent(identity).replaceAll(".", "%2E").replaceAll("*", "%2A")}`;
  return { memory: `${stem}.memory.json`, outbox: `${stem}.outbox.jsonl` };
}

/** What was kept; undefined at the very first start. */
export function recall(path: string): Remembered | undefined {
  const text = readIfThere(path);
  return text ? JSON.parse(text) : undefined;
}

/** Keeps it, on the disk before this returns. */
export function keep(path: string, remembered: Remembered): void {
  replaceFile(path, JSON.stringify(remembered));
}
