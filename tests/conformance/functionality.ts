/** What the certificate calls its groups of cases, and how a case is described. Nothing runs because this is imported. */

/** The groups of cases, in the certificate's words and order. */
export const FUNCTIONALITIES = [
  "Core",
  "Firmware Management",
  "Smart Charging",
  "Reservation",
  "Local Authorization List Management",
  "Remote Trigger",
  "Security",
] as const;

/** What the certificate calls the group of a case. */
export type Functionality = (typeof FUNCTIONALITIES)[number];

/** What is known about a case without running it. */
export interface CaseDescription {
  /** The number in the test case document, such as "004_1". */
  readonly id: string;
  readonly title: string;
  readonly functionality: Functionality;
}

/** "TC_001_CS Cold Boot Charge Point". */
export function nameOf({ id, title }: CaseDescription): string {
  return `TC_${id}_CS ${title}`;
}
