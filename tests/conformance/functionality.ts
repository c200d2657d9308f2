/** The certificate's groups of cases, and the description of a case. Importing this file registers nothing. */

/** The names of the groups of cases, as the certificate has them, in its order. */
export const FUNCTIONALITIES = [
  "Core",
  "Firmware Management",
  "Smart Charging",
  "Reservation",
  "Local Authorization List Management",
  "Remote Trigger",
  "Security",
] as const;

/** The name of a group of cases. */
export type Functionality = (typeof FUNCTIONALITIES)[number];

/** The number, title and group of a case. */
export interface CaseDescription {
  /** The number in the test case document, such as "004_1". */
  readonly id: string;
  readonly title: string;
  readonly functionality: Functionality;
}

/** The full name of a case, such as "TC_001_CS Cold Boot Charge Point". */
export function nameOf({ id, title }: CaseDescription): string {
  return `TC_${id}_CS ${title}`;
}
